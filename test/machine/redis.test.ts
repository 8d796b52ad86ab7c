import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createClient as createClient6 } from 'redis6';
import { redisLock } from '../../src/redis.js';
import { behavesAsALock, newLockKey } from '../fixtures/lock-suite.js';
import { isNightly } from '../support/nightly.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { Visitor, startSite } from '../support/site.js';
import { tokenRoutes } from '../support/token-site.js';
import type { RedisLockClient } from '../../src/redis.js';
import type { RedisServer } from '../support/redis.js';

const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const LIMITS = { expiresMs: 5_000, waitMs: 5_000 };

const ERROR = { code: 'ERR_QQ_SESSION_STORE', status: 503, action: 'try_later' };

// Not two seconds after each test.
const IOREDIS = { disconnectTimeout: 50 };

const redis6 = (url: string) => createClient6({ url });

describeWithRedis('redisLock', () => {
  let redis: RedisServer;
  const nodeRedis: ReturnType<typeof createClient>[] = [];
  const nodeRedis6: ReturnType<typeof redis6>[] = [];
  const ioredis: Redis[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    for (let index = 0; index < 2; index += 1) {
      const client = createClient({ url: redis.url });
      nodeRedis.push(client);
      const client6 = redis6(redis.url);
      nodeRedis6.push(client6);
      await Promise.all([client.connect(), client6.connect()]);
      ioredis.push(new Redis(redis.url, IOREDIS));
    }
  });
  afterAll(async () => {
    await Promise.all(nodeRedis.map(async (client) => client.close()));
    await Promise.all(nodeRedis6.map(async (client) => client.close()));
    for (const client of ioredis) client.disconnect();
    await redis.close();
  });

  describe('over node-redis', () => behavesAsALock(() => nodeRedis.map((client) => redisLock(client)), ERROR));
  describe('over node-redis 6', () => behavesAsALock(() => nodeRedis6.map((client) => redisLock(client)), ERROR));
  describe('over ioredis', () => behavesAsALock(() => ioredis.map((client) => redisLock(client)), ERROR));
  describe('over both at once', () =>
    behavesAsALock(
      () => [redisLock(nodeRedis[0] as RedisLockClient), redisLock(ioredis[0] as RedisLockClient)],
      ERROR,
    ));

  it('is a key that expires in Redis, and leaves no key after its release', async () => {
    const key = newLockKey();
    const [client] = nodeRedis as [(typeof nodeRedis)[0]];
    await redisLock(client)(key, { expiresMs: 4_000, waitMs: 0 }, async () => {
      expect(await client.pTTL(key)).toBeGreaterThan(3_000);
      expect(await client.pTTL(key)).toBeLessThanOrEqual(4_000);
    });
    expect(await client.exists(key)).toBe(0);
  });

  interface TestClient {
    destroy(): void;
    /** Of node-redis. */
    isReady?: boolean;
    /** Of ioredis. */
    status?: string;
  }

  const clients: [string, (url: string) => RedisLockClient & TestClient][] = [
    ['node-redis that queues', (url) => connected(createClient({ url }))],
    ['node-redis that does not', (url) => connected(createClient({ url, disableOfflineQueue: true }))],
    ['ioredis that queues', (url) => silent(new Redis(url, { ...IOREDIS, maxRetriesPerRequest: null }))],
    ['ioredis that does not', (url) => silent(new Redis(url, { ...IOREDIS, enableOfflineQueue: false }))],
  ];
  const connected = (client: ReturnType<typeof createClient>) => {
    client.on('error', () => undefined);
    client.connect().catch(() => undefined);
    return client as unknown as RedisLockClient & TestClient;
  };
  const silent = (client: Redis) => {
    client.on('error', () => undefined);
    return Object.assign(client, { destroy: () => client.disconnect() }) as unknown as RedisLockClient & TestClient;
  };

  const isConnected = (client: TestClient): boolean => client.isReady === true || client.status === 'ready';

  it.each(clients)('throws an error if Redis is disconnected, with %s', async (_name, make) => {
    await using server = await startRedis();
    const client = make(server.url);
    try {
      const lock = redisLock(client);
      while (!isConnected(client)) await pause(5);
      const key = newLockKey();
      // What the task gave is good, though the lock could not be given back.
      await expect(lock(key, LIMITS, async () => server.kill().then(() => 'done'))).resolves.toBe('done');
      const error: unknown = await lock(key, { ...LIMITS, waitMs: 300 }, async () => 'never').catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject(ERROR);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(key);
    } finally {
      client.destroy();
    }
  });

  it('uses only options that node-redis 4 supports too, because it ignores others', async () => {
    const sent: unknown[] = [];
    const version4 = {
      mGet: () => undefined,
      set: async (_key: string, _value: string, options: unknown) => {
        sent.push(options);
        return 'OK';
      },
      eval: async () => 1,
    };
    await redisLock(version4 as unknown as RedisLockClient)('key', { expiresMs: 1_000, waitMs: 0 }, async () => 'done');
    expect(sent).toEqual([{ PX: 1_000, NX: true }]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a URL', 'redis://127.0.0.1'],
    ['an object', {}],
    ['node-redis 3', { set: () => undefined, eval: () => undefined, mget: () => undefined }],
  ])('refuses %s with an error that names the supported clients', (_what, client) => {
    try {
      redisLock(client as unknown as RedisLockClient);
      throw new Error('it was taken');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_QQ_CONFIGURATION', action: 'fix_configuration' });
      expect(String(error)).toContain('redisLock');
    }
  });
});

