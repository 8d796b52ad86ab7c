import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import express from 'express';
import request from 'supertest';
import { isQQConnectError, qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { APP, Visitor } from '../support/site.js';
import { Jar, sessionCookie } from './support/cookies.js';
import { startWatchedSite, warnings } from './support/watched-site.js';
import type { Express, RequestHandler } from 'express';
import type { Response } from 'supertest';
import type { SiteOptions } from '../support/site.js';
import type { WatchedSite } from './support/watched-site.js';

describe('an attacker who has the session ID of the victim before the login', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it('does not know the new one, and the old one is invalid', async () => {
    const planted = sessionCookie(await request(site.url).post('/session').send({ planted: true }));
    expect(planted).not.toBe('');
    const victim = new Visitor(site);
    victim.agent.jar.setCookie(planted);
    const response = await victim.login();
    const fresh = sessionCookie(response);
    expect(fresh).not.toBe('');
    expect(fresh).not.toBe(planted);
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(200);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', planted)).status).toBe(401);
    const body: unknown = (await request(site.url).get('/session').set('Cookie', planted)).body;
    expect(body).not.toHaveProperty('planted');
  });

  it('does not know the new one after a second login', async () => {
    const victim = new Visitor(site);
    const first = sessionCookie(await victim.login());
    const second = sessionCookie(await victim.login());
    expect(second).not.toBe(first);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', first)).status).toBe(401);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', second)).status).toBe(200);
  });

  it('cannot choose an ID, because only signed ones are accepted', async () => {
    const victim = new Visitor(site);
    victim.agent.jar.setCookie('connect.sid=s%3Achosen-by-the-attacker.0000000000000000000000000000');
    const fresh = sessionCookie(await victim.login());
    expect(fresh).not.toContain('chosen-by-the-attacker');
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('finds the session destroyed after a logout', async () => {
    const victim = new Visitor(site);
    const stolen = sessionCookie(await victim.login());
    await victim.agent.post('/auth/qq/logout');
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', stolen)).status).toBe(401);
  });
});

describe('the data of a session', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it('is copied at a login, and again when the same user logs in', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ basket: 1 });
    await visitor.login();
    await visitor.login();
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 1 });
  });

  it('is not copied for another QQ user of the same browser', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    await visitor.agent.post('/session').send({ letter: 'private' });
    site.sandbox.nextUser(site.sandbox.users[1]?.openid ?? '');
    await visitor.login();
    expect((await visitor.agent.get('/private')).body).toEqual({ openid: site.sandbox.users[1]?.openid });
    expect((await visitor.agent.get('/session')).body).not.toHaveProperty('letter');
  });

  it('and its ID stay unchanged when a login fails at any step', async () => {
    await using refusing = await startWatchedSite({
      qq: {
        onLogin: ({ req }) => {
          if (req.get('x-refuse')) throw Object.assign(new Error('not welcome'), { status: 403 });
        },
      },
    });
    const visitor = new Visitor(refusing);
    const before = sessionCookie(await visitor.login());
    await visitor.agent.post('/session').send({ basket: 2 });
    refusing.sandbox.nextUser(refusing.sandbox.users[1]?.openid ?? '');
    const callback = await visitor.toCallback();
    const response = await visitor.callback(callback).set('X-Refuse', 'yes');
    expect(response.status).toBe(403);
    expect(sessionCookie(response)).toBe('');
    const kept = await request(refusing.url).get('/session').set('Cookie', before);
    expect(kept.body).toMatchObject({
      basket: 2,
      qqConnect: { logins: { [APP.appId]: { openid: refusing.sandbox.users[0]?.openid } } },
    });
  });
});

const HTTPS = 'https://www.example.com/auth/qq/callback';

const proxied = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' };

/** Logs in twice as a browser behind a proxy that ends TLS would, and gives what was warned of. */
async function loginTwice(
  options: Pick<SiteOptions, 'session' | 'before'>,
  { redirectUri, headers }: { redirectUri?: string; headers: Record<string, string> },
): Promise<{ warned: string[]; codes: string[]; last: Response | undefined }> {
  warnings.length = 0;
  await using site = await startWatchedSite({
    ...options,
    qq: redirectUri === undefined ? {} : { redirectUri },
    sandbox: { apps: [redirectUri === undefined ? APP : { ...APP, redirectUris: [redirectUri] }] },
  });
  let last: Response | undefined;
  for (let login = 0; login < 2; login += 1) {
    const jar = new Jar();
    const started = await request(site.url).get('/auth/qq/login').set(headers);
    jar.keep(started);
    const callback = await new Visitor(site).atQQ(started.headers.location ?? '');
    last = await request(site.url)
      .get(callback.pathname + callback.search)
      .set({ ...headers, Cookie: jar.header });
    expect(last.status).toBe(302);
  }
  const ours = warnings.filter(({ code }) => code.startsWith('QQ_SESSION'));
  return { warned: ours.map(({ message }) => message), codes: ours.map(({ code }) => code), last };
}

