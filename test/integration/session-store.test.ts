import { createServer, request as openRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import session from 'express-session';
import express from 'express';
import request from 'supertest';
import { qqConnect, requireQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { sessionCookie } from '../support/token-site.js';
import { collectWarnings } from '../support/warnings.js';
import type { AddressInfo } from 'node:net';
import type { Express, Request, Response } from 'express';
import type { SiteOptions } from '../support/site.js';

const PAGE = { Accept: 'text/html', 'Accept-Language': 'en' };

/** Opens a guarded page as a browser does that logs in when it is redirected, at most three times. */
async function open(visitor: Visitor) {
  for (let time = 0; ; time += 1) {
    const response = await visitor.agent.get('/private').set(PAGE);
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
  ])('end on a page that names the reason: a session %s', async (_what, options, reason) => {
    using warnings = collectWarnings();
    await using site = await startSite(options);
    const visitor = new Visitor(site);
    const response = await open(visitor);
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_LOST');
    expect(response.text).toMatch(reason);
    expect(warnings.map(({ code }) => code)).toContain('QQ_CONFIGURATION');
    // The next click may try again.
    expect((await visitor.agent.get('/auth/qq/login').set(PAGE)).status).toBe(302);
  });

  it('name the secret that differs between processes', async () => {
    const store = new session.MemoryStore();
    using warnings = collectWarnings();
    await using one = await startSite({ store, session: { secret: 'the secret of one process' } });
    await using two = await startSite({ store, session: { secret: 'the secret of another one' } });
    const login = await new Visitor(one).login();
    const [cookie = ''] = /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie'])) ?? [];
    const response = await new Visitor(two).agent.get('/private').set({ ...PAGE, Cookie: cookie });
    expect(response.status).toBe(302);
    expect([...warnings]).toMatchObject([{ code: 'QQ_SESSION_SECRET' }]);
    expect(warnings[0]?.message).toContain('SESSION_SECRET');
    expect(warnings[0]?.message).not.toContain(decodeURIComponent(cookie).slice(15, 40));
  });
});

describe('a request with a login in its session', () => {
  it('resets the count of logins in a row', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    for (let time = 0; time < 4; time += 1) {
      const callback = await visitor.login();
      expect(callback.headers['set-cookie']).toContainEqual(
        expect.stringMatching(/^qq_logins_[\w-]{8}=1; Max-Age=60;/),
      );
      const page = await visitor.agent.get('/private').set(PAGE);
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
  it('is a 503 once requests had a session, uses up no attempt, and fails no other route', async () => {
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

  it('is not assumed for a path that the session cookie does not cover', async () => {
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
        router(req as Request, response, () => {
          socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${String((req as Request).qqUser?.openid)}`);
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve, reject) => {
      openRequest({
        port,
        host: '127.0.0.1',
        path: '/socket.io/',
        headers: { connection: 'Upgrade', upgrade: 'websocket', cookie: sessionCookie(login) },
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
