import { QQTransportError } from '../protocol/errors/index.js';

/**
 * Runs `task` while holding the lock for `key`, and returns its result.
 *
 * @param key - names what is locked; contains no secret
 * @param limits - `expiresMs`: the lock is released after this time, even if its holder died; `waitMs`: after waiting
 * this long for the lock, the promise is rejected without a call of `task` (0: without waiting)
 * @param task - called once at most
 */
export type Lock = <T>(key: string, limits: LockLimits, task: () => Promise<T>) => Promise<T>;

/** How long a {@link Lock} is held and waited for, in milliseconds. */
export interface LockLimits {
  expiresMs: number;
  waitMs: number;
}

/** The lock of a single process: requests of one process share a refresh anyway. */
export const noLock: Lock = async (_key, _limits, task) => task();

/** Creates the error for a lock that was not acquired in time. */
export function lockTimeout(): QQTransportError {
  return new QQTransportError('ERR_QQ_SESSION_STORE', 'session: another request held the refresh lock for too long', {
    step: 'session',
  });
}

/** Waits for a promise at most so many milliseconds, then fails with {@link lockTimeout}. */
export async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lockTimeout()), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
