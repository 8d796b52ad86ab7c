import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import { QQConnectClient } from '../../src/client.js';
import { startSandbox } from '../../src/sandbox.js';
import { startTextServer } from '../../src/text-protocol.js';
import { Browser } from '../support/browser.js';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, codeBlocks, consumerProject, englishDocuments, filesOf } from '../support/code-blocks.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import { getNamed } from '../support/named-sandbox.js';
import { clientFor } from '../support/text-protocol.js';
import type { DocumentedApp, DocumentedAppOptions } from '../support/documented-app.js';

const applications = englishDocuments().flatMap((file) => {
  const files = filesOf(file);
  return Object.keys(files)
    .filter((name) => /^app[\w-]*\.[cm]?js$/.test(name))
    .map((main) => [file, main, files] as const);
});
const behindNginx = applications.filter(([file]) => file === `${GUIDE}/production.md`);
// The tests of each framework below run these.
const otherFrameworks = applications.filter(([file]) => /other-frameworks|moving-from-passport-qq/.test(file));
const others = applications.filter((application) => ![...behindNginx, ...otherFrameworks].includes(application));

async function expectLogin(reader: DocumentReader, said: () => string, prefix = ''): Promise<void> {
  const landed = await reader.visit(`${prefix}/auth/qq/login?returnTo=${prefix}/auth/qq/user`);
  expect({ status: landed.status, output: said() }).toEqual({ status: 200, output: said() });
  expect(JSON.parse(landed.body)).toMatchObject({ openid: expect.stringMatching(/^[0-9A-F]{32}$/) as unknown });
}

async function run(
  files: Readonly<Record<string, string>>,
  options: DocumentedAppOptions,
  visit: (url: string, said: () => string) => Promise<void> = async (url, said) =>
    expectLogin(new DocumentReader(url), said),
): Promise<void> {
  await using app = await startDocumentedApp(files, options);
  await visit(app.url, () => app.output());
}

describe('an application in a document', () => {
  it.each(others)('of %s: %s starts and logs its user in', async (_file, main, files) => run(files, { main }), 60_000);

  it('of the first login shows the avatar and the nickname, and logs out', async () => {
    await run(filesOf(`${GUIDE}/first-login.md`), {}, async (url) => {
      const reader = new DocumentReader(url);
      const page = await reader.visit('/auth/qq/login?returnTo=/');
      expect(page.body).toContain('林小满');
      const avatar = await reader.visit(/src="([^"]+)"/.exec(page.body)?.[1] ?? '');
      expect([avatar.status, avatar.headers['content-type']]).toEqual([200, 'image/png']);
      const home = await reader.visit('/auth/qq/logout', {});
      expect([home.url.pathname, home.body]).toEqual(['/', '<a href="/auth/qq/login">QQ 登录</a>']);
    });
  }, 60_000);

  it.each(behindNginx)(
    'of %s: %s logs its user in behind a proxy, with a secure session cookie',
    async (_file, main, files) => {
      const prefix = files[main]?.includes('callbackPath') ? '/shop' : '';
      const origin = 'https://www.example.com';
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1', host: 'www.example.com' };
      await run(files, { main, redirectUri: `${origin}${prefix}/auth/qq/callback` }, async (url, said) => {
        await expectLogin(new DocumentReader(url, { origin, headers, strip: prefix }), said, prefix);
        expect(said()).not.toContain('QQConnectWarning');
      });
    },
    60_000,
  );

  it('exists for each page that needs one', () => {
    expect(others.map(([file]) => file)).toEqual(expect.arrayContaining(['README.md', `${GUIDE}/first-login.md`]));
    expect(behindNginx).toHaveLength(2);
  });
});

