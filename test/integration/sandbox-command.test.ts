import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { startSandbox } from '../../src/sandbox.js';
import { getNamed, startNamedSandbox } from '../support/named-sandbox.js';

const started: (() => void)[] = [];

/** Runs the command until `stop`; `read` waits for a text on standard output. */
function run(argv: string[], env: Record<string, string> = {}, screen: { isTTY?: boolean; columns?: number } = {}) {
  const abort = new AbortController();
  const written = { stdout: '', stderr: '' };
  const terminal = {
    stdout: { write: (text: string) => (written.stdout += text), ...screen },
    stderr: { write: (text: string) => (written.stderr += text) },
    env: { LANG: 'C', ...env },
    cwd: '/',
    signal: abort.signal,
  };
  const ended = main(['sandbox', ...argv], terminal);
  started.push(() => abort.abort());
  return {
    written,
    ended,
    stop: () => abort.abort(),
    read: async (text: string) => {
      while (!written.stdout.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

function urlOf(text: string): string {
  return /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
}

describe('express-qq-connect sandbox', () => {
  afterEach(() => started.splice(0).forEach((stop) => stop()));

  it('prints the address, the console and the lines for .env', async () => {
    const command = run(['--port', '0']);
    await command.read('Press Ctrl+C');
    const url = urlOf(command.written.stdout);
    const lines = command.written.stdout.split('\n');
    expect(lines).toContain(`  Console: ${url}/ (shows requests, simulates faults)`);
    for (const line of ['QQ_APP_ID=100000001', 'QQ_APP_KEY=sandbox-app-key-not-a-secret', `QQ_GRAPH_URL=${url}`])
      expect(lines).toContain(line);
    expect(lines).toContain('QQ_REDIRECT_URI=http://localhost:3000/auth/qq/callback');
    expect(lines.find((line) => line.startsWith('SESSION_SECRET='))).toMatch(/^SESSION_SECRET=[\w-]{43}$/);
    command.stop();
    expect(await command.ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('prints no APP Key of its options, and logs requests without their secrets', async () => {
    const key = 'made-up-key-of-the-command-line';
    const uri = 'http://localhost:4000/callback';
    const command = run(['--port', '0', '--app-id', '7', '--app-key', key, '--redirect-uri', uri, '--auto-approve']);
    await command.read('Press Ctrl+C');
    const url = urlOf(command.written.stdout);
    const greeting = command.written.stdout;
    expect(greeting).toContain(`QQ_APP_KEY=<the value of --app-key>\n`);
    expect(greeting).toContain(`QQ_REDIRECT_URI=${uri}\n`);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: '7',
      redirect_uri: uri,
      state: 'hidden-state',
    });
    const { headers } = await fetch(`${url}/oauth2.0/authorize?${query.toString()}`, { redirect: 'manual' });
    const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: '7', client_secret: key, code });
    const answer = await (await fetch(`${url}/oauth2.0/token`, { method: 'POST', body })).text();
    expect(answer).toContain('100010');
    await command.read('100010 redirect uri is illegal');
    const unknownKey = 'aB3dEfGh1JkLmN0p';
    await fetch(`${url}/oauth2.0/authorize?response_type=code&client_id=${unknownKey}`);
    await command.read('100001');
    await command.read('state is missing');
    const [authorize, token, swapped, warning] = command.written.stdout.slice(greeting.length).split('\n');
    expect(authorize).toMatch(
      /^\d\d:\d\d:\d\d {2}login 1 {2}authorize {2}GET \/oauth2.0\/authorize {2}→ 302 {2}\d+ ms {2}林小满 {2}response_type=code {2}client_id=7/,
    );
    expect(token).toMatch(
      / {2}login 1 {2}token {2}POST \/oauth2.0\/token {2}→ 200 {2}\d+ ms {2}100010 redirect uri is illegal {2}grant_type=/,
    );
    expect(token).toMatch(/client_secret=\*{3}\w{6} {2}code=\*{3}\w{6}$/);
    expect(swapped).toContain('100001 param client_id is wrong or lost  response_type=code  client_id=***');
    expect(warning).toBe('  !  state is missing: another site can log a user in under another account (CSRF)');
    for (const secret of [key, unknownKey, code, 'hidden-state']) expect(command.written.stdout).not.toContain(secret);
    command.stop();
    await command.ended;
  });

  it('prints in colour and within the width of a terminal', async () => {
    const command = run(['--port', '0', '--lang', 'zh'], {}, { isTTY: true, columns: 60 });
    await command.read('按 Ctrl+C');
    const { length } = command.written.stdout;
    await fetch(`${urlOf(command.written.stdout)}/oauth2.0/me?fmt=${'宽'.repeat(40)}`);
    await command.read('100007');
    const line = command.written.stdout.slice(length).split('\n')[0] ?? '';
    expect(line).toContain('\u001b[');
    const visible = stripVTControlCharacters(line);
    expect(visible).toMatch(/^\d\d:\d\d:\d\d {2}me {2}GET \/oauth2.0\/me/);
    expect(visible.endsWith('…')).toBe(true);
    const columns = Array.from(visible).reduce((width, letter) => width + (letter === '宽' ? 2 : 1), 0);
    expect(columns).toBeLessThanOrEqual(60);
    command.stop();
    await command.ended;
  });

  it('replaces control characters of a request', async () => {
    const command = run(['--port', '0']);
    await command.read('QQ_REDIRECT_URI');
    await fetch(`${urlOf(command.written.stdout)}/oauth2.0/me?fmt=%1b%5B2J%0Afake%20line&scope=%E2%80%AEabc`);
    await command.read('100007');
    expect(command.written.stdout).toContain('fmt=?[2J?fake line  scope=?abc');
    command.stop();
    await command.ended;
  });

  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, '用法'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'zh_CN' }, '用法'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'Usage'],
    [{}, 'Usage'],
  ])('prints in the language of the environment %j', async (env, word) => {
    const command = run(['--help'], env);
    expect(await command.ended).toBe(0);
    expect(command.written.stdout).toContain(word);
  });

  it.each([
    [['--port', 'nine'], '--port takes a whole number from 0 to 65535, not "nine"'],
    [['--port', '70000'], '--port takes a whole number from 0 to 65535, not "70000"'],
    [['--prot', '9010'], 'There is no option --prot'],
    [['extra'], 'extra'],
    [['--app-id', 'app-1'], '--app-id takes digits only'],
    [['--app-key', ''], '--app-key is empty'],
    [['--redirect-uri', '/callback'], '--redirect-uri takes an absolute http or https address, not "/callback"'],
    [['--strict'], '--strict needs at least one --redirect-uri'],
    [['--listen', '0.0.0.0'], '--listen 0.0.0.0 lets other machines connect, so it needs the host name'],
    [['--name', 'http://sandbox'], '--as and --name take a host name such as graph.qq.com'],
    [['--as', 'graph.qq.com:443'], '--as and --name take a host name such as graph.qq.com'],
  ])('answers %j with a message and exit code 2', async (argv, message) => {
    const command = run(argv);
    expect(await command.ended).toBe(2);
    expect(command.written.stderr).toContain(message);
    expect(command.written.stderr).toContain('--help');
    expect(command.written.stdout).toBe('');
  });

  it('reports that the port is in use', async () => {
    await using other = await startSandbox();
    const command = run(['--port', new URL(other.url).port]);
    expect(await command.ended).toBe(1);
    expect(command.written.stderr).toMatch(/^✗ Port \d+ is in use: choose another one/);
  });

  it('removes its signal handlers', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    const command = run(['--port', '0']);
    await command.read('QQ_REDIRECT_URI');
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before + 2);
    command.stop();
    await command.ended;
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('express-qq-connect sandbox --as graph.qq.com', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'qq-sandbox-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const authorize = new URLSearchParams({
    response_type: 'code',
    client_id: '100000001',
    redirect_uri: 'http://localhost:3000/auth/qq/callback',
    state: 'a-state',
  });
  const tokenRequest = (code: string) =>
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: '100000001',
      client_secret: 'sandbox-app-key-not-a-secret',
      redirect_uri: 'http://localhost:3000/auth/qq/callback',
      need_openid: '1',
      code,
    });

  it('logs in over TLS under that name, and avatar URLs have it too', async () => {
    await using sandbox = await startNamedSandbox(['--auto-approve'], home);
    const get = (path: string, host = 'graph.qq.com') =>
      getNamed(`https://${host}${path}`, { port: sandbox.port, ca: readFileSync(sandbox.caFile, 'utf8') });
    const { headers } = await get(`/oauth2.0/authorize?${authorize.toString()}`);
    const code = new URL(headers.location ?? '').searchParams.get('code') ?? '';
    const tokens = new URLSearchParams((await get(`/oauth2.0/token?${tokenRequest(code).toString()}`)).body);
    const query = new URLSearchParams({
      access_token: tokens.get('access_token') ?? '',
      openid: tokens.get('openid') ?? '',
      oauth_consumer_key: '100000001',
    });
    const profile = JSON.parse((await get(`/user/get_user_info?${query.toString()}`)).body) as Record<string, string>;
    expect(profile.figureurl_qq_2).toBe(`https://graph.qq.com/qqapp/100000001/${tokens.get('openid')}/100`);
    const avatar = await get(new URL(profile.figureurl_qq_2 ?? '').pathname, 'thirdqq.qlogo.cn');
    expect([avatar.status, avatar.headers['content-type']]).toEqual([200, 'image/png']);
    expect((await get('/g?b=qq&nk=12345&s=100', 'q1.qlogo.cn')).status).toBe(200);
  });

  it('prints the hosts line, and the setting by which each language trusts its CA', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const output = sandbox.output();
    expect(output).toMatch(/^127\.0\.0\.1 graph\.qq\.com q\.qlogo\.cn .*thirdqq\.qlogo\.cn/m);
    for (const text of [
      `NODE_EXTRA_CA_CERTS=${sandbox.caFile}`,
      `REQUESTS_CA_BUNDLE=${sandbox.bundleFile}`,
      `SSL_CERT_FILE=${sandbox.bundleFile}`,
      `-d curl.cainfo=${sandbox.bundleFile} -d openssl.cafile=${sandbox.bundleFile}`,
      `-file ${sandbox.caFile}`,
      '-Djavax.net.ssl.trustStore=',
    ])
      expect(output).toContain(text);
    expect(output).not.toContain('PRIVATE KEY');
  });

  it('keeps its CA for the next start, and creates a new one for another name', async () => {
    const read = () => readFileSync(join(home, '.express-qq-connect', 'ca.pem'), 'utf8');
    const before = read();
    await (await startNamedSandbox([], home))[Symbol.asyncDispose]();
    expect(read()).toBe(before);
    await using sandbox = await startNamedSandbox(['--name', 'sandbox'], home);
    expect(read()).not.toBe(before);
    expect(sandbox.output()).toContain('A new CA certificate was made');
    const answer = await getNamed('https://sandbox/', { port: sandbox.port, ca: read() });
    expect(answer.status).toBe(200);
  });

  it('stores no key of the CA, and the key of its certificate for the user alone', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const certificate = new X509Certificate(readFileSync(join(sandbox.folder, 'cert.pem')));
    const ca = new X509Certificate(readFileSync(sandbox.caFile));
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    const key = join(sandbox.folder, 'key.pem');
    expect(certificate.checkHost('graph.qq.com')).toBe('graph.qq.com');
    expect(certificate.checkHost('example.com')).toBeUndefined();
    if (process.platform !== 'win32') expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(sandbox.bundleFile, 'utf8').match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
  });

  it('refuses a host name that was not given', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const ca = readFileSync(sandbox.caFile, 'utf8');
    const answer = getNamed('https://evil.example/', { port: sandbox.port, ca });
    await expect(answer).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('reports that it cannot store a certificate', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    await expect(startNamedSandbox([], file)).rejects.toThrow(/Cannot read or write .*file.*check the permissions/);
  });
});
