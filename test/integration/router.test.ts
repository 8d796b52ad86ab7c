import { createServer, request as forward } from 'node:http';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import express from 'express';
import request from 'supertest';
import { qqAvatars } from '../../src/avatars.js';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { startSandbox } from '../../src/sandbox.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { QQConnectOptions } from '../../src/index.js';
import type { Sandbox } from '../../src/sandbox.js';

describe('the router', () => {
  let sandbox: Sandbox;
  let servers: Server[];
  beforeEach(async () => {
    sandbox = await startSandbox({ apps: [APP], autoApprove: true });
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await sandbox.close();
  });

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A proxy that strips a prefix, as nginx does with `proxy_pass http://app/;` in a `location /prefix/`. */
  async function proxy(prefix: string, target: () => string): Promise<string> {
    return listen((req, res) => {
      if (!req.url?.startsWith(`${prefix}/`)) {
        res.writeHead(404).end('not proxied');
        return;
      }
      const { method, headers } = req;
      const passed = forward(target() + req.url.slice(prefix.length), { method, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      req.pipe(passed);
    });
  }

  function application(options: QQConnectOptions, mount = '/') {
    const app = express();
    app.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    app.use(mount, qqConnect({ ...APP, graphUrl: sandbox.url, ...options }));
    app.get(`${mount}/private`.replace('//', '/'), requireQQUser(), (req, res) => void res.json(req.qqUser?.nickname));
    app.use(qqErrorHandler());
    return app;
  }

  const page = { Accept: 'text/html' };

  /** Logs in from a guarded page and comes back to it, following every redirect as a browser does. */
  async function roundTrip(site: string, path: string): Promise<string[]> {
    const agent = request.agent(site);
    const visited = [path];
    let response = await agent.get(path).set(page);
    while (response.status === 302 && visited.length < 8) {
      const next = new URL(response.headers.location ?? '', site + (visited.at(-1) ?? ''));
      if (next.origin === sandbox.url) {
        const answer = await fetch(next, { redirect: 'manual' });
        const callback = new URL(answer.headers.get('location') ?? '');
        visited.push('QQ', callback.pathname);
        response = await agent.get(callback.pathname + callback.search).set(page);
      } else {
        visited.push(next.pathname + next.search);
        response = await agent.get(next.pathname + next.search).set(page);
      }
    }
    expect(response.status).toBe(200);
    return visited;
  }

  it('has its routes below basePath, and the callback where redirectUri is', async () => {
    let app: RequestListener = () => undefined;
    const site = await listen((req, res) => app(req, res));
    app = application({ basePath: '/login/with-qq/', redirectUri: `${site}/qq/back` });
    expect(await roundTrip(site, '/private?x=1')).toEqual(['/private?x=1', 'QQ', '/qq/back', '/private?x=1']);
    expect((await request(site).get('/login/with-qq/user')).body).toMatchObject({ login_url: '/login/with-qq/login' });
    expect((await request(site).get('/auth/qq/user')).status).toBe(404);
  });

  it('works behind a proxy that strips a prefix, and writes the prefix before each URL', async () => {
    let app: RequestListener = () => undefined;
    const inner = await listen((req, res) => app(req, res));
    const site = await proxy('/shop', () => inner);
    app = application({ redirectUri: `${site}/shop/auth/qq/callback`, callbackPath: '/auth/qq/callback' });
    expect(await roundTrip(site, '/shop/private?x=1')).toEqual([
      '/shop/private?x=1',
      'QQ',
      '/shop/auth/qq/callback',
      '/shop/private?x=1',
    ]);
    expect((await request(site).get('/shop/auth/qq/user')).body).toMatchObject({ login_url: '/shop/auth/qq/login' });
    const logout = await request(site).post('/shop/auth/qq/logout').set(page);
    expect(logout.headers.location).toBe('/shop/');
    const broken = await request(site).get('/shop/auth/qq/callback?state=x').set(page);
    expect(broken.text).toContain('href="/shop/auth/qq/login');
    expect(broken.text).toContain('href="/shop/"');
  });

  it('works where it is mounted under a path', async () => {
    let app: RequestListener = () => undefined;
    const site = await listen((req, res) => app(req, res));
    const redirectUri = `${site}/account/auth/qq/callback`;
    app = application({ redirectUri, callbackPath: '/auth/qq/callback' }, '/account');
    expect(await roundTrip(site, '/account/private')).toEqual([
      '/account/private',
      'QQ',
      '/account/auth/qq/callback',
      '/account/private',
    ]);
  });

  it.each([
    ['/auth/qq', ['/auth/qq/login', '/auth/qq/callback', '/auth/qq/login/']],
    ['/account', ['/account/auth/qq/login']],
    [/.*/, ['/auth/qq/login', '/auth/qq/callback?code=1&state=2']],
  ] as const)('warns once, and answers 500 on its routes, where the mount %s hides them', async (mount, paths) => {
    using warnings = collectWarnings();
    const app = express();
    app.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    const redirectUri = 'http://127.0.0.1:1/auth/qq/callback';
    app.use(mount as string, qqConnect({ ...APP, graphUrl: sandbox.url, redirectUri }));
    app.get(/page$/, (_req, res) => void res.send('of the application'));
    app.use(qqErrorHandler());
    for (const path of ['/account/page', '/page', '/auth/qq/page']) {
      expect((await request(app).get(path)).text).toBe('of the application');
    }
    const answers = await Promise.all(paths.map(async (path) => request(app).get(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 500));
    for (const { text } of answers) expect(text).toContain('app.use(qqConnect())');
    const messages = warnings.filter(({ code }) => code === 'QQ_MOUNT_PATH').map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining('app.use(qqConnect())')]);
  });

  it.each(['/cb(1)', '/a:b/cb', '/cb*', '/a+b/c?', '/{x}/[y]', '/回调/cb', '/c!d.e^f$g|h'])(
    'completes a login at a redirectUri whose path is %s',
    async (path) => {
      let app: RequestListener = () => undefined;
      const site = await listen((req, res) => app(req, res));
      const redirectUri = site + encodeURI(path).replace('?', '%3F');
      app = application({ redirectUri });
      const { pathname } = new URL(redirectUri);
      expect(await roundTrip(site, '/private')).toEqual(['/private', 'QQ', pathname, '/private']);
    },
  );

  it('matches letters of any case, and absolute-form request lines, as any Express router does', async () => {
    const site = await listen(application({ redirectUri: 'http://127.0.0.1:1/auth/qq/callback' }));
    expect((await request(site).get('/AUTH/QQ/user')).status).toBe(401);
    expect((await request(site).get('/auth/qq/us%65r')).status).toBe(404);
    const { hostname, port } = new URL(site);
    const status = await new Promise((resolve, reject) => {
      forward({ hostname, port, path: `${site}/auth/qq/user` }, (answer) => resolve(answer.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it('sets req.route for loggers and tracing', async () => {
    const routes: unknown[] = [];
    const app = application({ redirectUri: 'http://127.0.0.1:1/auth/qq/callback' });
    const site = await listen((req, res) => {
      res.once('finish', () => routes.push((req as { route?: { path: string } }).route?.path));
      app(req, res);
    });
    await request(site).get('/auth/qq/user');
    expect(routes).toEqual(['/auth/qq/user']);
  });

  it('passes on each other path', async () => {
    const app = application({ redirectUri: 'http://127.0.0.1:1/auth/qq/callback' });
    for (const path of ['/auth/qq', '/auth/qq/other', '/auth/qq/login/x', '/x/auth/qq/login', '/AUTH/qq/loginx']) {
      expect((await request(app).get(path)).status).toBe(404);
    }
  });

  it('accepts further routes and middleware of the application', async () => {
    const router = qqConnect({ ...APP, graphUrl: sandbox.url, redirectUri: 'http://127.0.0.1:1/auth/qq/callback' });
    router.get('/added/:name', (req, res) => void res.json({ name: req.params.name, user: req.qqUser ?? null }));
    router.get('/broken', () => {
      throw new Error('of the application');
    });
    const app = express();
    app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }), router);
    app.get('/behind', (req, res) => void res.json({ has: typeof req.qqConnect.login }));
    const ownErrors: express.ErrorRequestHandler = (error: Error, _req, res, _next) => {
      res.status(500).send(error.message);
    };
    app.use(ownErrors);
    expect((await request(app).get('/added/one')).body).toEqual({ name: 'one', user: null });
    expect((await request(app).get('/behind')).body).toEqual({ has: 'function' });
    expect((await request(app).get('/broken')).text).toBe('of the application');
    expect((await request(app).get('/auth/qq/user')).status).toBe(401);
  });

  it('accepts a slash at the end of its routes', async () => {
    const app = application({ redirectUri: 'http://127.0.0.1:1/auth/qq/callback/' });
    expect((await request(app).get('/auth/qq/user/')).status).toBe(401);
    for (const path of ['/auth/qq/callback', '/auth/qq/callback/']) {
      expect((await request(app).get(`${path}?state=x`)).text).toContain('ERR_QQ_STATE_UNKNOWN');
    }
  });

  it.each(['post', 'put', 'delete', 'patch', 'options'] as const)(
    'answers 405 to %s for login and callback',
    async (method) => {
      const app = application({ redirectUri: 'http://127.0.0.1:1/auth/qq/callback' });
      for (const path of ['/auth/qq/login', '/auth/qq/callback']) {
        const response = await request(app)[method](path);
        expect(response.status).toBe(405);
        expect(response.headers.allow).toBe('GET, HEAD');
      }
    },
  );

  it('can be mounted twice in one application, for two APP IDs', async () => {
    const app = express();
    app.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    for (const appId of ['100000042', '100000043']) {
      const redirectUri = `http://127.0.0.1:1/qq/${appId}/callback`;
      app.use(qqConnect({ ...APP, appId, graphUrl: sandbox.url, redirectUri, basePath: `/qq/${appId}` }));
    }
    for (const appId of ['100000042', '100000043']) {
      const { headers } = await request(app).get(`/qq/${appId}/login`);
      expect(new URL(headers.location ?? '').searchParams.get('client_id')).toBe(appId);
    }
  });
});

const express4 = createRequire(import.meta.url)('express4') as typeof express;

const answer: RequestHandler = (req, res) => void res.json({ user: req.qqUser?.nickname ?? null });

const pass: RequestHandler = (_req, _res, next) => {
  next();
};

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a login whose page is a route before the router, on %s', (_name, framework) => {
  let warnings: ReturnType<typeof collectWarnings>;
  beforeEach(() => {
    warnings = collectWarnings();
  });
  afterEach(() => warnings[Symbol.dispose]());

  it.each<[string, (app: express.Express) => void]>([
    ['a route of the application', (app) => app.get('/early/:id', answer)],
    ['a route of a router at a path', (app) => app.use('/early', framework.Router().get('/:id', answer))],
    ['a route for all methods', (app) => app.all('/early/1', answer)],
  ])('causes one warning that names %s', async (_what, before) => {
    await using site = await startSite({ framework, before });
    for (let time = 0; time < 2; time += 1) await new Visitor(site).login('/early/1?a=1');
    expect([...warnings]).toMatchObject([{ code: 'QQ_ROUTE_ORDER' }]);
    expect(warnings[0]?.message).toContain('app.use(qqConnect()) before the route /');
  });

  it.each<[string, (app: express.Express) => void]>([
    ['middleware', (app) => app.use(pass)],
    ['middleware at its path', (app) => app.use('/early', pass)],
    ['a route that passes every request on', (app) => app.get(/.*/, pass)],
    ['a route for another method', (app) => app.post('/early/1', answer)],
    ['a route of another path', (app) => app.get('/earlier/:id', answer)],
    ['a router without such a route', (app) => app.use(framework.Router().get('/other', answer))],
  ])('causes none for %s', async (_what, before) => {
    await using site = await startSite({ framework, before, routes: (app) => app.get('/early/:id', answer) });
    await new Visitor(site).login('/early/1');
    expect([...warnings]).toEqual([]);
  });

  it('causes no error after the response where Express cannot decode the path', async () => {
    const errors: unknown[] = [];
    const note: ErrorRequestHandler = (error, _req, _res, next) => {
      errors.push(error);
      next(error);
    };
    await using site = await startSite({
      framework,
      before: (app) => app.get('/early/:id', answer),
      routes: (app) => app.use(note),
    });
    expect((await new Visitor(site).login('/early/%ff')).headers.location).toBe('/early/%ff');
    expect(errors).toEqual([]);
  });
});

describe('req.qqUser', () => {
  it('causes one warning where it is read without a session', async () => {
    using warnings = collectWarnings();
    const app = express();
    // Logins succeed here, and no page has a user.
    app.use('/auth', session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    app.use(qqConnect({ ...APP, graphUrl: 'http://127.0.0.1:1', redirectUri: 'http://127.0.0.1/auth/qq/callback' }));
    app.get('/', answer);
    for (let time = 0; time < 2; time += 1) await request(app).get('/');
    expect([...warnings]).toMatchObject([{ code: 'QQ_SESSION_MISSING' }]);
    expect(warnings[0]?.message).toContain('app.use(session({ … })); app.use(qqConnect())');
  });
});

const makers = { qqConnect, requireQQUser, qqErrorHandler, qqAvatars };

describe.each([
  ['5', express],
  ['4', express4],
])('a middleware that is mounted without a call, on Express %s,', (_version, framework) => {
  it.each(Object.entries(makers))('%s causes an error with the fix, and answers each request', async (name, maker) => {
    const app = framework();
    app.use(maker as unknown as RequestHandler);
    const tell: ErrorRequestHandler = (error: Error & { hint: { en: string; zh: string } }, _req, res, _next) =>
      void res.status(500).json([error.message, error.hint.en, error.hint.zh]);
    app.use(tell);
    const [message, en, zh] = (await request(app).get('/')).body as string[];
    expect(message).toBe(`${name} is mounted without being called`);
    expect(en).toContain(`${name}()`);
    expect(zh).toContain(`${name}()`);
  });
});
