import { afterEach, describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { runSandbox } from '../../src/sandbox/command.js';

const started: (() => void)[] = [];

/** Runs the command until `stop`; `read` waits for a text on standard output. */
function run(argv: string[], env: Record<string, string> = {}) {
  const abort = new AbortController();
  const written = { stdout: '', stderr: '' };
  const terminal = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
    env,
    signal: abort.signal,
  };
  const ended = runSandbox(argv, terminal);
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

  it('prints the address and the lines to paste, and logs requests without their secrets', async () => {
    const key = 'made-up-key-of-the-command-line';
    const uri = 'http://localhost:4000/callback';
    const command = run(['--port', '0', '--app-id', '7', '--app-key', key, '--redirect-uri', uri, '--auto-approve']);
    await command.read('QQ_REDIRECT_URI');
    const url = urlOf(command.written.stdout);
    const lines = command.written.stdout.split('\n');
    for (const line of ['QQ_APP_ID=7', `QQ_APP_KEY=${key}`, `QQ_GRAPH_URL=${url}`, `QQ_REDIRECT_URI=${uri}`]) {
      expect(lines).toContain(line);
    }
    expect(lines).toContain(`Open ${url}/ in a browser to see requests and make them fail.`);
    const printedBefore = command.written.stdout.length;
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
    const [authorize, token, swapped] = command.written.stdout.slice(printedBefore).split('\n');
    expect(authorize).toMatch(
      /^\d\d:\d\d:\d\d {2}authorize {2}GET {2}\/oauth2.0\/authorize {2}→ 302 {2}user 林小满 {2}response_type=code {2}client_id=7/,
    );
    expect(token).toMatch(
      / {2}token {6}POST \/oauth2.0\/token {6}→ 200 {2}100010 redirect uri is illegal {2}grant_type=/,
    );
    expect(token).toContain('client_secret=***  code=***');
    expect(swapped).toContain('100001 param client_id is wrong or lost  response_type=code  client_id=***');
    const log = command.written.stdout.slice(printedBefore);
    for (const secret of [key, unknownKey, code, 'hidden-state']) expect(log).not.toContain(secret);
    command.stop();
    expect(await command.ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('lets no request steer the terminal', async () => {
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
  ])('speaks the language of the environment %j', async (env, word) => {
    const command = run(['--help'], env);
    expect(await command.ended).toBe(0);
    expect(command.written.stdout).toContain(word);
  });

  it.each([
    [['--port', 'nine'], '--port takes a whole number from 0 to 65535, not "nine"'],
    [['--port', '70000'], '--port takes a whole number from 0 to 65535, not "70000"'],
    [['--prot', '9010'], "Unknown option '--prot'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--app-id', ''], 'each needs an appId and an appKey'],
    [['--redirect-uri', '/callback'], '"/callback" is no absolute URL'],
    [['--strict'], '--strict needs at least one --redirect-uri'],
  ])('answers %j with what is wrong and exit code 2', async (argv, message) => {
    const command = run(argv);
    expect(await command.ended).toBe(2);
    expect(command.written.stderr).toContain(message);
    expect(command.written.stderr).toContain('--help');
    expect(command.written.stdout).toBe('');
  });

  it('says when the port is in use', async () => {
    await using other = await startSandbox();
    const command = run(['--port', new URL(other.url).port]);
    expect(await command.ended).toBe(1);
    expect(command.written.stderr).toMatch(/^Port \d+ is in use/);
  });

  it('leaves no signal handler behind', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    const command = run(['--port', '0']);
    await command.read('QQ_REDIRECT_URI');
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before + 2);
    command.stop();
    await command.ended;
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  });
});
