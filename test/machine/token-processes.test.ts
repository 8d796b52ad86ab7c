import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';
import { startSandbox } from '../../src/sandbox.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { APP, Visitor } from '../support/site.js';
import { DAY, nth, onlyRecord, openidOf, refreshes, sessionCookie } from '../support/token-site.js';
import { startWorker } from '../support/workers/start-worker.js';
import type { Sandbox } from '../../src/sandbox.js';
import type { RedisServer } from '../support/redis.js';
import type { Worker } from '../support/workers/start-worker.js';

const REQUESTS = Number(process.env.TOKEN_REQUESTS ?? 1_000);

interface Answer {
  status: number;
  token?: string;
}

/** Sends so many requests at once, spread over the processes; every second one also writes to the session. */
async function askAll(workers: Worker[], cookie: string, writing: boolean, requests = REQUESTS): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: requests }, async (_, index) => {
      const { url } = nth(workers, index);
      const method = writing && Math.floor(index / workers.length) % 2 === 0 ? 'POST' : 'GET';
      const response = await fetch(`${url}/token`, { method, headers: { cookie, accept: 'application/json' } });
      return { status: response.status, ...((await response.json()) as { token?: string }) };
    }),
  );
}

describeWithRedis('1,000 requests over four processes on a token that is due', () => {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let workers: Worker[];
  let offset = 0;
  let store: RedisStore;
  let client: ReturnType<typeof createClient>;
  let cookie: string;
  let before: string;

  beforeAll(async () => {
    redis = await startRedis();
    sandbox = await startSandbox({ apps: [APP], autoApprove: true, clock: () => Date.now() + offset });
    const config = { ...APP, redisUrl: redis.url, graphUrl: sandbox.url, refreshTakesMs: 300 };
    workers = await Promise.all([1, 2, 3, 4].map(async () => startWorker(config)));
    client = createClient({ url: redis.url });
    await client.connect();
    store = new RedisStore({ client });
  }, 60_000);
  afterAll(async () => {
    await Promise.all(workers.map(async (worker) => worker.kill()));
    await client.close();
    await sandbox.close();
    await redis.close();
  });

  const setClock = async (ms: number): Promise<void> => {
    offset = ms;
    await Promise.all(workers.map(async (worker) => worker.tell({ clockOffsetMs: ms })));
  };

  beforeEach(async () => {
    await client.flushAll();
    await setClock(0);
    const visitor = new Visitor(nth(workers, 0));
    const answer = await visitor.login();
    cookie = sessionCookie(answer);
    // Of every process, so that none of them is late for being cold.
    const first = await Promise.all(workers.map(async (worker) => (await askAll([worker], cookie, false, 5))[0]));
    before = first[0]?.token ?? '';
    await setClock(82 * DAY);
  });

  it.each([
    ['is refreshed once', false],
    ['is refreshed once while half of them write to the session', true],
  ])(
    '%s',
    async (_what, writing) => {
      const asked = refreshes(sandbox).length;
      const answers = await askAll(workers, cookie, writing);
      expect(refreshes(sandbox).length - asked).toBe(1);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      const record = await onlyRecord(store);
      const refreshed = record?.tokens.accessToken ?? '';
      expect(refreshed).not.toBe(before);
      // Another process that finds the lock held returns the token that is still valid.
      const others = answers.filter(({ token }) => token !== refreshed);
      expect(new Set(others.map(({ token }) => token))).toEqual(new Set(others.length > 0 ? [before] : []));
      expect(others.length).toBeLessThan(answers.length);
      expect(record?.unconfirmed).toBeUndefined();
      expect(await openidOf(sandbox, record?.tokens.accessToken ?? '')).toBe(record?.openid);
      // The stored refresh token is the newest: it still works.
      const query = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: APP.appId,
        client_secret: APP.appKey,
        refresh_token: record?.tokens.refreshToken ?? '',
      });
      const next = await (await fetch(`${sandbox.url}/oauth2.0/token?${query.toString()}`)).text();
      expect(next).toMatch(/^access_token=/);
    },
    30_000,
  );
});
