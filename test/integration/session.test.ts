import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as openRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { startSandbox } from '../../src/sandbox.js';
import { stopDate } from '../support/clock.js';
import { filesOf } from '../support/code-blocks.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import { DAY, ask, sessionCookie, startTokenSite, tokenOf } from '../support/token-site.js';
import { collectWarnings } from '../support/warnings.js';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, Request, Response } from 'express';
import type { SessionData, SessionOptions, Store } from 'express-session';
import type { Sandbox } from '../../src/sandbox.js';
import type { Site, SiteOptions } from '../support/site.js';

/** A promise that a test resolves. */
function gate() {
  let open: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  return {
    arrived,
    open: () => open(),
    async pass() {
      arrive();
      await opened;
    },
  };
}

describe('the session of a login', () => {
  let store: WatchedStore;
  let site: Site;
  beforeEach(async () => {
    store = new WatchedStore();
    site = await startSite({ store });
  });
  afterEach(() => site.close());

  it('is stored before the redirect is sent, also by a slow store', async () => {
    const login = await fetch(`${site.url}/auth/qq/login?returnTo=/private`, { redirect: 'manual' });
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const callback = await new Visitor(site).atQQ(login.headers.get('location') ?? '');
    const slow = gate();
    store.before = async (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) await slow.pass();
    };
    let answered = false;
    // fetch is there as soon as the headers are, and so is a browser.
    const response = fetch(callback, { redirect: 'manual', headers: { cookie } }).then((result) => {
      answered = true;
      return result;
    });
    await slow.arrived;
    await fetch(`${site.url}/`); // a whole exchange later
    expect(answered).toBe(false);
    expect((await ids(store)).sessions).toEqual([]);
    slow.open();
    const { headers } = await response;
    expect(headers.get('location')).toBe('/private');
    const session = headers.getSetCookie().find((line) => line.startsWith('connect.sid')) ?? '';
    expect((await fetch(`${site.url}/private`, { headers: { cookie: session } })).status).toBe(200);
  });

  it.each<[string, Partial<SessionOptions>]>([
    ['the usual options', {}],
    ['rolling', { rolling: true }],
    ['resave', { resave: true }],
    ['saveUninitialized', { saveUninitialized: true }],
    ["unset: 'destroy'", { unset: 'destroy' }],
  ])(
    'is stored once, before the earlier one is destroyed and the redirect is sent, with %s',
    async (_what, session) => {
      const once = new WatchedStore();
      await using other = await startSite({ store: once, session });
      const visitor = new Visitor(other);
      await visitor.agent.post('/session').send({ cart: ['tea'] });
      const callback = await visitor.toCallback();
      once.log.length = 0;
      const response = await visitor.callback(callback);
      expect(sessionCookie(response)).toContain('connect.sid');
      await new Promise((resolve) => setImmediate(resolve));
      const written = once.log.filter((what) => !what.startsWith('get'));
      expect(written).toEqual(['set session', 'destroy session']);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    },
  );

  it('is not written a second time after the response, which would undo a logout', async () => {
    const visitor = new Visitor(site);
    store.before = async (operation) => {
      if (operation === 'set') await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await visitor.login();
    expect((await visitor.agent.post('/auth/qq/logout').set('accept', 'application/json')).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await ids(store)).sessions).toEqual([]);
  });

  it('is not stored before onLogin has finished, even if the application answers the request first', async () => {
    const inOnLogin = gate();
    const slow = new WatchedStore();
    await using other = await startSite({
      store: slow,
      before: (app) =>
        app.use('/auth/qq/callback', (_req, res, next) => {
          void inOnLogin.arrived.then(() => res.status(503).send('the application’s own timeout'));
          next();
        }),
      qq: {
        onLogin: async () => {
          await inOnLogin.pass();
          throw new Error('refused');
        },
      },
    });
    const visitor = new Visitor(other);
    const response = await visitor.login();
    expect(response.status).toBe(503);
    expect((await ids(slow)).sessions).toEqual([]);
    inOnLogin.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await ids(slow)).sessions).toEqual([]);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  const failures: [string, (operation: string, id: string) => boolean][] = [
    ['the new session cannot be stored', (operation, id) => operation === 'set' && !id.startsWith('qqt_')],
    ['the earlier session cannot be destroyed', (operation, id) => operation === 'destroy' && !id.startsWith('qqt_')],
  ];

  it.each(failures)('stays unchanged if %s', async (_what, fails) => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    const before = await contents(store);
    const callback = await visitor.toCallback();
    let failed = 0;
    store.before = (operation, id) => {
      if (failed > 0 || !fails(operation, id)) return;
      failed += 1;
      throw Object.assign(new Error('top secret of the store'), { code: 'ECONNREFUSED' });
    };
    const response = await visitor.callback(callback);
    expect(failed).toBe(1);
    expect(response.status).toBe(503);
    expect(response.text).toContain('ERR_QQ_SESSION_STORE');
    expect(response.text).toContain('ECONNREFUSED');
    expect(response.text).not.toContain('top secret');
    expect(await contents(store)).toEqual(before);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ cart: ['tea'], qqConnect: {} });
  });

  it('leaves a new user logged out if the session cannot be stored', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    store.before = (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) throw new Error('full');
    };
    expect((await visitor.callback(callback)).status).toBe(503);
    store.before = () => undefined;
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    expect(await ids(store)).toMatchObject({ sessions: [], records: [] });
  });
});

