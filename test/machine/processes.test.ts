import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';
import { startSandbox } from '../../src/sandbox.js';
import { isNightly } from '../support/nightly.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { APP, Visitor } from '../support/site.js';
import { DAY, nth, onlyRecord, openidOf, refreshes, sessionCookie } from '../support/token-site.js';
import { startWorker } from '../support/workers/start-worker.js';
import type { Sandbox } from '../../src/sandbox.js';
import type { RedisServer } from '../support/redis.js';
import type { PausePoint, Worker } from '../support/workers/start-worker.js';

const REQUESTS = isNightly ? 1_000 : 200;

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

describeWithRedis(`${REQUESTS} requests over four processes on a token that is due`, () => {
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
  }, 120_000);
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

const POINTS: (PausePoint | 'during the call')[] = [
  'before the mark',
  'before the call',
  'during the call',
  'after the answer',
  'before the write',
];

const SPENT = POINTS.slice(2);

const TIMEOUT_MS = 500;

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
  }, 120_000);
  afterAll(async () => {
    await Promise.all([survivor, ...victims].map(async (worker) => worker.kill()));
    await sandbox.close();
    await redis.close();
  });

  it('the requests of another process end after the lock has expired, and a valid token stays in use', async () => {
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

    const answers = await Promise.all(
      POINTS.map(async (point) =>
        Promise.all(Array.from({ length: 10 }, async () => ask(survivor, login(point).cookie))),
      ),
    );
    expect(answers.flat().filter(({ status }) => status !== 200)).toEqual([]);
    for (const [index, point] of POINTS.entries()) {
      const tokens = [...new Set(answers[index]?.map(({ token }) => token))];
      expect(tokens).toHaveLength(1);
      expect(await openidOf(sandbox, tokens[0] ?? '')).toBe(login(point).openid);
      expect(tokens[0]).toBe(login(point).token);
    }
    expect(refreshes(sandbox)).toHaveLength(SPENT.length);
  }, 120_000);

  it('an expired token is refreshed once, and if the refresh token was used, that user logs in again', async () => {
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
  }, 120_000);
});

const file = (name: string): string => fileURLToPath(new URL(`../support/workers/${name}`, import.meta.url));

/** Runs the logins of debug-worker.ts in a process of their own, as Node reads NODE_DEBUG when it starts. */
async function run(nodeDebug: string): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_DEBUG: nodeDebug };
  return promisify(execFile)(process.execPath, ['--import', file('typescript.mjs'), file('debug-worker.ts')], { env });
}

/** The lines of each step, without the process id and with every duration as 0. */
function stepsOf(stderr: string): Record<string, string[]> {
  const lines = stderr.replace(/^QQ-CONNECT \d+: /gm, '').replace(/"durationMs":\d+/g, '"durationMs":0');
  const steps = lines.split(/^STEP /m).slice(1);
  return Object.fromEntries(steps.map((step) => [step.split('\n')[0] ?? '', step.split('\n').slice(1, -1)] as const));
}

describe('NODE_DEBUG=qq-connect', () => {
  let stderr: string;
  let secrets: string[];

  beforeAll(async () => {
    const output = await run('qq-connect');
    stderr = output.stderr;
    secrets = JSON.parse(output.stdout) as string[];
  }, 60_000);

  it('prints a line for each decision of a login', () => {
    expect(stepsOf(stderr)).toEqual({
      login: [
        'event {"type":"login_started"}',
        'callback: the login attempt was found, with code',
        'token: QQ has exchanged the code',
        'user_info: QQ has returned the profile',
        'session: a new one with the data of the earlier one',
        'event {"type":"login_succeeded","durationMs":0}',
        'callback: answers with a redirect',
      ],
      cancel: [
        'event {"type":"login_started"}',
        'callback: the login attempt was found, with cancelled',
        'event {"type":"login_cancelled"}',
        'callback: answers with a redirect',
      ],
      'wrong state': [
        'callback: no login attempt was found, because there is no login cookie for this state',
        'event {"type":"login_failed","durationMs":0,"code":"ERR_QQ_STATE_UNKNOWN","step":"callback"}',
      ],
      refresh: ['refresh: due, so the lock is acquired', 'event {"type":"refreshed","durationMs":0}'],
    });
  });

  it('prints no secret, code, token, state, cookie, openid or returnTo', () => {
    expect(secrets.every((secret) => typeof secret === 'string' && secret !== '')).toBe(true);
    expect(secrets).toHaveLength(9);
    expect(secrets.filter((secret) => stderr.includes(secret))).toEqual([]);
  });

  it('prints nothing for another section', async () => {
    expect((await run('http-nothing')).stderr).not.toContain('QQ-CONNECT');
  }, 60_000);
});
