/**
 * A lock in Redis, which lets only one process at a time refresh a user's token.
 *
 * @packageDocumentation
 */
export { redisLock } from './lock/redis-lock.js';
export type { RedisLockClient } from './lock/redis-lock.js';
export type { Lock, LockLimits } from './lock/lock.js';
