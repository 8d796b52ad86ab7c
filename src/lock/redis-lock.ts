import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeError } from '../protocol/errors/index.js';
import { lockTimeout, withTimeout } from './lock.js';
import { redisCommands } from './redis-commands.js';
import type { Lock } from './lock.js';
import type { RedisCommands, RedisLockClient } from './redis-commands.js';

export type { RedisLockClient } from './redis-commands.js';

// Between two attempts to acquire a lock that another process holds. A refresh takes one round trip to QQ, so longer delays
// gain nothing, and a random share keeps processes from asking all at once.
const MIN_DELAY_MS = 10;
const MAX_DELAY_MS = 100;

async function release(redis: RedisCommands, key: string, owner: string): Promise<void> {
  // If it fails or takes long, the lock expires by itself, and what the task gave is good.
  await withTimeout(MAX_DELAY_MS, redis.deleteIfEqual(key, owner)).catch(() => undefined);
}

/** Acquires the lock, or tries again until `waitMs` have passed. */
async function acquire(redis: RedisCommands, key: string, owner: string, expiresMs: number, waitMs: number) {
  const started = performance.now();
  const remaining = (): number => waitMs - (performance.now() - started);
  for (let pause = MIN_DELAY_MS; ; pause = Math.min(2 * pause, MAX_DELAY_MS)) {
    const answer = redis.setIfAbsent(key, owner, expiresMs);
    let taken: boolean;
    try {
      // Bounded, as clients queue commands until their connection is back.
      taken = await withTimeout(Math.max(remaining(), MAX_DELAY_MS), answer);
    } catch (error) {
      // If the lock is acquired late, it is released: no request waits for it any more.
      void answer.then(async (late) => late && release(redis, key, owner)).catch(() => undefined);
      throw storeError('could not acquire the refresh lock in Redis', error);
    }
    if (taken) return;
    if (remaining() <= 0) throw lockTimeout();
    await sleep(Math.min(pause * (0.5 + Math.random()), Math.max(remaining(), 1)));
  }
}

/**
 * Creates a lock for the option `lock`, which all processes with the same Redis share. Only its owner releases it, and it
 * expires if its owner dies. If Redis cannot be reached, it rejects with `ERR_QQ_SESSION_STORE` (503). The application
 * connects and disconnects the client.
 *
 * @param client - a client of `redis` (node-redis) or `ioredis`; it can be the one of the session store
 * @throws `QQConfigurationError` if it is neither
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 * import { qqConnect } from 'express-qq-connect';
 * import { redisLock } from 'express-qq-connect/redis';
 *
 * const client = await createClient({ url: process.env.REDIS_URL }).connect();
 * export const qq = qqConnect({ lock: redisLock(client) });
 * ```
 *
 * @see Redis' page Distributed Locks with Redis, section Correct Implementation with a Single Instance
 */
export function redisLock(client: RedisLockClient): Lock {
  const redis = redisCommands(client);

  return async function lock(key, { expiresMs, waitMs }, task) {
    const owner = randomBytes(16).toString('base64url');
    await acquire(redis, key, owner, expiresMs, waitMs);
    try {
      return await task();
    } finally {
      await release(redis, key, owner);
    }
  };
}