describe('the application for tokens of an SDK', () => {
  const files = filesOf(`${GUIDE}/app-sdk-tokens.md`);
  /** An access token, as an SDK gets it. */
  async function tokenOf(appId: string, appKey: string, graphUrl: string): Promise<string> {
    const client = new QQConnectClient({ appId, appKey, graphUrl, redirectUri: 'http://localhost/callback' });
    const qq = await fetch(client.buildAuthorizationUrl({ state: 's' }), { redirect: 'manual' });
    const tokens = await client.authorizationCodeGrant(qq.headers.get('location') ?? '', { expectedState: 's' });
    return tokens.accessToken;
  }
  const logIn = async (url: string, accessToken: string): Promise<Response> =>
    fetch(`${url}/api/mobile-login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accessToken }),
    });

  it('accepts a token of its own application, and refuses all others', async () => {
    const own = { appId: '100000077', appKey: 'a made-up app key' };
    const other = { appId: '100000088', appKey: 'another made-up app key' };
    await using sandbox = await startSandbox({ apps: [own, other], autoApprove: true });
    await run(files, { env: { QQ_GRAPH_URL: sandbox.url } }, async (url) => {
      const good = await logIn(url, await tokenOf(own.appId, own.appKey, sandbox.url));
      expect(await good.json()).toMatchObject({ appId: own.appId, nickname: '林小满' });
      const foreign = await logIn(url, await tokenOf(other.appId, other.appKey, sandbox.url));
      expect([foreign.status, await foreign.json()]).toEqual([401, { error: 'ERR_QQ_CLIENT_ID_MISMATCH' }]);
      const forged = await logIn(url, 'FFFF');
      expect([forged.status, await forged.json()]).toEqual([401, { error: 'ERR_QQ_RESPONSE', qq_code: 100013 }]);
    });
  }, 60_000);
});

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
  it('returns a token, and sets no cookie except the login cookie', async () => {
    await using app = await start('app-jwt.mjs', recipes(), '/qq-callback');
    const browser = new Browser(app.url);
    const toQuery = async (): Promise<string> => {
      const { body } = (await browser.get('/api/qq/login?returnTo=/cart')) as { body: { url: string } };
      const qq = await fetch(body.url, { redirect: 'manual' });
      return new URL(qq.headers.get('location') ?? '').search;
    };
    const complete = async (query: string): ReturnType<Browser['get']> => browser.get(`/api/qq/callback${query}`);

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
  it('logs a user in, with the limits that the page names', async () => {
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
    '%s logs a user in, finds the account again and logs out',
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

const guide = readFileSync('docs/guide/sandbox-for-any-language.md', 'utf8');
/** An address of this machine that is no loopback address, as another container would use. */
const address =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';

describe("the guide's section about containers", () => {
  let home: string;
  let running: ChildProcess | undefined;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'qq-sandbox-'));
  });
  afterEach(() => void running?.kill());
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Starts the built command in a process of its own, on a free port. */
  async function start(options: string): Promise<number> {
    const env = { PATH: process.env.PATH, LANG: 'C', HOME: home };
    const child = spawn(process.execPath, ['dist/cli.js', 'sandbox', ...options.split(' '), '--port', '0'], { env });
    running = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('Press Ctrl+C')) {
      const [event] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as unknown[];
      if (typeof event === 'number') throw new Error(output);
    }
    return Number(/runs at https?:\/\/[\w.]+:(\d+)/.exec(output)?.[1]);
  }

  it('has a command that serves graph.qq.com to another container, and calls its application back', async () => {
    const options = /command: npx .* express-qq-connect sandbox (.*)/.exec(guide)?.[1] ?? '';
    expect(options).toContain('--listen 0.0.0.0');
    const redirectUri = /--redirect-uri (\S+)/.exec(options)?.[1] ?? '';
    const port = await start(options);
    const ca = readFileSync(join(home, '.express-qq-connect', 'ca-bundle.pem'), 'utf8');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: '100000001',
      redirect_uri: redirectUri,
      state: 'a-state',
    });
    const url = `https://graph.qq.com/oauth2.0/authorize?${query.toString()}`;
    const { headers } = await getNamed(url, { port, ca, address });
    expect(headers.location).toMatch(new RegExp(`^${redirectUri}\\?code=[0-9A-F]{32}&state=a-state$`));
    for (const alias of /aliases: \[(.*)\]/.exec(guide)?.[1]?.split(', ') ?? []) {
      expect((await getNamed(`https://${alias}/`, { port, ca, address })).status).toBe(200);
    }
  });

  it('has options that serve plain http under a name, and no other name', async () => {
    const options = /`(--name qq --listen 0\.0\.0\.0)`/.exec(guide)?.[1] ?? '';
    const port = await start(options);
    const statusFor = async (host: string) => {
      const sent = request({ host: address, port, path: '/', headers: { Host: host } }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect([await statusFor(`qq:${port}`), await statusFor('other.example')]).toEqual([200, 403]);
  });
});

const executablePath = chromiumFor('test/package/docs-run.test.ts');

function runIn(folder: string, args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 100_000,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CI: 'true' },
  });
  rmSync(folder, { recursive: true, force: true });
  return { status, output: stdout + stderr };
}

