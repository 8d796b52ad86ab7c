import { QQTransportError } from '../protocol/errors/index.js';
import type { Lock } from './lock.js';

/** The error for a lock that was not had in time. */
export function lockTimeout(): QQTransportError {
  return new QQTransportError('ERR_QQ_SESSION_STORE', 'session: another request held the lock for too long', {
    step: 'session',
  });
}

async function within(ms: number, free: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lockTimeout()), ms);
  });
  try {
    await Promise.race([free, late]);
  } finally {
    clearTimeout(timer);
  }
}

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
    const tail = before ? before.then(() => released) : released;
    tails.set(key, tail);
    let expiry: NodeJS.Timeout | undefined;
    try {
      if (before) await within(waitMs, before);
      expiry = setTimeout(release, expiresMs);
      return await task();
    } finally {
      clearTimeout(expiry);
      release();
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
