import { within } from './lock-timeout.js';
import type { Lock } from './lock.js';

/**
 * Makes a lock for one process: whoever comes later waits for those who came before. Several processes need
 * `redisLock` of `express-qq-connect/redis`.
 */
export function processLock(): Lock {
  const tails = new Map<string, Promise<void>>();

  return async function lock(key, { expiresMs, waitMs }, task) {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const before = tails.get(key);
    // Whoever gives up waiting leaves the queue as it was: the next one still waits for those before.
    const tail = before ? before.then(async () => released) : released;
    tails.set(key, tail);
    void tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    let expiry: NodeJS.Timeout | undefined;
    try {
      if (before) await within(waitMs, before);
      expiry = setTimeout(release, expiresMs);
      return await task();
    } finally {
      clearTimeout(expiry);
      release();
    }
  };
}
