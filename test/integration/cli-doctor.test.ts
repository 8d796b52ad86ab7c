import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { APP, startSite } from '../support/site.js';
import { call, findings, folder, listen, serve } from './cli-terminal.js';
import type { Site, SiteOptions } from '../support/site.js';

const APP_KEY = 'a-made-up-app-key-of-the-doctor';

function environment(graphUrl: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    QQ_APP_ID: '100000042',
    QQ_APP_KEY: APP_KEY,
    QQ_REDIRECT_URI: 'http://localhost:3000/auth/qq/callback',
    QQ_GRAPH_URL: graphUrl,
    ...more,
  };
}

const sandboxOf = () => startSandbox({ apps: [{ appId: '100000042', appKey: APP_KEY }] });

describe('express-qq-connect doctor', () => {
  it('reports no problem of a correct configuration', async () => {
    await using sandbox = await sandboxOf();
    using empty = folder();
    const { status, levels } = await findings([], { env: environment(sandbox.url), cwd: empty.path });
    expect(status).toBe(0);
    expect(levels).toEqual({
      env_file: 'info',
      app_id: 'ok',
      app_key: 'ok',
      redirect_uri: 'ok',
      redirect_uri_sandbox: 'info',
      graph_url: 'ok',
      qq_reachable: 'ok',
      authorize: 'info',
    });
  });

  it('sends no secret to QQ, and prints none', async () => {
    await using sandbox = await sandboxOf();
    const env = environment(sandbox.url, {
      SESSION_SECRET: 'a-session-secret',
      QQ_ENCRYPTION_KEY: 'an-encryption-key',
    });
    const { stdout, stderr } = await call(['doctor'], { env });
    const json = await call(['doctor', '--json'], { env });
    for (const secret of [APP_KEY, 'a-session-secret', 'an-encryption-key']) {
      expect(JSON.stringify(sandbox.requests)).not.toContain(secret);
      expect(stdout + stderr + json.stdout).not.toContain(secret);
    }
    expect(sandbox.requests.every(({ endpoint }) => endpoint !== 'token')).toBe(true);
  });

  it('sends no APP ID that may be the APP Key in the wrong variable', async () => {
    await using sandbox = await sandboxOf();
    await call(['doctor'], { env: environment(sandbox.url, { QQ_APP_ID: APP_KEY }) });
    expect(sandbox.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(sandbox.requests)).not.toContain(APP_KEY);
  });

  it.each([
    ['QQ_REDIRECT_URI', `http://127.0.0.1/${APP_KEY}`],
    ['QQ_REDIRECT_URI', APP_KEY],
    ['QQ_GRAPH_URL', APP_KEY],
    ['QQ_GRAPH_URL', `https://${APP_KEY}.example.invalid`],
    ['QQ_APP_ID', '1234567890123456789012'],
  ])('prints no secret from %s: %s', async (variable, value) => {
    await using sandbox = await sandboxOf();
    const { stdout } = await call(['doctor'], { env: environment(sandbox.url, { [variable]: value }) });
    expect(stdout).not.toContain(APP_KEY);
    expect(stdout).not.toContain('1234567890123456789012');
    expect(JSON.stringify(sandbox.requests)).not.toContain(APP_KEY);
  });

  it('does not report that a login works, because it tries none', async () => {
    await using sandbox = await sandboxOf();
    using empty = folder();
    const { stdout } = await call(['doctor'], { env: environment(sandbox.url), cwd: empty.path });
    expect(stdout).toMatch(/Nothing to change in what was checked\. A login of a user was not tried\.\n$/);
  });

  it('prints in each line a result or a change to make, in the language of the user', async () => {
    await using sandbox = await sandboxOf();
    const env = environment(sandbox.url, { QQ_REDIRECT_URI: '/auth/qq/callback' });
    const english = await call(['doctor'], { env });
    expect(english.status).toBe(1);
    expect(english.stdout).toMatch(/^✓ QQ_APP_ID is 100000042\.$/m);
    expect(english.stdout).toMatch(/^✗ QQ_REDIRECT_URI must be an absolute http or https URL\.\n {4}→ Set it to /m);
    expect(english.stdout).toMatch(/✗ 1 to change\./);
    const chinese = await call(['doctor', '--lang', 'zh'], { env });
    expect(chinese.stdout).toMatch(/^✗ QQ_REDIRECT_URI 必须是完整的 http\(s\) 网址。\n {4}→ 请/m);
    expect(chinese.stdout).toMatch(/✗ 1 处需要修改/);
  });

  it('reads .env as Node does, below the variables that are set, even if they are empty', async () => {
    await using sandbox = await sandboxOf();
    const file = Object.entries(environment(sandbox.url)).map(([name, value]) => `${name}=${value}\n`);
    using place = folder({ '.env': file.join(''), 'other.env': 'QQ_APP_ID="100000043"\n' });
    const alone = await findings([], { cwd: place.path });
    expect(alone.levels).toMatchObject({ env_file: 'ok', app_id: 'ok', app_key: 'ok', redirect_uri: 'ok' });
    const hidden = await findings([], { cwd: place.path, env: { QQ_APP_ID: '' } });
    expect(hidden.levels).toMatchObject({ app_id_missing: 'error', env_file_hidden: 'warn' });
    const won = await findings([], { cwd: place.path, env: { QQ_APP_ID: '100000044' } });
    expect(won.levels.env_file_hidden).toBe('info');
    expect(won.text).toContain('QQ_APP_ID is 100000044');
    const other = await findings(['--env-file', 'other.env'], { cwd: place.path, env: { QQ_GRAPH_URL: sandbox.url } });
    expect(other.text).toContain('QQ_APP_ID is 100000043');
    expect(other.levels.app_key_missing).toBe('error');
  });

  it('reports a byte order mark in .env', async () => {
    await using sandbox = await sandboxOf();
    const lines = ['QQ_APP_ID=1', `QQ_GRAPH_URL=${sandbox.url}`];
    using place = folder({ '.env': `\uFEFF${lines.join('\n')}` });
    const { levels } = await findings([], { cwd: place.path });
    expect(levels).toMatchObject({ env_file_bom: 'warn', app_id_missing: 'error' });
  });

  it('reports that the page of QQ does not accept the APP ID', async () => {
    await using sandbox = await sandboxOf();
    const { status, checks } = await findings([], { env: environment(sandbox.url, { QQ_APP_ID: '100000007' }) });
    expect(status).toBe(1);
    expect(checks.find(({ id }) => id === 'authorize_100008')).toMatchObject({ level: 'error' });
  });

  it('names the reason why QQ cannot be reached', async () => {
    const closed = await serve(() => undefined);
    await closed[Symbol.asyncDispose]();
    const unreachable = async (graphUrl: string) =>
      (await findings([], { env: environment(graphUrl) })).checks.find(({ id }) => id === 'qq_unreachable')?.en;
    expect(await unreachable(closed.url)).toMatch(/cannot be reached: ECONNREFUSED/);
    await using plain = await serve((_req, res) => res.end());
    expect(await unreachable(plain.url.replace('http:', 'https:'))).toMatch(/cannot be reached: (?:EPROTO|ERR_SSL)/);
    await using dead = await listen(createServer((socket) => socket.resetAndDestroy()));
    expect(await unreachable(dead.url)).toMatch(/cannot be reached: ECONNRESET/);
    await using babble = await listen(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    expect(await unreachable(babble.url)).toMatch(/cannot be reached: HPE_/);
  });

  it('reports that a captive portal is not QQ', async () => {
    await using portal = await serve((_req, res) => res.end('<html>please log in to this network</html>'));
    const { status, levels } = await findings([], { env: environment(portal.url) });
    expect(status).toBe(1);
    expect(levels).toMatchObject({ qq_impostor: 'error' });
  });

  it.each([
    [['--env-file', 'none'], 'none cannot be read (ENOENT)'],
    [['--env-file', '.'], '. cannot be read (EISDIR)'],
    [['--url', 'www.example.com'], '--url takes the address of the site'],
    [['--url', 'ftp://www.example.com'], '--url takes the address of the site'],
    [['--url', 'https://user:word@www.example.com'], '--url takes the address of the site'],
    [['--url'], 'Option --url'],
    [['--base-path', 'auth/qq'], '--base-path takes a path'],
    [['--verbose'], 'There is no option --verbose'],
    [['now'], 'Unexpected argument: now'],
  ])('answers %j with a message and status 2', async (argv, message) => {
    using empty = folder();
    const { status, stdout, stderr } = await call(['doctor', ...argv], { cwd: empty.path });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('word@');
  });
});

/** What the site's own process would have been started with. */
function siteEnvironment(
  site: Pick<Site, 'url' | 'sandbox'>,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    QQ_APP_ID: APP.appId,
    QQ_APP_KEY: APP.appKey,
    QQ_REDIRECT_URI: `${site.url}/auth/qq/callback`,
    QQ_GRAPH_URL: site.sandbox.url,
    ...more,
  };
}

