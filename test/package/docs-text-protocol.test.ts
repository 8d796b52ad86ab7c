import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startTextServer } from '../../src/text-protocol.js';
import { codeBlocks, consumerProject, filesOf } from '../support/code-blocks.js';
import { clientFor } from '../support/text-protocol.js';

const PAGE = 'docs/guide/text-protocol.md';

describe('docs/guide/text-protocol.md', () => {
  it.each([
    [PAGE, 'The service is gone'],
    ['docs/guide/text-protocol.zh-CN.md', '该服务早已关闭'],
  ])('%s says before anything else that the service is gone', (page, words) => {
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

  it('has code that prints what it says, and curl commands that the simulator serves', async () => {
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
