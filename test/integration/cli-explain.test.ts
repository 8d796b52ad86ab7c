import { describe, expect, it } from '@jest/globals';
import { describeQQErrorCode, qqErrorCodes } from '../../src/protocol/error-codes.js';
import { call } from './cli-terminal.js';

describe('express-qq-connect explain', () => {
  it('says what a code means, what to do about it and how, in the language of the environment', async () => {
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
    'speaks both languages for %j',
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
  ])('takes a negative ret: %s %s %s', async (...argv) => {
    const { status, stdout } = await call(argv);
    expect(status).toBe(0);
    expect(stdout).toContain(describeQQErrorCode(-22)?.meaning.en);
  });

  it('knows every code of the table', async () => {
    const codes = [...qqErrorCodes.keys()];
    const { status, stdout } = await call(['explain', '--json', ...codes.map(String)]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([...qqErrorCodes.values()]);
  });

  it('explains the codes it knows, names the others, and ends with status 1', async () => {
    const { status, stdout, stderr } = await call(['explain', '100016', '7', '100020']);
    expect(status).toBe(1);
    for (const code of [100016, 100020]) expect(stdout).toContain(describeQQErrorCode(code)?.meaning.en);
    expect(stderr).toContain('The error code 7 is not in the table');
    const asJson = await call(['explain', '7', '--json']);
    expect(asJson.status).toBe(1);
    expect(JSON.parse(asJson.stdout)).toEqual([{ code: 7, unknown: true }]);
    expect((await call(['explain', '0'])).stderr).toContain('0 is success');
  });

  it('lists every code once, by what to do about it', async () => {
    const { status, stdout } = await call(['explain', '--lang', 'zh']);
    expect(status).toBe(0);
    const groups = stdout.split('\n\n').map((group) => group.trim().split('\n'));
    expect(groups.map(([heading]) => /\((\w+)\)/.exec(heading ?? '')?.[1])).toEqual([
      'login_again',
      'fix_configuration',
      'try_later',
      'refuse_user',
    ]);
    const listed = groups.flatMap(([heading, ...lines]) =>
      lines.map((line) => [Number(line.trim().split(' ')[0]), /\((\w+)\)/.exec(heading ?? '')?.[1]]),
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
  ])('answers %j with what is wrong and status 2', async (argv, message) => {
    const { status, stdout, stderr } = await call(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });
});
