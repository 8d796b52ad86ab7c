import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startTextServer } from '../../src/text-protocol.js';
import { clientFor } from '../support/text-protocol.js';
import { call } from './cli-terminal.js';

describe('express-qq-connect text-server', () => {
  it.each([
    [[], ''],
    [['--crlf'], '\r\n'],
  ])('starts the simulator with %j, prints its users, and stops at SIGTERM', async (options, lineEnd) => {
    const argv = [join(process.cwd(), 'dist/cli.js'), 'text-server', '--port', '0', ...options];
    const child = spawn(process.execPath, argv, { env: { LANG: 'C' } });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      const [, url = '', uin, password] = /(http:\S+)\n[^]*?\n {2}(\d+) {2}(\S+) [^]*Ctrl\+C/.exec(text) ?? [];
      if (url === '' || child.killed) continue;
      await clientFor(url, { uin: uin ?? '', password: password ?? '' }).login();
      const reply = await fetch(url, { method: 'POST', body: 'x' });
      expect(await reply.text()).toBe(`NULL${lineEnd}`);
      child.kill('SIGTERM');
    }
    expect(await exited).toBe(0);
    expect(text).toContain('小明');
  });

  it('prints in the language of the environment', async () => {
    const signal = AbortSignal.abort();
    const chinese = await call(['text-server', '--port', '0', '--lang', 'zh'], { signal });
    expect(chinese.status).toBe(0);
    expect(chinese.stdout).toMatch(/^QQ HTTP 文本协议模拟器运行在 http:\/\/127\.0\.0\.1:\d+\n/);
  });

  it('names a port that is in use, with status 1', async () => {
    await using server = await startTextServer();
    const { port } = new URL(server.url);
    const { status, stderr } = await call(['text-server', '--port', port]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`Port ${port} is in use`)]);
  });

  it.each([[['--port', '65536']], [['--port', 'x']], [['--prot', '1']], [['extra']]])(
    'rejects %j with status 2',
    async (argv) => {
      expect(await call(['text-server', ...argv])).toMatchObject({ status: 2, stdout: '' });
    },
  );
});