describe('the format of the session', () => {
  interface Fixture {
    /** When the user logged in, in ms since 1970. */
    loginAt: number;
    /** The session cookie, signed. */
    cookie: string;
    /** Everything in the session store: the session, and the record of a refresh after nine days. */
    store: Record<string, SessionData>;
    user: { openid: string; nickname: string };
    token: string;
  }

  const FILE = 'test/fixtures/session-format-1.json';

  const ENCRYPTION_KEY = 'the-encryption-key-of-the-session-format-fixture';

  afterEach(() => void jest.useRealTimers());

  /** Writes the fixture of a new format; an existing one never changes. */
  async function write(): Promise<void> {
    stopDate(Date.UTC(2026, 10, 28));
    const loginAt = Date.now();
    const store = new session.MemoryStore();
    await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
    const visitor = new Visitor(site);
    const login = await visitor.login();
    const cookie = /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie']))?.[0] ?? '';
    jest.setSystemTime(loginAt + 9 * DAY);
    const token = String((await ask(visitor, '/token')).body.token);
    const { openid, nickname } = (await ask(visitor, '/auth/qq/user')).body as Fixture['user'];
    const fixture: Fixture = { loginAt, cookie, store: await contents(store), user: { openid, nickname }, token };
    writeFileSync(FILE, `${JSON.stringify(fixture, null, 2)}\n`);
  }

  it('a session and a token record of format 1 are read', async () => {
    if (process.env.WRITE_SESSION_FORMAT === '1') await write();
    const { loginAt, cookie, store: stored, user, token } = JSON.parse(readFileSync(FILE, 'utf8')) as Fixture;
    stopDate(loginAt + 10 * DAY);
    const store = new session.MemoryStore();
    for (const [id, data] of Object.entries(stored)) await new Promise((done) => store.set(id, data, done));
    await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
    const headers = { cookie, accept: 'application/json' };
    const read = async (path: string): Promise<unknown> => (await fetch(site.url + path, { headers })).json();
    expect(await read('/auth/qq/user')).toMatchObject(user);
    expect(await read('/token')).toEqual({ token });
  });

  it('a session of another format counts as not logged in, and a login replaces it', async () => {
    const { cookie, store: stored, loginAt } = JSON.parse(readFileSync(FILE, 'utf8')) as Fixture;
    stopDate(loginAt + DAY);
    const store = new session.MemoryStore();
    for (const [id, data] of Object.entries(stored)) {
      const qqConnect = { ...(data as { qqConnect?: object }).qqConnect, format: 99, logins: 'another type' };
      await new Promise((done) => store.set(id, { ...data, qqConnect } as unknown as SessionData, done));
    }
    await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
    const visitor = new Visitor(site);
    visitor.agent.jar.setCookie(cookie, '127.0.0.1', '/');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    expect((await visitor.agent.get('/')).status).toBe(200);
    expect((await visitor.login()).status).toBe(302);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });
});

const NEW_KEY = 'a-first-encryption-key-0123456789-abcdef';

