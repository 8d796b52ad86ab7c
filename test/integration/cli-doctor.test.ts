import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { startSandbox } from '../../src/sandbox.js';
import { call, findings, folder, listen, serve } from './cli-terminal.js';

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
  it('finds nothing to change in a good configuration', async () => {
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

  it('sends QQ nothing secret, and prints nothing secret', async () => {
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

  it('sends no APP ID that may be the APP Key in the wrong place', async () => {
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
  ])('prints no secret that stands in %s: %s', async (variable, value) => {
    await using sandbox = await sandboxOf();
    const { stdout } = await call(['doctor'], { env: environment(sandbox.url, { [variable]: value }) });
    expect(stdout).not.toContain(APP_KEY);
    expect(stdout).not.toContain('1234567890123456789012');
    expect(JSON.stringify(sandbox.requests)).not.toContain(APP_KEY);
  });

  it('does not say that all is well: it tries no login of a user', async () => {
    await using sandbox = await sandboxOf();
    using empty = folder();
    const { stdout } = await call(['doctor'], { env: environment(sandbox.url), cwd: empty.path });
    expect(stdout).toMatch(/Nothing to change in what was checked\. A login of a user was not tried\.\n$/);
  });

  it('says line by line what is fine and what to change, in the language of the user', async () => {
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

  it('reads .env as Node does: what is set already wins, even if it is empty', async () => {
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

  it('notices what of a .env does not arrive as it is written', async () => {
    await using sandbox = await sandboxOf();
    const lines = ['QQ_APP_ID=1', `QQ_GRAPH_URL=${sandbox.url}`];
    using place = folder({ '.env': `\uFEFF${lines.join('\n')}` });
    const { levels } = await findings([], { cwd: place.path });
    expect(levels).toMatchObject({ env_file_bom: 'warn', app_id_missing: 'error' });
  });

  it('learns from QQ’s own page that it does not know the APP ID', async () => {
    await using sandbox = await sandboxOf();
    const { status, checks } = await findings([], { env: environment(sandbox.url, { QQ_APP_ID: '100000007' }) });
    expect(status).toBe(1);
    expect(checks.find(({ id }) => id === 'authorize_100008')).toMatchObject({ level: 'error' });
  });

  it('names what keeps it from reaching QQ', async () => {
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

  it('does not take a captive portal for QQ', async () => {
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
  ])('answers %j with what is wrong and status 2', async (argv, message) => {
    using empty = folder();
    const { status, stdout, stderr } = await call(['doctor', ...argv], { cwd: empty.path });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('word@');
  });
});
