import { transform } from '@swc/core';
import { describe, expect, it } from '@jest/globals';
import { GUIDE, filesOf } from '../support/code-blocks.js';
import { Browser } from '../support/browser.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import type { DocumentedApp } from '../support/documented-app.js';
import type { Response } from 'supertest';

const LOGIN = '/auth/qq/login?returnTo=/auth/qq/user';
const CALLBACK = '/auth/qq/callback';
const TIMEOUT_MS = 1_000;

// Next.js is too large to install: its route handlers are functions of a Request, which Node's server can call.
const NEXT_SERVER = `
import { serve } from '@hono/node-server';
const fetch = async (request) => {
  const { pathname } = new URL(request.url);
  const { GET } = await import('./app' + pathname + '/route.js');
  return GET(request);
};
serve({ fetch, port: 3000 }, () => console.log('http://localhost:3000'));
`;

/** The files of the page, with a shorter timeout and a server for the route handlers. */
function recipes(): Record<string, string> {
  const files = filesOf(`${GUIDE}/other-frameworks.md`);
  const shorter = (files['qq.mjs'] ?? '').replace(
    'new QQConnectClient({',
    `new QQConnectClient({ timeoutMs: ${TIMEOUT_MS},`,
  );
  return { ...files, 'qq.mjs': shorter, 'app-next.mjs': NEXT_SERVER, 'package.json': '{ "type": "module" }' };
}

const start = async (main: string, files = recipes(), redirectPath = CALLBACK): Promise<DocumentedApp> =>
  startDocumentedApp(files, {
    main,
    redirectPath,
    env: { SESSION_SECRET: 'a session secret of this test, of more than 32 characters' },
  });

const nickname = '林小满';

/** Returns how often the application has called an endpoint of QQ. */
function calls({ sandbox }: DocumentedApp, path: string): number {
  return sandbox.requests.filter((request) => request.path === path).length;
}

describe.each(['app-node.mjs', 'app-koa.mjs', 'app-fastify.mjs', 'app-hono.mjs', 'app-next.mjs'])(
  'the recipe %s',
  (main) => {
    it('logs in from two tabs, and handles a cancel, a hanging QQ and the callback of another browser', async () => {
      await using app = await start(main);
      const browser = new Browser(app.url);
      expect((await browser.get('/auth/qq/user')).status).toBe(401);

      const first = await browser.toCallback(LOGIN);
      const second = await browser.toCallback('/auth/qq/login?returnTo=/second');
      const landed = await browser.get(second);
      expect([landed.status, landed.headers.location]).toEqual([302, '/second']);
      expect((await browser.get(first)).headers.location).toBe('/auth/qq/user');
      expect((await browser.get('/auth/qq/user')).body).toMatchObject({ nickname });

      const visitor = new Browser(app.url);
      const tokenCalls = calls(app, '/oauth2.0/token');
      const foreign = await visitor.get(await browser.toCallback(LOGIN));
      expect([foreign.status, foreign.headers['set-cookie']]).toEqual([400, undefined]);
      app.sandbox.failNext('authorize', 'cancel');
      const cancelled = await visitor.login(LOGIN);
      expect([cancelled.status, cancelled.headers.location]).toEqual([302, '/auth/qq/user?qq_login=cancelled']);
      expect(calls(app, '/oauth2.0/token')).toBe(tokenCalls);

      app.sandbox.failNext('token', 'timeout');
      expect((await visitor.login(LOGIN)).status).toBe(504);
      expect((await visitor.get('/auth/qq/user')).status).toBe(401);
      expect((await visitor.login(LOGIN)).headers.location).toBe('/auth/qq/user');
    }, 60_000);
  },
);

describe('the recipe app-jwt.mjs', () => {
  it('answers a token, and sets no cookie but the login cookie', async () => {
    await using app = await start('app-jwt.mjs', recipes(), '/qq-callback');
    const browser = new Browser(app.url);
    const toQuery = async (): Promise<string> => {
      const { body } = (await browser.get('/api/qq/login?returnTo=/cart')) as { body: { url: string } };
      const qq = await fetch(body.url, { redirect: 'manual' });
      return new URL(qq.headers.get('location') ?? '').search;
    };
    const complete = async (query: string): Promise<Response> => browser.get(`/api/qq/callback${query}`);

    const first = await toQuery();
    const login = await complete(await toQuery());
    expect(login.body).toMatchObject({ returnTo: '/cart' });
    const deleted = (login.headers['set-cookie'] ?? []) as unknown as string[];
    expect(deleted).toEqual([expect.stringContaining('Max-Age=0')]);
    expect((await complete(first)).body).toHaveProperty('token');
    const { token } = login.body as { token: string };
    const me = await browser.agent.get('/api/me').set('Authorization', `Bearer ${token}`);
    expect(me.body).toMatchObject({ nickname });
    expect((await browser.get('/api/me')).status).toBe(401);

    app.sandbox.failNext('authorize', 'cancel');
    expect((await complete(await toQuery())).body).toMatchObject({ cancelled: true });
    expect((await new Browser(app.url).get(`/api/qq/callback${await toQuery()}`)).status).toBe(400);
    app.sandbox.failNext('token', 'timeout');
    expect((await complete(await toQuery())).status).toBe(504);
  }, 60_000);
});

