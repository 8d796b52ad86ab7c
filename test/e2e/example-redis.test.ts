import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { startSandbox } from '../../src/sandbox.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { Visitor } from '../support/site.js';
import { startExampleWith } from './example.js';
import type { Sandbox } from '../../src/sandbox.js';
import type { RedisServer } from '../support/redis.js';
import type { Example } from './example.js';

const APP = { appId: '100000078', appKey: 'made-up-app-key-for-several-processes' };

function childrenOf(parent: number | undefined): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=']).toString().trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not come to be');
    await sleep(50);
  }
}

describeWithRedis('the example application in several processes with Redis', () => {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let example: Example;
  let visitor: Visitor;

  beforeAll(async () => {
    redis = await startRedis({ persistent: true });
    sandbox = await startSandbox({ apps: [APP], autoApprove: true });
    example = await startExampleWith(sandbox, APP, { REDIS_URL: redis.url, WEB_CONCURRENCY: '2' });
    visitor = new Visitor(example);
    await visitor.login('/');
  }, 60_000);
  afterAll(async () => {
    await example.close();
    await sandbox.close();
    await redis.close();
  });

  const user = async (): Promise<number> => (await visitor.agent.get('/auth/qq/user')).status;
  const users = async (count: number): Promise<number[]> => Promise.all(Array.from({ length: count }, user));

  it('has a logged-in user in each process', async () => {
    expect(childrenOf(example.pid())).toHaveLength(2);
    expect(new Set(await users(40))).toEqual(new Set([200]));
  });

  it('starts a new process after one was killed', async () => {
    const [first] = childrenOf(example.pid());
    process.kill(first ?? 0, 'SIGKILL');
    await until(() => example.output().includes(`Process ${first} has died`));
    await until(() => childrenOf(example.pid()).length === 2);
    expect(new Set(await users(20))).toEqual(new Set([200]));
  });

  it('answers with an error while Redis is down, and keeps the login when Redis is back', async () => {
    await redis.kill();
    await until(async () => (await user()) === 500);
    const page = await visitor.agent.get('/').set('Accept', 'text/html');
    expect(page.status).toBe(500);
    expect(page.text).toContain('服务器出错了');
    await redis.start();
    await until(async () => (await user()) === 200);
    expect(example.output()).toContain('Redis is away');
  });

  it('stops waiting for a Redis that hangs, and continues when Redis responds again', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.sendCommand(['CLIENT', 'PAUSE', '10000']);
    await until(async () => (await user()) === 500);
    client.destroy();
    await until(async () => (await user()) === 200);
  }, 60_000);

  it('ends with status 0 while Redis is down', async () => {
    await redis.kill();
    await until(async () => (await user()) === 500);
    expect(await example.stop()).toBe(0);
    await redis.start();
    await example.start();
  });

  it('keeps users logged in when it is stopped and started again', async () => {
    expect(await example.stop()).toBe(0);
    await example.start();
    expect(await user()).toBe(200);
  });
});
