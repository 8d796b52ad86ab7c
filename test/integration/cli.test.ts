import { describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox } from '../../src/sandbox.js';
import { call, folder } from './cli-terminal.js';

const bin = join(process.cwd(), 'dist/cli.js');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Runs the built program, with nothing of this process's environment but the path. */
async function run(argv: string[], { program = bin, env = {}, cwd = process.cwd() } = {}) {
  const options = { env: { PATH: process.env.PATH, LANG: 'C', ...env }, cwd, timeout: 15_000 };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [program, ...argv], options)) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('express-qq-connect', () => {
  it.each([[[]], [['--help']], [['-h']]])('shows for %j what it can do, in both languages', async (argv) => {
    for (const [locale, word] of [
      ['en_US.UTF-8', 'Usage'],
      ['zh_CN.UTF-8', '用法'],
    ] as const) {
      const { status, stdout } = await call(argv, { env: { LANG: locale } });
      expect(status).toBe(0);
      for (const part of [word, 'doctor', 'explain', 'sandbox']) expect(stdout).toContain(part);
    }
  });

  it.each(['doctor', 'explain', 'sandbox', 'text-server'])(
    'shows the options of %s, in both languages',
    async (command) => {
      const chinese = await call([command, '--help', '--lang', 'zh']);
      expect(chinese).toMatchObject({ status: 0, stderr: '' });
      expect(chinese.stdout).toContain(`用法：express-qq-connect ${command}`);
      const english = await call([command, '-h']);
      expect(english.stdout).toContain(`Usage: express-qq-connect ${command}`);
      expect(english.stdout.match(/--[a-z-]+/g)).toEqual(chinese.stdout.match(/--[a-z-]+/g));
    },
  );

  it('goes by LC_ALL, then LC_MESSAGES, then LANG, and by --lang before all of them', async () => {
    const zh = { LANG: 'zh_CN.UTF-8' };
    const said = async (argv: string[], env: Record<string, string>) =>
      (await call(argv, { env })).stdout.startsWith('用法') ? 'zh' : 'en';
    expect(await said(['--help'], zh)).toBe('zh');
    expect(await said(['--help'], { ...zh, LC_MESSAGES: 'en_US' })).toBe('en');
    expect(await said(['--help'], { ...zh, LC_MESSAGES: 'en_US', LC_ALL: 'zh_TW' })).toBe('zh');
    expect(await said(['--help', '--lang', 'en'], zh)).toBe('en');
    expect(await said(['--lang=zh', '--help'], {})).toBe('zh');
  });

  it.each([
    ['docter', 'doctor'],
    ['explian', 'explain'],
    ['SANDBOX', 'sandbox'],
    ['sand', 'sandbox'],
  ])('answers the unknown command %s with the nearest one and status 2', async (written, meant) => {
    const { status, stdout, stderr } = await call([written]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`There is no command ${written}. Did you mean ${meant}?`);
    expect((await call([written, '--lang', 'zh'])).stderr).toContain(`是否要使用 ${meant}？`);
  });

  it('does not take options before the command, nor both languages for the doctor', async () => {
    expect(await call(['--json', 'doctor'])).toMatchObject({ status: 2, stdout: '' });
    expect(await call(['doctor', '--lang', 'both'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('prints colours to a terminal only, and none with NO_COLOR', async () => {
    const escape = '\u001b[';
    expect((await call(['explain', '100010'], { isTTY: true })).stdout).toContain(escape);
    expect((await call(['explain', '100010'])).stdout).not.toContain(escape);
    const plain = await call(['explain', '100010'], { isTTY: true, env: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain(escape);
  });

  it('runs the sandbox, in the language that was asked for', async () => {
    const abort = new AbortController();
    abort.abort();
    const { status, stdout } = await call(['sandbox', '--port', '0', '--lang', 'zh'], { signal: abort.signal });
    expect(status).toBe(0);
    expect(stdout).toMatch(/QQ 沙箱已启动：http:\/\/127\.0\.0\.1:\d+/);
    expect((await call(['sandbox', '--prot', '0'])).status).toBe(2);
  });
});

describe('the program express-qq-connect', () => {
  it('tells its version, also through a link as npm makes one', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    using place = folder();
    symlinkSync(bin, join(place.path, 'express-qq-connect'));
    expect((await run(['-v'], { program: join(place.path, 'express-qq-connect') })).stdout).toBe(`${version}\n`);
  });

  it('explains a code, and has its status', async () => {
    expect((await run(['explain', '-22'])).stdout).toContain('The openid is invalid.');
    expect(await run(['explain', '7'])).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['explian'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('examines a folder', async () => {
    await using sandbox = await startSandbox();
    const [app] = sandbox.apps;
    using place = folder({
      '.env': [
        `QQ_APP_ID=${app?.appId ?? ''}`,
        `QQ_APP_KEY=${app?.appKey ?? ''}`,
        `QQ_GRAPH_URL=${sandbox.url}`,
        'QQ_REDIRECT_URI=http://localhost:3000/auth/qq/callback',
      ].join('\n'),
    });
    const { code, stdout } = await run(['doctor', '--json'], { cwd: place.path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  it('runs the sandbox until it is told to end', async () => {
    const child = spawn(process.execPath, [bin, 'sandbox', '--port', '0'], { env: { LANG: 'C' } });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      const url = /QQ_GRAPH_URL=(\S+)/.exec(text)?.[1];
      if (url === undefined || child.killed) continue;
      expect(await (await fetch(`${url}/oauth2.0/me`)).text()).toContain('100007');
      child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  });

  it.each([
    ['explain', 0],
    ['explain 100010 7', 1],
    ['sandbox --port 0', 0],
  ])('ends without a message when the reader of %s closes the pipe, with its own status', async (line, status) => {
    const child = spawn(process.execPath, [bin, ...line.split(' ')], { env: { LANG: 'C' } });
    let complaint = '';
    child.stderr.on('data', (chunk) => (complaint += String(chunk)));
    child.stdout.destroy();
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(status);
    expect(complaint).not.toContain('EPIPE');
  });

  it('does nothing when it is imported', async () => {
    const url = JSON.stringify(new URL(`file://${bin}`).href);
    const code = `const it = await import(${url}); console.log(Object.keys(it).length)`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', code, 'explain', '7'],
      {
        env: { PATH: process.env.PATH, LANG: 'C' },
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });
});