describe('the recipe app-authjs.mjs', () => {
  it('logs in, and has the limits that the page names', async () => {
    await using app = await start('app-authjs.mjs', recipes(), '/auth/callback/qq');
    const browser = new Browser(app.url);
    let state = '';
    const toCallback = async (): Promise<string> => {
      const { body } = (await browser.get('/auth/csrf')) as { body: { csrfToken: string } };
      const form = { csrfToken: body.csrfToken, callbackUrl: `${app.url}/in` };
      const started = await browser.agent.post('/auth/signin/qq').type('form').send(form);
      state = new URL(started.headers.location ?? '').searchParams.get('state') ?? '';
      const qq = await fetch(started.headers.location ?? '', { redirect: 'manual' });
      const { pathname, search } = new URL(qq.headers.get('location') ?? '');
      return pathname + search;
    };
    const first = await toCallback();
    const second = await toCallback();
    expect(state.length).toBeGreaterThan(400);
    expect((await browser.get(first)).headers.location).toContain('error=');
    expect((await browser.get(second)).headers.location).toBe(`${app.url}/in`);
    expect((await browser.get('/auth/session')).body).toMatchObject({ user: { name: nickname } });

    const visitor = new Browser(app.url);
    expect((await visitor.get(await toCallback())).headers.location).toContain('error=');
    app.sandbox.failNext('token', 'timeout');
    expect((await browser.get(await toCallback())).headers.location).toContain('error=');
    app.sandbox.failNext('authorize', 'cancel');
    expect((await browser.get(await toCallback())).headers.location).toContain('error=');
    expect((await visitor.get('/auth/session')).body).toBeNull();
  }, 60_000);
});

/** Compiles a TypeScript file of the NestJS page, decorators included, as Nest's own build does. */
async function nestFile(name: string, edit = (text: string): string => text): Promise<Record<string, string>> {
  const text = edit(filesOf(`${GUIDE}/nestjs.md`)[name] ?? '');
  const { code } = await transform(text, {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
    },
    module: { type: 'es6' },
  });
  return { 'app.mjs': code };
}

describe('the NestJS page', () => {
  it.each([
    ['without a prefix', ''],
    ['with a global prefix', '/api'],
  ])(
    'logs in with the middleware %s',
    async (_title, prefix) => {
      const files = await nestFile('main.ts', (text) =>
        prefix === ''
          ? text
          : text
              .replace('qqConnect()', "qqConnect({ callbackPath: '/auth/qq/callback' })")
              .replace('await app.listen', "app.setGlobalPrefix('api');\nawait app.listen"),
      );
      await using app = await start('app.mjs', files, `${prefix}/auth/qq/callback`);
      const reader = new DocumentReader(app.url);
      const page = await reader.visit(`${prefix}/me`);
      expect(JSON.parse(page.body)).toMatchObject({ nickname });
      const browser = new Browser(app.url);
      expect((await browser.get(`${prefix}/me`)).body).toMatchObject({ error: 'login_required' });
      const forged = await browser.agent
        .get(`${prefix}/auth/qq/callback?code=1&state=forged`)
        .set('Accept', 'text/html');
      expect([forged.status, forged.text]).toEqual([400, expect.stringContaining('<html')]);
      expect(app.output()).not.toContain('QQConnectWarning');
    },
    60_000,
  );

  it('logs in with the strategy, and answers errors with their status', async () => {
    await using app = await start(
      'app.mjs',
      await nestFile('passport.ts', (text) => text.replace('graphUrl:', `timeoutMs: ${TIMEOUT_MS}, graphUrl:`)),
    );
    const browser = new Browser(app.url);
    const first = await browser.toCallback('/auth/qq/login');
    expect((await browser.login('/auth/qq/login')).body).toMatchObject({ nickname });
    expect((await browser.get(first)).body).toMatchObject({ nickname });
    expect((await new Browser(app.url).get(await browser.toCallback('/auth/qq/login'))).status).toBe(401);
    app.sandbox.failNext('authorize', 'cancel');
    expect((await browser.login('/auth/qq/login')).status).toBe(401);
    app.sandbox.failNext('token', 'timeout');
    expect((await browser.login('/auth/qq/login')).status).toBe(504);
  }, 60_000);
});

describe('the page about passport-qq', () => {
  const files = filesOf(`${GUIDE}/moving-from-passport-qq.md`);
  // The sandbox takes the place of QQ.
  const withSandbox = (text = ''): string =>
    text.replace('clientID:', `timeoutMs: ${TIMEOUT_MS}, graphUrl: process.env.QQ_GRAPH_URL, clientID:`);

  it.each([
    ['app-passport.mjs', '/login'],
    ['app-router.mjs', '/me?qq_login=cancelled'],
  ])(
    '%s logs in, finds the account again and logs out',
    async (main, afterCancel) => {
      await using app = await start(main, { ...files, 'app-passport.mjs': withSandbox(files['app-passport.mjs']) });
      const reader = new DocumentReader(app.url);
      const page = await reader.visit('/auth/qq');
      expect(page.url.pathname).toBe('/me');
      expect(JSON.parse(page.body)).toMatchObject({ id: expect.stringMatching(/^100000077:[0-9A-F]{32}$/) as unknown });
      expect(JSON.parse((await reader.visit('/me')).body)).toEqual(JSON.parse(page.body));

      const browser = new Browser(app.url);
      const loginPath = main === 'app-router.mjs' ? '/auth/qq/login' : '/auth/qq';
      await browser.login(loginPath);
      const me = async (): Promise<unknown> => ((await browser.get('/me')).body as { id?: string }).id;
      expect(await me()).toBeDefined();
      const out = await browser.agent.post('/logout');
      expect([out.status, out.headers.location]).toEqual([302, '/']);
      expect(await me()).toBeUndefined();

      app.sandbox.failNext('authorize', 'cancel');
      expect((await browser.login(loginPath)).headers.location).toBe(afterCancel);
    },
    60_000,
  );
});