const LOGINS = 200;

const AT_ONCE = 20;

type Case = [what: string, persistent: boolean, disableOfflineQueue: boolean];

const CASES: Case[] = [
  ['nothing on disk, requests fail at once while it is away', false, true],
  ['every write on disk, requests wait for it', true, false],
];

const MORE_CASES: Case[] = [
  ['nothing on disk, requests wait for it', false, false],
  ['every write on disk, requests fail at once while it is away', true, true],
];

interface Attempt {
  visitor: Visitor;
  status: number;
}

describeWithRedis(`a restart of Redis during ${LOGINS} logins`, () => {
  it.each([...CASES, ...(isNightly ? MORE_CASES : [])])(
    'keeps the tokens of each login: %s',
    async (_what, persistent, disableOfflineQueue) => {
      await using redis = await startRedis({ persistent });
      const client = createClient({
        url: redis.url,
        disableOfflineQueue,
        socket: { reconnectStrategy: (tries) => Math.min(20 * (tries + 1), 100) },
      });
      client.on('error', () => undefined);
      await client.connect();
      const store = new RedisStore({ client });
      await using site = await startSite({
        store,
        qq: { lock: redisLock(client) },
        session: { cookie: { maxAge: 3_600_000 } },
        routes: tokenRoutes,
        // Express prints the store's errors to the terminal.
        before: (app) => void app.set('env', 'test'),
      });

      const attempt = async (visitor: Visitor): Promise<Attempt> => {
        const callback = await visitor.toCallback();
        const { status } = await visitor.callback(callback);
        return { visitor, status };
      };
      const attempts: Attempt[] = [];
      let begun = 0;
      let restart: Promise<void> | undefined;
      // A login writes to the store once: without this, the restart may fall between two writes.
      const goneUntilNoticed = async (): Promise<void> => {
        while (disableOfflineQueue && !attempts.some(({ status }) => status >= 500)) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const logInOneAfterAnother = async (): Promise<void> => {
        while (begun < LOGINS) {
          begun += 1;
          if (begun === LOGINS / 2)
            restart = redis
              .kill()
              .then(goneUntilNoticed)
              .then(async () => redis.start());
          attempts.push(await attempt(new Visitor(site)));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, logInOneAfterAnother));
      await restart;
      expect(attempts).toHaveLength(LOGINS);
      // A login that fails gets a response.
      expect(attempts.filter(({ status }) => ![302, 500, 503].includes(status))).toEqual([]);
      if (disableOfflineQueue) expect(attempts.some(({ status }) => status >= 500)).toBe(true);

      while (!client.isReady) await new Promise((resolve) => setTimeout(resolve, 10));
      // A user is logged in with tokens, or not at all.
      const halves: unknown[] = [];
      for (const { visitor, status } of attempts) {
        const user = await visitor.agent.get('/auth/qq/user');
        const token = await visitor.agent.get('/token').set('accept', 'application/json');
        if (user.status !== token.status) halves.push([status, user.status, token.status]);
        if (persistent && status === 302 && user.status !== 200) halves.push([status, user.status]);
      }
      expect(halves).toEqual([]);
      // Everything works again.
      const again = await Promise.all(attempts.slice(0, AT_ONCE).map(async ({ visitor }) => visitor.login()));
      expect(again.map(({ status }) => status)).toEqual(again.map(() => 302));
      for (const { visitor } of attempts.slice(0, AT_ONCE)) {
        expect((await visitor.agent.get('/token')).status).toBe(200);
      }
      await client.close();
    },
    120_000,
  );
});
