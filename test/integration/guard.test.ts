import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import session from 'express-session';
import express from 'express';
import request from 'supertest';
import { qqConnect, qqErrorHandler, requireQQUser, withQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import type { RequestHandler } from 'express';
import type { QQConnectOptions } from '../../src/index.js';
import type { Site } from '../support/site.js';

const LOGIN_URL = '/auth/qq/login';

const PAGE = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe('requireQQUser', () => {
  let site: Site;
  beforeAll(async () => {
    const answer: RequestHandler = (req, res) => void res.json({ openid: req.qqUser?.openid });
    site = await startSite({
      routes: (app) => {
        app.all('/any', requireQQUser(), answer);
        app.get('/json', requireQQUser({ answer: 'json' }), answer);
        app.get('/page', requireQQUser({ answer: 'login' }), answer);
        app.get('/own-cache-control', requireQQUser(), (_req, res) => {
          res.set('Cache-Control', 'private, max-age=5').send('in');
        });
        app.get('/cancelled', (_req, res) => void res.send('welcome back'));
      },
    });
  });
  afterAll(() => site.close());

  const page401 = { status: 401, headers: { 'content-type': expect.stringMatching(/html/) } };
  const toLogin = { status: 302, headers: { location: expect.stringMatching(/\/oauth2\.0\/authorize\?/) } };
  const refused = { status: 401, body: { error: 'login_required', login_url: LOGIN_URL } };

  it('redirects a page request to the login, and back to the page', async () => {
    const visitor = new Visitor(site);
    const response = await visitor.agent.get('/any?a=1&b=%E4%BD%A0').set('Accept', PAGE);
    expect(response).toMatchObject(toLogin);
    expect(response.headers['cache-control']).toBe('no-store');
    const back = await visitor.callback(await visitor.atQQ(response.headers.location ?? ''));
    expect(back.headers.location).toBe('/any?a=1&b=%E4%BD%A0');
    expect((await visitor.agent.get(back.headers.location ?? '')).status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['prefers JSON', { Accept: 'application/json' }],
    ['rather has JSON than HTML', { Accept: 'application/json, text/html;q=0.5' }],
    ['has the header X-Requested-With', { Accept: PAGE, 'X-Requested-With': 'XMLHttpRequest' }],
    ['is a fetch', { Accept: '*/*', 'Sec-Fetch-Mode': 'cors' }],
    ['is an event stream', { Accept: 'text/event-stream', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }],
    ['loads an image', { Accept: 'image/avif,image/webp,*/*;q=0.8', 'Sec-Fetch-Dest': 'image' }],
    ['loads an image of a plain-http site, without Sec-Fetch headers', { Accept: 'image/avif,image/webp,*/*;q=0.8' }],
    ['loads a style sheet', { Accept: 'text/css,*/*;q=0.1' }],
    ['accepts anything', { Accept: '*/*' }],
    ['has no Accept header', {}],
  ])('answers 401 with JSON to a request that %s', async (_what, headers) => {
    const response = await request(site.url).get('/any').set(headers);
    expect(response).toMatchObject(refused);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it.each<[string, Record<string, string>]>([
    ['prefers HTML', { Accept: PAGE }],
    ['navigates', { Accept: PAGE, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }],
    [
      'is a navigation that a service worker passes on',
      { Accept: PAGE, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'empty' },
    ],
  ])('redirects a page request to the login that %s', async (_what, headers) => {
    expect(await request(site.url).get('/any').set(headers)).toMatchObject(toLogin);
  });

  it.each<[string, Record<string, string>]>([
    ['is a frame', { Accept: PAGE, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
    ['is a service worker’s own', { Accept: PAGE, 'Sec-Fetch-Mode': 'same-origin', 'Sec-Fetch-Dest': 'empty' }],
  ])('answers 401 with a page, and a link that opens on top, to a request for HTML that %s', async (_what, headers) => {
    const response = await request(site.url).get('/any?tab=2').set(headers);
    expect(response).toMatchObject(page401);
    expect(response.text).toContain(`href="${LOGIN_URL}?returnTo=%2Fany%3Ftab%3D2" target="_top"`);
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('adds HX-Redirect to the 401 of a request of htmx', async () => {
    const response = await request(site.url).get('/any').set({ Accept: '*/*', 'HX-Request': 'true' });
    expect(response).toMatchObject({ ...refused, headers: { 'hx-redirect': LOGIN_URL } });
  });

  it('forbids storing the page of a logged-in user, and no other response', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    const page = await visitor.agent.get('/any').set({ Accept: PAGE });
    expect(page.headers['cache-control']).toBe('no-store');
    const image = await visitor.agent.get('/any').set({ Accept: 'image/png', 'Sec-Fetch-Dest': 'image' });
    expect(image.headers).not.toHaveProperty('cache-control');
    const own = await visitor.agent.get('/own-cache-control').set({ Accept: PAGE });
    expect(own.headers['cache-control']).toBe('private, max-age=5');
  });

  it.each(['Sec-Purpose', 'Purpose', 'X-Purpose', 'X-Moz'])(
    'answers 503 to a prefetch, and starts no login (%s)',
    async (header) => {
      const response = await request(site.url).get('/any').set('Accept', PAGE).set(header, 'prefetch');
      expect(response.status).toBe(503);
      expect(response.headers['set-cookie']).toBeUndefined();
    },
  );

  it('links back to the page from the login link after a cancel', async () => {
    const { text } = await request(site.url).get('/any?tab=2&qq_login=cancelled').set('Accept', PAGE);
    expect(text).toContain(`?returnTo=${encodeURIComponent('/any?tab=2')}`);
  });

  it('answers 401 to a HEAD request, and starts no login', async () => {
    const response = await request(site.url).head('/any').set('Accept', PAGE);
    expect(response.status).toBe(401);
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it.each(['post', 'put', 'patch', 'delete'] as const)(
    'answers 401 to a %s: a page to a form, JSON to an API request',
    async (method) => {
      const form = await request(site.url)[method]('/any').set('Accept', PAGE);
      expect(form).toMatchObject(page401);
      expect(form.text).toContain(`href="${LOGIN_URL}" target="_top"`);
      expect(await request(site.url)[method]('/any').set('Accept', 'application/json')).toMatchObject(refused);
    },
  );

  it('answers in the format of its option', async () => {
    expect(await request(site.url).get('/json').set('Accept', PAGE)).toMatchObject(refused);
    expect(await request(site.url).get('/page').set('Accept', 'application/json')).toMatchObject(toLogin);
  });

  it('passes every request of a logged-in user', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    const openid = site.sandbox.users[0]?.openid;
    expect((await visitor.agent.get('/any')).body).toEqual({ openid });
    expect((await visitor.agent.post('/any')).body).toEqual({ openid });
    expect((await visitor.agent.get('/json').set('Accept', 'application/json')).body).toEqual({ openid });
  });

  it('answers 401 with a login link, not a redirect, after the user cancelled', async () => {
    const response = await request(site.url).get('/any?qq_login=cancelled').set('Accept', PAGE);
    expect(response.status).toBe(401);
    expect(response.headers).not.toHaveProperty('location');
    expect(response.text).toContain(`href="${LOGIN_URL}`);
  });

  it('has no effect on requests of other routes', async () => {
    expect((await request(site.url).get('/cancelled')).text).toBe('welcome back');
  });
});

describe('the options of the guard and the error handler', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['requireQQUser({ answer: "page" })', () => requireQQUser({ answer: 'page' as 'auto' }), /answer must be 'auto'/],
    ['requireQQUser({ anwser })', () => requireQQUser({ anwser: 'json' } as object), /anwser: no such option/],
    ['requireQQUser("json")', () => requireQQUser('json' as unknown as object), /must be an object/],
    ['withQQUser()', () => withQQUser({} as () => void), /must be a handler/],
    [
      'qqErrorHandler({ showFix: "false" })',
      () => qqErrorHandler({ showFix: 'false' as unknown as boolean }),
      /showFix must be true or false/,
    ],
  ])('are checked when they are passed: %s', (_call, create, message) => {
    expect(create).toThrow(message);
  });
});

describe('requireQQUser in an application that is not set up', () => {
  const options = { ...APP, redirectUri: 'http://127.0.0.1:3000/auth/qq/callback', graphUrl: 'http://127.0.0.1:1' };
  const answered = async (...before: RequestHandler[]) => {
    const app = express();
    for (const handler of before) app.use(handler);
    app.get('/free', (req, res) => void res.json({ user: req.qqUser ?? null }));
    app.get('/guarded', requireQQUser(), (_req, res) => void res.send('in'));
    app.use(qqErrorHandler());
    return {
      free: await request(app).get('/free'),
      guarded: await request(app).get('/guarded').set('Accept', 'application/json, text/html;q=0.1'),
      page: await request(app).get('/guarded').set('Accept', PAGE),
      login: await request(app).get('/auth/qq/login').set('Accept', 'application/json'),
    };
  };

  it('throws an error with the fix if the router is missing', async () => {
    const { free, guarded, page } = await answered();
    expect(free.body).toEqual({ user: null });
    for (const response of [guarded, page]) {
      expect(response.status).toBe(500);
      expect(response.text).toContain('ERR_QQ_ROUTER_MISSING');
      expect(response.text).toContain('qqConnect()');
    }
  });

  it('throws an error with the fix if the session is missing, and other requests pass', async () => {
    const { free, guarded, page, login } = await answered(qqConnect(options));
    expect(free.body).toEqual({ user: null });
    for (const response of [guarded, page, login]) {
      expect(response.status).toBe(500);
      expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
      expect(response.text).toContain('express-session');
    }
  });

  it('throws an error with the fix if the session is mounted after the router', async () => {
    const late = session({ secret: 's', resave: false, saveUninitialized: false });
    const { free, login } = await answered(qqConnect(options), late);
    expect(free.status).toBe(200);
    expect(login.text).toContain('ERR_QQ_SESSION_MISSING');
  });

  it('throws an error with the fix if the session has no store', async () => {
    const inCookie: RequestHandler = (req, _res, next) => {
      Object.assign(req, { session: { views: 1 } });
      next();
    };
    const { free, guarded } = await answered(inCookie, qqConnect(options));
    expect(free.body).toEqual({ user: null });
    expect(guarded.text).toContain('no store');
  });
});

const express4 = createRequire(import.meta.url)('express4') as typeof express;

describe.each([
  ['5', express],
  ['4', express4],
])('req.qqUser and req.qqConnect on Express %s', (_version, framework) => {
  const nickname: RequestHandler = (req, res) => void res.json(req.qqUser?.nickname ?? null);

  it('are the same objects each time they are read', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/twice', (req, res) => {
          res.json([req.qqUser === req.qqUser, req.qqConnect === req.qqConnect, req.qqUser !== undefined]);
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/twice')).body).toEqual([true, true, true]);
  });

  it('can be changed by a handler without an effect on other requests', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/change', (req, res) => {
          Object.assign(req.qqUser ?? {}, { nickname: '改过的', openid: '' });
          Object.assign(req.qqUser?.raw ?? {}, { nickname: '改过的' });
          res.json(req.qqUser);
        });
        app.get('/look', (req, res) => void res.json(req.qqUser));
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    const { body: before } = (await visitor.agent.get('/look')) as { body: unknown };
    expect((await visitor.agent.get('/change')).body).toMatchObject({
      nickname: '改过的',
      raw: { nickname: '改过的' },
    });
    expect((await visitor.agent.get('/look')).body).toEqual(before);
  });

  it('reach the handlers of a nested application, and those after it', async () => {
    const inner = framework();
    inner.get('/inner', nickname);
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.use(inner);
        app.get('/behind', nickname);
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    const { body: expected } = (await visitor.agent.get('/')) as { body: { user: string } };
    expect(expected.user).toMatch(/./);
    expect((await visitor.agent.get('/inner')).body).toBe(expected.user);
    expect((await visitor.agent.get('/behind')).body).toBe(expected.user);
  });

  it('reach the handlers after a nested application with the router', async () => {
    const options: QQConnectOptions = { appId: '1', appKey: 'k', redirectUri: 'http://127.0.0.1/auth/qq/callback' };
    const inner = framework();
    inner.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    inner.use(qqConnect({ ...options, graphUrl: 'http://127.0.0.1:9' }));
    const app = framework().use(inner);
    app.get('/behind', (req, res) => void res.json(typeof req.qqConnect.login));
    expect((await request(app).get('/behind')).body).toBe('function');
  });

  it('are those of each of two copies of the package, on the requests that pass its router', async () => {
    const options: QQConnectOptions = { appId: '1', appKey: 'k', redirectUri: 'http://127.0.0.1/auth/qq/callback' };
    jest.resetModules();
    const copy = await import('../../src/index.js');
    expect(copy.qqConnect).not.toBe(qqConnect);
    const app = framework();
    const names: RequestHandler = (req, res) => void res.json(typeof (req as Partial<typeof req>).qqConnect?.login);
    for (const [path, make] of [
      ['/ours', qqConnect],
      ['/theirs', copy.qqConnect],
    ] as const) {
      app.use(path, make({ ...options, basePath: `${path}/auth`, callbackPath: `${path}/callback` }), names);
    }
    app.get('/neither', names);
    for (let round = 0; round < 2; round += 1) {
      expect((await request(app).get('/ours')).body).toBe('function');
      expect((await request(app).get('/theirs')).body).toBe('function');
      expect((await request(app).get('/neither')).body).toBe('undefined');
    }
  });

  it('win over a default that was set before the router', async () => {
    await using site = await startSite({
      framework,
      before: (app) => {
        app.use((req, _res, next) => {
          req.qqUser = undefined;
          next();
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('are in a copy of the request', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/copy', (req, res) => {
          const { qqUser, qqConnect } = { ...req };
          res.json([qqUser?.nickname === req.qqUser?.nickname, typeof qqUser?.nickname, typeof qqConnect.login]);
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/copy')).body).toEqual([true, 'string', 'function']);
  });
});
