import { execFile, spawn } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeQQErrorCode, qqErrorCodes } from '../../src/protocol/error-codes.js';
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
  it.each([[[]], [['--help']], [['-h']]])('prints its commands for %j, in both languages', async (argv) => {
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
    'prints the options of %s, in both languages',
    async (command) => {
      const chinese = await call([command, '--help', '--lang', 'zh']);
      expect(chinese).toMatchObject({ status: 0, stderr: '' });
      expect(chinese.stdout).toContain(`用法：express-qq-connect ${command}`);
      const english = await call([command, '-h']);
      expect(english.stdout).toContain(`Usage: express-qq-connect ${command}`);
      expect(english.stdout.match(/--[a-z-]+/g)).toEqual(chinese.stdout.match(/--[a-z-]+/g));
    },
  );

  it('chooses its language by --lang, then LC_ALL, LC_MESSAGES and LANG', async () => {
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

  it('refuses options before the command, and both languages for the doctor', async () => {
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

  it('runs the sandbox in the language of --lang', async () => {
    const abort = new AbortController();
    abort.abort();
    const { status, stdout } = await call(['sandbox', '--port', '0', '--lang', 'zh'], { signal: abort.signal });
    expect(status).toBe(0);
    expect(stdout).toMatch(/QQ 沙箱已启动：http:\/\/127\.0\.0\.1:\d+/);
    expect((await call(['sandbox', '--prot', '0'])).status).toBe(2);
  });
});

describe('the program express-qq-connect', () => {
  it('prints its version, also through a link as npm creates it', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    using place = folder();
    symlinkSync(bin, join(place.path, 'express-qq-connect'));
    expect((await run(['-v'], { program: join(place.path, 'express-qq-connect') })).stdout).toBe(`${version}\n`);
  });

  it('explains a code, with status 0', async () => {
    expect((await run(['explain', '-22'])).stdout).toContain('The openid is invalid.');
    expect(await run(['explain', '7'])).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['explian'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('checks the configuration in a folder', async () => {
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

  it('runs the sandbox until SIGTERM', async () => {
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

  it('has no effect when it is imported', async () => {
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

describe('express-qq-connect explain', () => {
  it('prints meaning, action and hint of a code, in the language of the environment', async () => {
    const entry = describeQQErrorCode(100010);
    const english = await call(['explain', '100010']);
    expect(english).toMatchObject({ status: 0, stderr: '' });
    expect(english.stdout).toContain(entry?.meaning.en);
    expect(english.stdout).toContain(entry?.hint.en);
    expect(english.stdout).toContain("fix the application's configuration (fix_configuration)");
    expect(english.stdout).not.toContain(entry?.meaning.zh);
    const chinese = await call(['explain', '100010'], { env: { LC_ALL: 'zh_CN.UTF-8' } });
    expect(chinese.stdout).toContain(entry?.meaning.zh);
    expect(chinese.stdout).not.toContain(entry?.meaning.en);
  });

  it.each(['explain 100010 --lang both', '--lang both explain 100010', 'explain --lang=both 100010'])(
    'prints both languages for %j',
    async (line) => {
      const { stdout } = await call(line.split(' '));
      expect(stdout).toContain(describeQQErrorCode(100010)?.meaning.zh);
      expect(stdout).toContain(describeQQErrorCode(100010)?.meaning.en);
    },
  );

  it.each([
    ['explain', '-22'],
    ['explain', '--', '-22'],
    ['explain', '--json', '-22'],
    ['explain', '-22', '--json'],
  ])('explains a negative ret: %s %s %s', async (...argv) => {
    const { status, stdout } = await call(argv);
    expect(status).toBe(0);
    expect(stdout).toContain(describeQQErrorCode(-22)?.meaning.en);
  });

  it('explains every code of the table', async () => {
    const codes = [...qqErrorCodes.keys()];
    const { status, stdout } = await call(['explain', '--json', ...codes.map(String)]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([...qqErrorCodes.values()]);
  });

  it('explains known codes, names unknown ones, and ends with status 1', async () => {
    const { status, stdout, stderr } = await call(['explain', '100016', '7', '100020']);
    expect(status).toBe(1);
    for (const code of [100016, 100020]) expect(stdout).toContain(describeQQErrorCode(code)?.meaning.en);
    expect(stderr).toContain('The error code 7 is not in the table');
    const asJson = await call(['explain', '7', '--json']);
    expect(asJson.status).toBe(1);
    expect(JSON.parse(asJson.stdout)).toEqual([{ code: 7, unknown: true }]);
    expect((await call(['explain', '0'])).stderr).toContain('0 is success');
  });

  it('prints every code once, by action', async () => {
    const { status, stdout } = await call(['explain', '--lang', 'zh']);
    expect(status).toBe(0);
    const groups = stdout.split('\n\n').map((group) => group.trim().split('\n'));
    expect(groups.map(([heading]) => /（(\w+)）/.exec(heading ?? '')?.[1])).toEqual([
      'login_again',
      'fix_configuration',
      'try_later',
      'refuse_user',
    ]);
    const listed = groups.flatMap(([heading, ...lines]) =>
      lines.map((line) => [Number(line.trim().split(' ')[0]), /（(\w+)）/.exec(heading ?? '')?.[1]]),
    );
    expect(new Map(listed as [number, string][])).toEqual(
      new Map([...qqErrorCodes.values()].map(({ code, action }) => [code, action])),
    );
    expect(listed).toHaveLength(qqErrorCodes.size);
  });

  it.each<[string, number]>([
    ['zh', 40],
    ['zh', 80],
    ['en', 40],
    ['en', 80],
    ['both', 60],
  ])('breaks its lines at the width of the terminal: %s in %i columns', async (language, columns) => {
    for (const argv of [['100010'], ['100020', '-20'], []]) {
      const { stdout } = await call(['explain', '--lang', language, ...argv], {
        isTTY: true,
        columns,
        env: { NO_COLOR: '1' },
      });
      const width = (line: string): number => line.length + (line.match(/[\u2e80-\uffe6]/gu)?.length ?? 0);
      const tooLong = stdout
        .split('\n')
        .filter((line) => width(line) > columns && /[ \u2e80-\uffe6]/u.test(line.trim().slice(0, columns)));
      expect(tooLong).toEqual([]);
      expect(stdout).not.toMatch(/\n *[，。：；）、”？]/u);
      const piped = await call(['explain', '--lang', language, ...argv]);
      expect(stdout.replace(/\s+/g, '')).toBe(piped.stdout.replace(/\s+/g, ''));
    }
  });

  it.each([
    [['explain', 'abc'], 'abc is not an error code'],
    [['explain', '100010x'], '100010x is not an error code'],
    [['explain', '--jsno'], 'There is no option --jsno'],
    [['explain', '--json=1'], 'Option --json'],
    [['explain', '1', '--lang', 'fr'], '--lang takes zh, en or both'],
    [['explain', '1', '--lang'], '--lang takes zh, en or both'],
    [['explain', '\u001b[2J'], '?[2J is not an error code'],
  ])('answers %j with a message and status 2', async (argv, message) => {
    const { status, stdout, stderr } = await call(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });
});

describe.each([
  ['docs/cli.md', 'en'],
  ['docs/cli.zh-CN.md', 'zh'],
])('%s', (file, language) => {
  const text = readFileSync(file, 'utf8');

  it('shows the output of explain', async () => {
    const { stdout } = await call(['explain', '-22', '--lang', language]);
    expect(text).toContain(`\`\`\`text\n${stdout}\`\`\``);
  });

  it('names each option of each command, and no other', async () => {
    const helps = await Promise.all(
      ['doctor', 'explain', 'sandbox', 'text-server'].map(async (command) => (await call([command, '--help'])).stdout),
    );
    const has = new Set(helps.join('').match(/--[a-z][a-z-]*/g));
    expect(new Set(text.match(/--[a-z][a-z-]*(?=[ `])/g))).toEqual(has);
  });
});