const examine = (site: Pick<Site, 'url' | 'sandbox'>, more: Record<string, string> = {}, argv: string[] = []) =>
  findings(['--url', site.url, ...argv], { env: siteEnvironment(site, more) });

/** Puts applications behind one address, where they take turns. */
async function behindProxy(processes: SiteOptions[]): Promise<AsyncDisposable & Pick<Site, 'url' | 'sandbox'>> {
  const sites: Site[] = [];
  let turn = 0;
  const server = await serve((req, res) => {
    turn += 1;
    sites[turn % sites.length]?.app(req, res);
  });
  for (const { qq, ...options } of processes) {
    const graphUrl = sites[0]?.sandbox.url;
    const redirectUri = `${server.url}/auth/qq/callback`;
    sites.push(await startSite({ ...options, qq: { ...qq, redirectUri, ...(graphUrl && { graphUrl }) } }));
  }
  const [first] = sites;
  if (!first) throw new Error('no process');
  return {
    url: server.url,
    sandbox: first.sandbox,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Promise.all(sites.map(async (site) => site.close()));
    },
  };
}

describe('express-qq-connect doctor --url', () => {
  it('reports no problem of a correct site, and what it cannot check', async () => {
    await using site = await startSite();
    const { status, levels, checks } = await examine(site);
    expect(status).toBe(0);
    expect(levels).toMatchObject({
      site_login: 'ok',
      site_client_id: 'ok',
      site_redirect_uri: 'ok',
      site_attempt_cookie: 'ok',
      site_callback: 'ok',
      site_session_unseen: 'info',
    });
    expect(checks.find(({ id }) => id === 'site_session_unseen')?.en).toContain('trust proxy are not checked');
  });

  it('starts a login without following it to QQ, and prints neither its state nor its cookie', async () => {
    await using site = await startSite();
    const seen: string[] = [];
    await using proxy = await serve((req, res) => {
      void fetch(site.url + (req.url ?? ''), { redirect: 'manual', headers: { accept: 'text/html' } }).then(
        async (answer) => {
          seen.push(...answer.headers.getSetCookie(), answer.headers.get('location') ?? '');
          res.writeHead(answer.status, [...answer.headers].flat());
          res.end(await answer.text());
        },
      );
    });
    const { stdout } = await call(['doctor', '--url', proxy.url], { env: siteEnvironment(site) });
    const state = new URL(seen.find((text) => text.includes('state=')) ?? '').searchParams.get('state') ?? '';
    const cookie = /=([^;]+)/.exec(seen.find((text) => text.startsWith('qq_login_')) ?? '')?.[1] ?? '';
    expect(Math.min(state.length, cookie.length)).toBeGreaterThan(20);
    for (const secret of [state, cookie]) expect(stdout).not.toContain(secret);
    expect(site.sandbox.requests.filter(({ query }) => query.state === state)).toEqual([]);
  });

  it('reports that the site uses other values than the environment', async () => {
    await using site = await startSite();
    const { status, levels, checks } = await examine(site, {
      QQ_APP_ID: '100000007',
      QQ_REDIRECT_URI: `${site.url}/elsewhere`,
      QQ_GRAPH_URL: site.url,
    });
    expect(status).toBe(1);
    expect(levels).toMatchObject({ site_client_id: 'error', site_redirect_uri: 'error', site_graph_url: 'error' });
    const said = checks.find(({ id, level }) => id === 'site_redirect_uri' && level === 'error');
    expect(said?.en).toContain(`${site.url}/auth/qq/callback`);
  });

  it('checks the values that the site sends if no variable is set', async () => {
    await using site = await startSite({ qq: { redirectUri: 'http://127.0.0.1/callback?to=%252Fhome' } });
    const { checks } = await findings(['--url', site.url], { env: { QQ_GRAPH_URL: site.sandbox.url } });
    expect(checks.filter(({ id }) => id.endsWith('_missing') && id.startsWith('app_'))).toMatchObject([
      { level: 'info' },
      { level: 'info' },
    ]);
    expect(checks.find(({ id }) => id === 'redirect_uri_encoded_twice')).toMatchObject({ level: 'warn' });
  });

  it('follows a login from another host to that of the callback', async () => {
    await using site = await startSite();
    const { status, levels, checks } = await findings(['--url', site.url.replace('127.0.0.1', 'localhost')], {
      env: siteEnvironment(site),
    });
    expect(status).toBe(0);
    expect(levels).not.toHaveProperty('site_origin');
    expect(checks.find(({ id }) => id === 'site_login')?.en).toMatch(/through http:\/\/localhost:\d+ → http:\/\/127/);
  });

  it('reports that a proxy does not pass the host on', async () => {
    await using site = await behindProxy([
      {
        before: (app) =>
          app.use((req, _res, next) => {
            Object.assign(req.headers, { host: 'upstream' });
            next();
          }),
      },
    ]);
    const { levels } = await examine(site);
    expect(levels).toMatchObject({ site_origin: 'warn', site_attempt_cookie: 'ok' });
  });

  it('reports that the processes of a site have different keys', async () => {
    const encryptionKey = 'another-key-another-key-another-key';
    await using site = await behindProxy([{}, { qq: { encryptionKey } }]);
    const { status, levels } = await examine(site);
    expect({ status, level: levels.site_processes }).toEqual({ status: 1, level: 'error' });
  });

  it('reports no problem of processes with the same keys', async () => {
    await using site = await behindProxy([{}, {}]);
    expect((await examine(site)).levels).not.toHaveProperty('site_processes');
  });

  it.each([
    ['drops it', () => [], 'sets no login cookie'],
    ['takes HttpOnly off', (line: string) => [line.replace('; HttpOnly', '')], 'lacks: HttpOnly.'],
    ['makes it SameSite=None', (line: string) => [line.replace('=Lax', '=None')], 'lacks: SameSite=Lax.'],
    ['narrows its path', (line: string) => [line.replace('Path=/', 'Path=/auth')], 'lacks: Path=/.'],
    ['widens its domain', (line: string) => [`${line}; Domain=example.com`], 'lacks: no Domain.'],
  ])('reports a proxy that changes the login cookie: it %s', async (_what, rewrite, said) => {
    await using site = await startSite();
    await using proxy = await serve((req, res) => {
      void fetch(site.url + (req.url ?? ''), { redirect: 'manual', headers: { accept: 'text/html' } }).then(
        async (answer) => {
          res.statusCode = answer.status;
          const location = answer.headers.get('location');
          if (location !== null) res.setHeader('location', location);
          res.setHeader('set-cookie', answer.headers.getSetCookie().flatMap(rewrite));
          res.end(await answer.text());
        },
      );
    });
    const { checks } = await findings(['--url', proxy.url], { env: siteEnvironment(site) });
    expect(checks.find(({ id }) => id === 'site_attempt_cookie')).toMatchObject({ level: 'error' });
    expect(checks.find(({ id }) => id === 'site_attempt_cookie')?.en).toContain(said);
  });

  it('checks a session cookie that the site sends before a login, and prints no value of it', async () => {
    await using site = await startSite({ session: { saveUninitialized: true } });
    const { levels, text } = await examine(site);
    expect(levels.site_session_cookie).toBe('ok');
    expect(text).toContain('connect.sid');
    expect(text).not.toContain('connect.sid=');
  });

  it('finds the login under another base path, and below a prefix', async () => {
    await using site = await startSite({ qq: { basePath: '/qq' } });
    expect((await examine(site)).levels.site_login_missing).toBe('error');
    expect((await examine(site, {}, ['--base-path', '/qq/'])).levels.site_login).toBe('ok');
    await using proxy = await serve((req, res) => {
      res.writeHead(307, { location: site.url + (req.url ?? '').replace('/shop', '') }).end();
    });
    const { checks } = await findings(['--url', `${proxy.url}/shop/`, '--base-path', '/qq'], {
      env: siteEnvironment(site),
    });
    expect(checks.find(({ id }) => id === 'site_login_elsewhere')?.en).toContain(`redirects to ${site.url}/qq/login`);
  });

  it('follows the site from one of its addresses to the other', async () => {
    await using site = await startSite();
    await using bare = await serve(
      (req, res) => void res.writeHead(301, { location: site.url + (req.url ?? '') }).end(),
    );
    const { status, checks } = await findings(['--url', bare.url], { env: siteEnvironment(site) });
    expect(status).toBe(0);
    expect(checks.find(({ id }) => id === 'site_login')?.en).toContain(`${bare.url} → ${site.url}`);
    await using round = await serve((req, res) => {
      const turn = Number(new URLSearchParams(req.url?.split('?')[1]).get('n') ?? 0);
      res.writeHead(302, { location: `/auth/qq/login?n=${turn + 1}` }).end();
    });
    const lost = await findings(['--url', round.url], { env: siteEnvironment(site) });
    expect(lost.levels.site_login_elsewhere).toBe('error');
  });

  it('reports a callback that does not reach the router', async () => {
    await using site = await startSite({ qq: { callbackPath: '/callback' } });
    expect((await examine(site)).levels.site_callback).toBe('error');
  });

  it.each([
    [502, 'site_login_refused'],
    [403, 'site_login_refused'],
    [200, 'site_login_refused'],
    [404, 'site_login_missing'],
  ])('reports for a login that answers %d: %s', async (code, id) => {
    await using site = await startSite();
    await using broken = await serve(
      (_req, res) => void res.writeHead(code, { 'content-type': 'application/json' }).end('{'),
    );
    const { levels } = await findings(['--url', broken.url], { env: siteEnvironment(site) });
    expect(levels[id]).toBe('error');
  });

  it('reports that the site cannot be reached', async () => {
    await using site = await startSite();
    const gone = await serve(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { status, checks } = await findings(['--url', gone.url], { env: siteEnvironment(site) });
    expect(status).toBe(1);
    expect(checks.find(({ id }) => id === 'site_unreachable')?.en).toContain('ECONNREFUSED');
  });
});