/** Loads the function of the page about sessions that logs a user out on all devices. */
async function documentedLogout(): Promise<(store: Store, userId: unknown) => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'documented-logout-'));
  try {
    const path = join(folder, 'logout-everywhere.mjs');
    writeFileSync(path, filesOf('docs/sessions.md')['logout-everywhere.mjs'] ?? '');
    const module = (await import(pathToFileURL(path).href)) as Record<
      string,
      (store: Store, id: unknown) => Promise<void>
    >;
    return module.logOutEverywhere as (store: Store, userId: unknown) => Promise<void>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a visitor with the cookies of another one, at another site: the same application with another configuration. */
function movedTo(site: { url: string }, cookie: string): Visitor {
  const visitor = new Visitor(site);
  visitor.agent.jar.setCookie(cookie, '127.0.0.1', '/');
  return visitor;
}

function sessionCookieOf(login: { headers: Record<string, unknown> }): string {
  return /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie']))?.[0] ?? '';
}

describe('the code on the page about sessions', () => {
  it('logs a user out on all devices, with all tokens, and no other user', async () => {
    const logOutEverywhere = await documentedLogout();
    let logins = 0;
    await using site = await startTokenSite({
      qq: {
        onLogin: ({ req }) => {
          Object.assign(req.session, { userId: (logins += 1) < 3 ? 1 : 2 });
        },
      },
    });
    const visitors = [new Visitor(site), new Visitor(site), new Visitor(site)];
    for (const visitor of visitors) {
      await visitor.login();
      await ask(visitor, `/token/rejected?token=${await tokenOf(visitor)}`); // a refresh, which makes a token record
    }
    expect(Object.keys(await contents(site.store))).toHaveLength(6);
    await logOutEverywhere(site.store, 1);
    const statuses = [];
    for (const { agent } of visitors) statuses.push((await agent.get('/auth/qq/user')).status);
    expect(statuses).toEqual([401, 401, 200]);
    expect(Object.keys(await contents(site.store))).toHaveLength(2);
  });

  it('keeps the users logged in while SESSION_SECRET is rotated', async () => {
    const store = new session.MemoryStore();
    await using before = await startSite({ store, session: { secret: ['old', 'new'] } });
    const cookie = sessionCookieOf(await new Visitor(before).login());
    const statusWith = async (secret: string[]): Promise<number> => {
      await using site = await startSite({ store, session: { secret } });
      return (await movedTo(site, cookie).agent.get('/auth/qq/user')).status;
    };
    expect(await statusWith(['new', 'old'])).toBe(200);
    expect(await statusWith(['new'])).toBe(401);
  });

  it('keeps the tokens when a first encryptionKey is introduced', async () => {
    const store = new session.MemoryStore();
    await using before = await startTokenSite({ store });
    const visitor = new Visitor(before);
    const cookie = sessionCookieOf(await visitor.login());
    const token = await tokenOf(visitor);
    for (const encryptionKey of [
      [APP.appKey, NEW_KEY],
      [NEW_KEY, APP.appKey],
    ]) {
      await using site = await startTokenSite({ store, qq: { encryptionKey } });
      expect(await tokenOf(movedTo(site, cookie))).toBe(token);
    }
  });
});

const OTHER = { appId: '100000043', appKey: 'made-up-app-key-of-the-other-application' };

describe('a logout and what the same request does next', () => {
  it.each(['destroy', 'keep'] as const)('starts a login or reports that the user is logged out: %j', async (logout) => {
    await using site = await startSite({
      qq: { logout },
      routes: (app) => {
        app.post('/switch', (req, _res, next) => {
          req.qqConnect
            .logout()
            .then(async () => req.qqConnect.login({ returnTo: '/' }), next)
            .catch(next);
        });
        app.post('/leave', (req, res, next) => {
          req.qqConnect
            .logout()
            .then(async () => req.qqConnect.accessToken())
            .then(() => void res.json(req.qqUser ?? null), next);
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect(await ask(visitor, '/leave', 'post')).toMatchObject({ status: 401, body: { error: 'login_required' } });
    await visitor.login();
    const response = await visitor.agent.post('/switch');
    expect([response.status, new URL(response.headers.location ?? '').pathname]).toEqual([303, '/oauth2.0/authorize']);
  });

  it('starts each login of a page once, and then goes to defaultReturnTo', async () => {
    await using site = await startSite({
      routes: (app) => void app.get('/start', (req, _res, next) => void req.qqConnect.login().catch(next)),
    });
    const visitor = new Visitor(site);
    const first = await visitor.agent.get('/start');
    expect((await visitor.callback(await visitor.atQQ(first.headers.location ?? ''))).headers.location).toBe('/start');
    const second = await visitor.agent.get('/start');
    expect((await visitor.callback(await visitor.atQQ(second.headers.location ?? ''))).headers.location).toBe('/');
  });
});

describe('two routers with two APP IDs on one session', () => {
  let server: Server;
  let sandbox: Sandbox;
  let url: string;
  beforeAll(async () => {
    sandbox = await startSandbox({ apps: [APP, OTHER], autoApprove: true });
    const app = express();
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    for (const [path, application] of [
      ['/one', APP],
      ['/two', OTHER],
    ] as const) {
      const router = qqConnect({
        ...application,
        graphUrl: sandbox.url,
        redirectUri: `${url}${path}/auth/qq/callback`,
        callbackPath: '/auth/qq/callback',
        logout: 'keep',
      });
      router.get('/who', (req, res, next) => {
        req.qqConnect
          .accessToken()
          .then((token) => res.json({ appId: req.qqUser?.appId, openid: req.qqUser?.openid, token }))
          .catch(next);
      });
      router.post('/cart', (req, res) => {
        Object.assign(req.session, { cart: ['tea'] });
        res.sendStatus(204);
      });
      router.get('/cart', (req, res) => void res.json((req.session as { cart?: string[] }).cart ?? null));
      app.use(path, router);
    }
    app.use(qqErrorHandler());
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sandbox.close();
  });

  async function logIn(visitor: Visitor, path: string): Promise<void> {
    const login = await visitor.agent.get(`${path}/auth/qq/login`);
    const response = await visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    expect(response.status).toBe(302);
  }
  const who = async (visitor: Visitor, path: string) =>
    (await visitor.agent.get(`${path}/who`).set('accept', 'application/json')).body as Record<string, string>;

  it('each keep their login and tokens, and the application’s data', async () => {
    const visitor = new Visitor({ url });
    await visitor.agent.post('/one/cart');
    await logIn(visitor, '/one');
    const one = await who(visitor, '/one');
    await logIn(visitor, '/two');
    const two = await who(visitor, '/two');
    expect([one.appId, two.appId]).toEqual([APP.appId, OTHER.appId]);
    expect(await who(visitor, '/one')).toEqual(one);
    expect(two.token).not.toBe(one.token);
    await logIn(visitor, '/one');
    expect(await who(visitor, '/two')).toEqual(two);
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);
  });

  it('log out each on its own', async () => {
    const visitor = new Visitor({ url });
    await logIn(visitor, '/one');
    await logIn(visitor, '/two');
    await visitor.agent.post('/one/auth/qq/logout');
    expect((await visitor.agent.get('/one/auth/qq/user')).status).toBe(401);
    expect((await visitor.agent.get('/two/auth/qq/user')).status).toBe(200);
  });

  it('return the data of a user who logged out with logout: keep to the same user only', async () => {
    const visitor = new Visitor({ url });
    const [first, second] = sandbox.users;
    sandbox.nextUser(first?.openid ?? '');
    await logIn(visitor, '/one');
    await visitor.agent.post('/one/cart');
    await visitor.agent.post('/one/auth/qq/logout');
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);

    sandbox.nextUser(first?.openid ?? '');
    await logIn(visitor, '/one');
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);

    await visitor.agent.post('/one/auth/qq/logout');
    sandbox.nextUser(second?.openid ?? '');
    await logIn(visitor, '/one');
    expect((await visitor.agent.get('/one/cart')).body).toBeNull();
  });

  it('return no data of a user who logged out to a user who logs in with another APP ID', async () => {
    const visitor = new Visitor({ url });
    await logIn(visitor, '/one');
    await visitor.agent.post('/one/cart');
    await visitor.agent.post('/one/auth/qq/logout');
    sandbox.nextUser(sandbox.users[1]?.openid ?? '');
    await logIn(visitor, '/two');
    expect((await visitor.agent.get('/two/cart')).body).toBeNull();
  });
});

const PAGE = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe.each(['destroy', 'keep'] as const)("a logout with logout: '%s'", (logout) => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({
      qq: { logout, defaultReturnTo: '/home' },
      routes: (app) =>
        app.post('/own-logout', (req, res, next) => {
          req.qqConnect
            .logout()
            .then(() => res.json({ user: req.qqUser ?? null, session: typeof req.session }))
            .catch(next);
        }),
    });
  });
  afterAll(() => site.close());

  async function loggedIn(): Promise<Visitor> {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    return visitor;
  }

  it('ends the login and its tokens, and redirects a page to defaultReturnTo', async () => {
    const visitor = await loggedIn();
    const before = await ids(site.store);
    const response = await visitor.agent.post('/auth/qq/logout').set('Accept', PAGE);
    expect(response.status).toBe(303);
    expect(response.headers.location).toBe('/home');
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    const after = await ids(site.store);
    expect(after.tombstones).toHaveLength(before.tombstones.length + 1);
  });

  it('answers an API request with 204', async () => {
    const visitor = await loggedIn();
    const response = await visitor.agent.post('/auth/qq/logout').set('Accept', 'application/json');
    expect(response.status).toBe(204);
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it(`${logout === 'keep' ? 'keeps' : 'ends'} the application’s data`, async () => {
    const visitor = await loggedIn();
    const before = await ids(site.store);
    await visitor.agent.post('/auth/qq/logout');
    const left = (await visitor.agent.get('/session')).body as object;
    const after = await ids(site.store);
    if (logout === 'keep') expect(left).toMatchObject({ cart: ['tea'], qqConnect: { logins: {} } });
    else expect(left).not.toHaveProperty('cart');
    expect(after.sessions).toHaveLength(before.sessions.length - (logout === 'keep' ? 0 : 1));
  });

  it('returns the same response if the user is not logged in', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    expect((await visitor.agent.post('/auth/qq/logout')).status).toBe(303);
    expect((await visitor.agent.get('/session')).body).toHaveProperty('cart', ['tea']);
  });

  it.each(['get', 'put', 'delete', 'head'] as const)('answers 405 to the method %s', async (method) => {
    const visitor = await loggedIn();
    const response = await visitor.agent[method]('/auth/qq/logout');
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('POST');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('is available to handlers as req.qqConnect.logout()', async () => {
    const visitor = await loggedIn();
    const response = await visitor.agent.post('/own-logout');
    expect(response.body).toEqual({ user: null, session: logout === 'keep' ? 'object' : 'undefined' });
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('can be followed by another login in the same browser', async () => {
    const visitor = await loggedIn();
    await visitor.agent.post('/auth/qq/logout');
    await visitor.login();
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });
});

const PAGE_REQUEST = { Accept: 'text/html', 'Accept-Language': 'en' };

/** Opens a guarded page as a browser does that logs in when it is redirected, at most three times. */
async function open(visitor: Visitor) {
  for (let time = 0; ; time += 1) {
    const response = await visitor.agent.get('/private').set(PAGE_REQUEST);
    if (response.status !== 302 || time === 3) return response;
    await visitor.callback(await visitor.atQQ(response.headers.location ?? ''));
  }
}

describe('two logins in a row whose session the browser does not return', () => {
  it.each<[string, SiteOptions, RegExp]>([
    [
      'whose cookie is Secure on a request that looks like plain http',
      { session: { cookie: { secure: true } } },
      /trust proxy/,
    ],
    [
      'whose cookie a proxy has given another path',
      { before: (app) => changeCookies(app, /connect\.sid=[^;]+/, '') },
      /proxy_cookie_path/,
    ],
    [
      'which is in the memory of another process',
      { before: (app) => changeCookies(app, /(connect\.sid=s(?::|%3A))[^.]+/, '$1id-of-another-process') },
      /memory of another process/,
    ],
    [
      "behind another application's cookie of the same name",
      { before: (app) => changeCookies(app, /^/, 'connect.sid=s:id-of-another-application.signature; ') },
      /another application sets one/,
    ],
  ])('lead to a page with the reason: a session %s', async (_what, options, reason) => {
    using warnings = collectWarnings();
    await using site = await startSite(options);
    const visitor = new Visitor(site);
    const response = await open(visitor);
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_LOST');
    expect(response.text).toMatch(reason);
    expect(warnings.map(({ code }) => code)).toContain('QQ_CONFIGURATION');
    // The next click may try again.
    expect((await visitor.agent.get('/auth/qq/login').set(PAGE_REQUEST)).status).toBe(302);
  });

  it('name the secret that differs between processes', async () => {
    const store = new session.MemoryStore();
    using warnings = collectWarnings();
    await using one = await startSite({ store, session: { secret: 'the secret of one process' } });
    await using two = await startSite({ store, session: { secret: 'the secret of another one' } });
    const login = await new Visitor(one).login();
    const [cookie = ''] = /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie'])) ?? [];
    const response = await new Visitor(two).agent.get('/private').set({ ...PAGE_REQUEST, Cookie: cookie });
    expect(response.status).toBe(302);
    expect([...warnings]).toMatchObject([{ code: 'QQ_SESSION_SECRET' }]);
    expect(warnings[0]?.message).toContain('SESSION_SECRET');
    expect(warnings[0]?.message).not.toContain(decodeURIComponent(cookie).slice(15, 40));
  });
});

describe('a request with a login in its session', () => {
  it('resets the count of consecutive logins', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    for (let time = 0; time < 4; time += 1) {
      const callback = await visitor.login();
      expect(callback.headers['set-cookie']).toContainEqual(
        expect.stringMatching(/^qq_logins_[\w-]{8}=1; Max-Age=60;/),
      );
      const page = await visitor.agent.get('/private').set(PAGE_REQUEST);
      expect(page.status).toBe(200);
      expect(page.headers['set-cookie']).toContainEqual(expect.stringMatching(/^qq_logins_[\w-]{8}=; Max-Age=0;/));
      await visitor.agent.post('/auth/qq/logout');
    }
  });
});

/** Changes the cookies that a page receives. */
function changeCookies(app: Express, from: RegExp, to: string): void {
  app.use('/private', (req, _res, next) => {
    req.headers.cookie = (req.headers.cookie ?? '').replace(from, to);
    next();
  });
}

describe('a session store that is disconnected', () => {
  it('causes a 503 after requests had a session, keeps the login attempt, and affects no other route', async () => {
    const store = new session.MemoryStore();
    await using site = await startSite({ store });
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    store.emit('disconnect');
    for (const path of ['/auth/qq/login', callback.pathname + callback.search, '/private', '/auth/qq/user']) {
      const response = await visitor.agent.get(path).set('accept', 'text/html');
      expect([path, response.status]).toEqual([path, 503]);
      expect(response.text).toContain('ERR_QQ_SESSION_STORE');
    }
    expect((await visitor.agent.get('/')).status).toBe(200);
    store.emit('connect');
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('is not reported for a path outside the path of the session cookie', async () => {
    await using site = await startSite({
      session: { cookie: { path: '/shop' } },
      routes: (app) => {
        app.get('/shop/home', (_req, res) => void res.send('home'));
        app.get('/other', requireQQUser(), (_req, res) => void res.send('in'));
      },
    });
    await request(site.url).get('/shop/home');
    const response = await request(site.url).get('/other').set('accept', 'text/html');
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
  });
});

describe('the router called with the request of a WebSocket upgrade', () => {
  it('sets req.qqUser, as in the recipe of socket.io', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    const login = await visitor.login();
    const middleware = session({
      secret: 'a secret of this test',
      resave: false,
      saveUninitialized: false,
      store: site.store,
    });
    const router = qqConnect({
      ...APP,
      graphUrl: site.sandbox.url,
      redirectUri: `${site.url}/auth/qq/callback`,
    });
    const server = createServer(express());
    server.on('upgrade', (req, socket) => {
      const none: unknown = {};
      const response = none as Response;
      middleware(req as Request, response, () => {
        router(req as Request, response, (error?: unknown) => {
          const result = error instanceof Error ? error.message : (req as Request).qqUser?.openid;
          socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${String(result)}`);
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // The router would clear the second cookie, for which the response of an upgrade has no method.
    const count = /qq_logins_[^;]+/.exec(String(login.headers['set-cookie']))?.[0];
    expect(count).toBeDefined();
    const text = await new Promise<string>((resolve, reject) => {
      openRequest({
        port,
        host: '127.0.0.1',
        path: '/socket.io/',
        headers: { connection: 'Upgrade', upgrade: 'websocket', cookie: `${sessionCookie(login)}; ${count}` },
      })
        .on('response', (res) => {
          let body = '';
          res.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body));
        })
        .on('error', reject)
        .end();
    });
    await new Promise((resolve) => server.close(resolve));
    expect(text).toBe(site.sandbox.users[0]?.openid);
  });
});
