import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { APP, Visitor } from '../support/site.js';
import { DAY, nth, openidOf, refreshes, sessionCookie } from '../support/token-site.js';
import { startWorker } from '../support/workers/start-worker.js';
import type { Sandbox } from '../../src/sandbox.js';
import type { RedisServer } from '../support/redis.js';
import type { PausePoint, Worker } from '../support/workers/start-worker.js';

const POINTS: (PausePoint | 'during the call')[] = [
  'before the mark',
  'before the call',
  'during the call',
  'after the answer',
  'before the write',
];
const SPENT = POINTS.slice(2);
const TIMEOUT_MS = 500;
// A lock expires after twice the time-out and five seconds.
const LOCK_MS = 2 * TIMEOUT_MS + 5_000;

interface Login {
  visitor: Visitor;
  openid: string;
  cookie: string;
  token: string;
}

describeWithRedis('when the process that refreshes is killed', () => {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let survivor: Worker;
  let victims: Worker[];
  let offset = 0;
  const logins: Login[] = [];

  const ask = async (worker: Worker, cookie: string) => {
    const response = await fetch(`${worker.url}/token`, { headers: { cookie, accept: 'application/json' } });
    return { status: response.status, ...((await response.json()) as { token?: string; action?: string }) };
  };
  const login = (point: (typeof POINTS)[number]): Login => nth(logins, POINTS.indexOf(point));
  const setClock = async (ms: number): Promise<void> => {
    offset = ms;
    await Promise.all([survivor, ...victims].map(async (worker) => worker.tell({ clockOffsetMs: ms })));
  };

  beforeAll(async () => {
    redis = await startRedis();
    sandbox = await startSandbox({
      apps: [APP],
      users: POINTS.map((nickname) => ({ nickname })),
      autoApprove: true,
      clock: () => Date.now() + offset,
      expiresIn: (10 * DAY) / 1_000,
    });
    const config = { ...APP, redisUrl: redis.url, graphUrl: sandbox.url, timeoutMs: TIMEOUT_MS };
    [survivor, ...victims] = (await Promise.all([0, ...POINTS].map(async () => startWorker(config)))) as [
      Worker,
      ...Worker[],
    ];
    for (const index of POINTS.keys()) {
      const { openid } = nth(sandbox.users, index);
      sandbox.nextUser(openid);
      const visitor = new Visitor(survivor);
      const cookie = sessionCookie(await visitor.login());
      logins.push({ visitor, openid, cookie, token: (await ask(survivor, cookie)).token ?? '' });
    }
  }, 60_000);
  afterAll(async () => {
    await Promise.all([survivor, ...victims].map(async (worker) => worker.kill()));
    await sandbox.close();
    await redis.close();
  });

  it('no request waits longer than the lock timeout, and a valid token stays in use', async () => {
    await setClock(9.5 * DAY);
    for (const [index, point] of POINTS.entries()) {
      const victim = nth(victims, index);
      const before = refreshes(sandbox).length;
      if (point === 'during the call') sandbox.failNext('token', 'timeout');
      else await victim.tell({ pauseAt: point });
      const paused = victim.paused();
      paused.catch(() => undefined); // during the call it is killed without a word
      ask(victim, login(point).cookie).catch(() => undefined);
      if (point === 'during the call') {
        while (refreshes(sandbox).length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      } else await paused;
      await victim.kill();
    }
    victims = [];
    expect(refreshes(sandbox)).toHaveLength(SPENT.length);

    const started = performance.now();
    const answers = await Promise.all(
      POINTS.map(async (point) =>
        Promise.all(Array.from({ length: 10 }, async () => ask(survivor, login(point).cookie))),
      ),
    );
    expect(performance.now() - started).toBeLessThan(LOCK_MS + TIMEOUT_MS + 3_000);
    expect(answers.flat().filter(({ status }) => status !== 200)).toEqual([]);
    for (const [index, point] of POINTS.entries()) {
      const tokens = [...new Set(answers[index]?.map(({ token }) => token))];
      expect(tokens).toHaveLength(1);
      expect(await openidOf(sandbox, tokens[0] ?? '')).toBe(login(point).openid);
      expect(tokens[0]).toBe(login(point).token);
    }
    expect(refreshes(sandbox)).toHaveLength(SPENT.length);
  }, 60_000);

  it('a token that has ended is tried once, and where it was spent that one user logs in again', async () => {
    await setClock(11 * DAY);
    const before = refreshes(sandbox).length;
    const first = await Promise.all(POINTS.map(async (point) => ask(survivor, login(point).cookie)));
    const second = await Promise.all(POINTS.map(async (point) => ask(survivor, login(point).cookie)));
    for (const [index, point] of POINTS.entries()) {
      const expected = SPENT.includes(point)
        ? { status: 401, action: 'login_again' }
        : { status: 200, token: first[index]?.token };
      expect([point, first[index]]).toMatchObject([point, expected]);
      expect([point, second[index]]).toMatchObject([point, expected]);
      if (!SPENT.includes(point)) {
        expect(await openidOf(sandbox, first[index]?.token ?? '')).toBe(login(point).openid);
      }
    }
    expect(refreshes(sandbox).length - before).toBe(POINTS.length);

    for (const point of SPENT) {
      sandbox.nextUser(login(point).openid);
      const answer = await login(point).visitor.login();
      const cookie = sessionCookie(answer);
      const { status, token = '' } = await ask(survivor, cookie);
      expect(status).toBe(200);
      expect(await openidOf(sandbox, token)).toBe(login(point).openid);
    }
  }, 60_000);
});
