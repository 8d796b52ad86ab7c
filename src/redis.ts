/**
 * Lets several processes agree, through Redis, on who refreshes a token.
 *
 * @packageDocumentation
 */
export { redisLock } from './lock/redis-lock.js';
export type { RedisLockClient } from './lock/redis-lock.js';
export type { Lock, LockLimits } from './lock/lock.js';