const https = { redirectUri: HTTPS, headers: proxied };

const http = { headers: {} };

describe('a session cookie that does not work causes one warning with the line to change', () => {
  afterEach(() => void (warnings.length = 0));

  it('when it is Secure and trust proxy is unset behind a proxy, so that it is not sent', async () => {
    const { warned, codes, last } = await loginTwice({ session: { cookie: { secure: true } } }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_LOST']);
    expect(warned[0]).toContain("app.set('trust proxy', 1)");
    expect(last && sessionCookie(last)).toBe('');
  });

  it('when it is Secure on a site of plain http', async () => {
    const { warned, codes } = await loginTwice({ session: { cookie: { secure: true } } }, http);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_LOST']);
    expect(warned[0]).toContain("secure: 'auto'");
  });

  it('when it is not Secure on an https site and trust proxy is unset', async () => {
    const { warned, codes } = await loginTwice({ session: { cookie: { secure: 'auto' } } }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_INSECURE']);
    expect(warned[0]).toContain("app.set('trust proxy', 1)");
  });

  it('when it is not Secure on an https site that trusts its proxy', async () => {
    const { warned, codes } = await loginTwice({ before: (app) => app.set('trust proxy', 1) }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_INSECURE']);
    expect(warned[0]).toContain('secure: true');
    expect(warned[0]).not.toContain('trust proxy');
  });

  it.each(['strict', true] as const)(
    'when it is SameSite=%s, which no browser sends with the callback',
    async (sameSite) => {
      const { warned, codes } = await loginTwice({ session: { cookie: { sameSite } } }, http);
      expect(codes).toEqual(['QQ_SESSION_SAME_SITE']);
      expect(warned[0]).toContain("sameSite: 'lax'");
    },
  );
});

describe('a session cookie causes no warning', () => {
  it.each([
    [
      'that is Secure behind a trusted proxy',
      { before: (app) => app.set('trust proxy', 1), session: { cookie: { secure: true } } },
      https,
    ],
    [
      "that is Secure by express-session's own option proxy",
      { session: { proxy: true, cookie: { secure: true } } },
      https,
    ],
    [
      "that is 'auto' by express-session's own option proxy",
      { session: { proxy: true, cookie: { secure: 'auto' } } },
      https,
    ],
    [
      "that is 'auto' behind a trusted proxy",
      { before: (app) => app.set('trust proxy', true), session: { cookie: { secure: 'auto' } } },
      https,
    ],
    ['as express-session makes it, on a site of plain http', {}, http],
    ["that is 'auto' on a site of plain http", { session: { cookie: { secure: 'auto' } } }, http],
    ['that is SameSite=Lax and has another name', { session: { name: 'sid', cookie: { sameSite: 'lax' } } }, http],
    ["whose ids are the application's own", { session: { genid: () => `id/${Math.random()}+=` } }, http],
    ['that lasts a week and rolls', { session: { rolling: true, cookie: { maxAge: 604_800_000 } } }, http],
  ] as [string, Pick<SiteOptions, 'session' | 'before'>, typeof https | typeof http][])(
    '%s',
    async (_what, options, how) => {
      const { warned } = await loginTwice(options, how);
      expect(warned).toEqual([]);
    },
  );
});

describe('the Host header', () => {
  const lies = {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '81',
    'X-Original-Host': 'evil.example',
    Forwarded: 'host=evil.example;proto=http',
  };

  it.each([false, true])('does not change the redirect URI, with trust proxy %s', async (trust) => {
    await using site = await startWatchedSite({ before: (app) => app.set('trust proxy', trust) });
    const jar = new Jar();
    const login = await request(site.url).get('/auth/qq/login?returnTo=/private').set(lies);
    jar.keep(login);
    const authorize = new URL(login.headers.location ?? '');
    expect(authorize.origin).toBe(site.sandbox.url);
    expect(authorize.searchParams.get('redirect_uri')).toBe(`${site.url}/auth/qq/callback`);
    const callback = await new Visitor(site).atQQ(authorize.href);
    const answer = await request(site.url)
      .get(callback.pathname + callback.search)
      .set({ ...lies, Cookie: jar.header });
    expect(answer.headers.location).toBe('/private');
    const exchanged = site.sandbox.requests.find(({ endpoint }) => endpoint === 'token');
    expect(exchanged?.query.redirect_uri).toBe(`${site.url}/auth/qq/callback`);
  });

  it('is not on a page or in a response of the router', async () => {
    await using site = await startWatchedSite({ before: (app) => app.set('trust proxy', true) });
    for (const [path, accept, userAgent] of [
      ['/auth/qq/callback', 'text/html', ''],
      ['/auth/qq/callback', 'application/json', ''],
      ['/auth/qq/user', 'application/json', ''],
      ['/private', 'application/json', ''],
      ['/private', 'text/html', ''],
      ['/auth/qq/login', 'text/html', 'MicroMessenger'],
    ] as const) {
      const response = await request(site.url)
        .get(path)
        .set({ ...lies, Accept: accept, 'User-Agent': userAgent });
      expect(JSON.stringify(response.headers) + response.text).not.toContain('evil.example');
    }
  });

  it('has no effect on a POST: the Origin of redirectUri passes, that of Host does not', async () => {
    await using site = await startWatchedSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const foreign = await visitor.agent
      .post('/auth/qq/logout')
      .set({ Host: 'evil.example', Origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    const own = await visitor.agent.post('/auth/qq/logout').set({ Host: 'evil.example', Origin: site.url });
    expect(own.status).toBe(303);
  });
});

const secret = 'a secret of this test';

/** What cookie-session leaves behind: a session without a store, all of which goes into a cookie. */
const cookieSession: RequestHandler = (req, _res, next) => {
  Object.assign(req, { session: {}, sessionOptions: {} });
  next();
};

/** A store that is not connected: express-session then goes on without a session. */
class LostStore extends session.MemoryStore {
  lose(): void {
    this.emit('disconnect');
  }
}

function lostSession(): RequestHandler {
  const store = new LostStore();
  const handler = session({ secret, resave: false, saveUninitialized: false, store });
  store.lose();
  return handler;
}

const wrong: [string, { before?: RequestHandler; after?: RequestHandler }][] = [
  ['is not mounted', {}],
  ['is mounted after the router', { after: session({ secret, resave: false, saveUninitialized: false }) }],
  ['is cookie-session, which has no store', { before: cookieSession }],
  ['has lost its store', { before: lostSession() }],
  [
    'is for another path',
    { before: session({ secret, resave: false, saveUninitialized: false, cookie: { path: '/elsewhere' } }) },
  ],
];

describe.each(wrong)('where the session %s', (_how, { before, after }) => {
  const calls: Record<string, (req: express.Request) => Promise<unknown>> = {
    login: async (req) => req.qqConnect.login(),
    accessToken: async (req) => req.qqConnect.accessToken(),
    refreshUser: async (req) => req.qqConnect.refreshUser(),
    logout: async (req) => req.qqConnect.logout(),
  };

  function build(): Express {
    const app = express();
    if (before) app.use(before);
    app.use(
      qqConnect({ ...APP, redirectUri: 'http://127.0.0.1:3000/auth/qq/callback', graphUrl: 'http://127.0.0.1:9' }),
    );
    if (after) app.use('/late', after);
    app.get('/', (req, res) => void res.json({ user: req.qqUser ?? null }));
    app.get('/guarded', requireQQUser(), (_req, res) => void res.send('inside'));
    app.get('/methods/:name', (req, res, next) => {
      calls[req.params.name]?.(req).then(() => res.send('done'), next);
    });
    app.get('/broken', () => {
      throw new Error('of the application itself');
    });
    app.use(qqErrorHandler({ showFix: true }));
    app.use(((error, _req, res, next) => {
      if (isQQConnectError(error)) next(error);
      else res.status(418).send('not ours');
    }) as express.ErrorRequestHandler);
    return app;
  }

  it.each([
    ['get', '/auth/qq/login'],
    ['get', '/auth/qq/callback?code=a&state=b'],
    ['get', '/auth/qq/user'],
    ['post', '/auth/qq/logout'],
    ['post', '/auth/qq/refresh'],
    ['get', '/guarded'],
    ['get', '/methods/login'],
    ['get', '/methods/accessToken'],
    ['get', '/methods/refreshUser'],
    ['get', '/methods/logout'],
  ] as const)('%s %s returns an error with the fix', async (method, path) => {
    const response = await request(build())[method](path).set('Accept-Language', 'en');
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
    expect(response.text).toContain('Mount express-session before qqConnect()');
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it('other pages work, with the user logged out', async () => {
    const response = await request(build()).get('/');
    expect([response.status, response.body]).toEqual([200, { user: null }]);
    expect((await request(build()).get('/broken')).status).toBe(418);
    expect((await request(build()).get('/nowhere')).status).toBe(404);
  });
});