describe('the tests in the guide', () => {
  it('pass under a Jest that runs ECMAScript modules', () => {
    const { 'e2e/login.spec.mjs': _browser, ...files } = filesOf(`${GUIDE}/testing-your-app.md`);
    const folder = consumerProject({ ...files, 'package.json': '{ "private": true }' });
    const { output } = runIn(folder, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js']);
    expect(output).toMatch(/Tests: +5 passed, 5 total/);
  }, 120_000);

  it('pass under a Jest that runs CommonJS', () => {
    const { 'app.cjs': _app, ...files } = filesOf(`${GUIDE}/commonjs-and-jest.md`);
    const folder = consumerProject({ ...files, 'package.json': '{ "private": true }' });
    const { output } = runIn(folder, ['node_modules/jest/bin/jest.js']);
    expect(output).toMatch(/Tests: +1 passed, 1 total/);
  }, 120_000);

  (executablePath === undefined ? it.skip : it)(
    'pass in a real browser under Playwright',
    () => {
      const use = { launchOptions: { executablePath, args: ['--no-sandbox'] } };
      const folder = consumerProject({
        ...filesOf(`${GUIDE}/testing-your-app.md`),
        'playwright.config.mjs': `export default ${JSON.stringify({ use })};\n`,
      });
      const { output } = runIn(folder, ['node_modules/@playwright/test/cli.js', 'test', 'e2e']);
      expect(output).toContain('2 passed');
    },
    120_000,
  );
});

const PAGE = 'docs/guide/text-protocol.md';

describe('docs/guide/text-protocol.md', () => {
  it.each([
    [PAGE, 'The service is gone'],
    ['docs/guide/text-protocol.zh-CN.md', '该服务早已关闭'],
  ])('%s states in its first sentence that the service is closed', (page, words) => {
    const [first = ''] = readFileSync(page, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !/^[#[]/.test(line));
    expect(first).toContain(words);
  });

  it('has an echo robot that answers texts and accepts friends, and logs out at SIGTERM', async () => {
    await using server = await startTextServer();
    const folder = consumerProject({ ...filesOf(PAGE), 'package.json': '{"type":"module"}' });
    const child = spawn(process.execPath, ['echo-robot.mjs'], {
      cwd: folder,
      env: { TEXT_SERVER_URL: server.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [printed] = (await once(child.stdout, 'data')) as [Buffer];
    expect(printed.toString()).toContain('every 60 seconds');
    const user = clientFor(server.url, { uin: '9990000301' });
    await user.login();
    await user.send('9990000300', '你好, R&B\n100%');
    await user.answer('9990000300', 'request', 'hi');
    const received = [];
    for await (const message of user.messages({ everyMs: 100 })) if (received.push(message) === 2) break;
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    rmSync(folder, { recursive: true });
    expect(received).toEqual([
      { type: 'text', from: '9990000300', text: 'You wrote: 你好, R&B\n100%' },
      { type: 'add-accepted', from: '9990000300', text: '' },
    ]);
    expect(server.exchanges.at(-1)?.request.CMD).toBe('Logout');
  });

  it('has code that prints the shown output, and curl commands that the simulator answers', async () => {
    const [recording, test] = codeBlocks(PAGE).filter(({ language, name }) => language === 'js' && name === undefined);
    const folder = consumerProject({ 'recording.mjs': recording?.text ?? '', 'test.mjs': test?.text ?? '' });
    const run = async (file: string): Promise<string> => {
      const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      for await (const chunk of child.stdout) text += String(chunk);
      return text;
    };
    expect(await run('recording.mjs')).toBe("[ '9' ] [ 'a,b ' ]\nVER=1.1&CMD=CLTMSG&MG=R%26B\n91\n");
    expect(await run('test.mjs')).toMatch(/系统消息[^]*ERR_QQ_TEXT_OFFLINE Call login\(\) again[^]*\n3\n$/);
    rmSync(folder, { recursive: true });
    await using server = await startTextServer();
    const bodies = [...readFileSync(PAGE, 'utf8').matchAll(/^curl -d '([^']+)'/gm)].map(([, body]) => body ?? '');
    expect(bodies).toHaveLength(3);
    for (const body of bodies) {
      expect(await (await fetch(server.url, { method: 'POST', body })).text()).toMatch(/&RES=0(&|$)/);
    }
  });
});

const files = filesOf(`${GUIDE}/traces-and-logs.md`);
const SECRET_VALUES = /[?&'](?:client_secret|code|state|access_token|openid)=(?!REDACTED)|made-up/;

async function loggedOutput(main: string, env: Record<string, string> = {}): Promise<string> {
  await using app = await startDocumentedApp(files, { main, env });
  const page = await new DocumentReader(app.url).visit('/auth/qq/login?returnTo=/auth/qq/user');
  expect({ status: page.status, output: app.output() }).toEqual({ status: 200, output: app.output() });
  await app.stop();
  return app.output();
}

describe('docs/guide/traces-and-logs.md', () => {
  it('exports spans without APP Key, code, state, token and openid', async () => {
    const output = await loggedOutput('app-with-morgan.mjs', { NODE_OPTIONS: '--import ./tracing.mjs' });
    expect(output).toMatch(/'url\.full': '.*client_secret=REDACTED/);
    expect(output).toContain("'url.query': 'code=REDACTED&state=REDACTED'");
    expect(output).not.toMatch(SECRET_VALUES);
  }, 90_000);

  it.each(['app-with-morgan.mjs', 'app-with-pino.mjs'])(
    'logs the callback without its query in %s',
    async (main) => {
      const output = await loggedOutput(main);
      expect(output).toContain('/auth/qq/callback');
      expect(output).not.toMatch(SECRET_VALUES);
    },
    90_000,
  );
});
