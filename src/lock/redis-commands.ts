import { QQConfigurationError } from '../protocol/errors/index.js';

/**
 * A connected client of `redis` (node-redis, version 4 or later: a client, pool, cluster or sentinel) or of `ioredis`. The
 * lock calls only these two methods. It recognizes the library by the names of other commands.
 */
export interface RedisLockClient {
  /** `SET`, with `NX` and `PX`. */
  set: (...args: never[]) => unknown;
  /** `EVAL`, to delete a lock of one's own only. */
  eval: (...args: never[]) => unknown;
}

/** The two commands of Redis that a lock needs, the same over both libraries. */
export interface RedisCommands {
  /** Sets a key for `expiresMs` unless it is there; returns whether it did. */
  setIfAbsent(key: string, value: string, expiresMs: number): Promise<boolean>;
  /** Deletes a key if it has this value. */
  deleteIfEqual(key: string, value: string): Promise<void>;
}

interface NodeRedis {
  set(key: string, value: string, options: { PX: number; NX: true }): unknown;
  eval(script: string, options: { keys: string[]; arguments: string[] }): unknown;
}

interface IORedis {
  set(key: string, value: string, expiry: 'PX', ms: number, condition: 'NX'): unknown;
  eval(script: string, numberOfKeys: number, key: string, value: string): unknown;
}

const DELETE_IF_EQUAL = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

function has(client: unknown, ...methods: string[]): boolean {
  const object = Object(client) as Record<string, unknown>;
  return methods.every((method) => typeof object[method] === 'function');
}

function nodeRedisCommands(client: NodeRedis): RedisCommands {
  return {
    async setIfAbsent(key, value, expiresMs) {
      // The words of version 4, which 5 takes too: version 4 would ignore those of 5, and lock nothing.
      return (await client.set(key, value, { PX: expiresMs, NX: true })) !== null;
    },
    async deleteIfEqual(key, value) {
      await client.eval(DELETE_IF_EQUAL, { keys: [key], arguments: [value] });
    },
  };
}

function ioredisCommands(client: IORedis): RedisCommands {
  return {
    async setIfAbsent(key, value, expiresMs) {
      return (await client.set(key, value, 'PX', expiresMs, 'NX')) !== null;
    },
    async deleteIfEqual(key, value) {
      await client.eval(DELETE_IF_EQUAL, 1, key, value);
    },
  };
}

/**
 * Finds the library of a client.
 *
 * @throws `QQConfigurationError` for anything else, node-redis 3 for example
 */
export function redisCommands(client: RedisLockClient): RedisCommands {
  if (has(client, 'set', 'eval', 'mGet')) return nodeRedisCommands(client);
  if (has(client, 'set', 'eval', 'defineCommand')) return ioredisCommands(client);
  throw new QQConfigurationError('redisLock: this is neither a client of redis (version 4 or later) nor of ioredis', {
    en: 'Pass the client itself: redisLock(createClient({ url })) of redis, or redisLock(new Redis(url)) of ioredis.',
    zh: '请把客户端本身传给 redisLock：redis 的 redisLock(createClient({ url }))，或 ioredis 的 redisLock(new Redis(url))。',
  });
}
