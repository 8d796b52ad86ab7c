import { isQQConnectError } from '../protocol/errors/index.js';
import type { LockLimits } from '../lock/lock.js';
import type { QQConnectContext } from './context.js';

/** How long a lock is held at most, and waited for: a holder has one call of QQ to make and the store to ask. */
export function lockLimits(timeoutMs: number): LockLimits {
  const expiresMs = 2 * timeoutMs + 5_000;
  return { expiresMs, waitMs: expiresMs };
}

/** Names the lock of a token record. */
export function lockKey(recordId: string): string {
  return `express-qq-connect:${recordId}`;
}

/**
 * Ends a login in turn with whoever is refreshing its tokens, or out of turn if the lock is not to be had: that must
 * keep nobody logged in, and a refresh looks for the record before it writes.
 */
export async function endInTurn(context: QQConnectContext, recordId: string, end: () => Promise<void>): Promise<void> {
  const lock = { held: false };
  try {
    await context.options.lock(lockKey(recordId), lockLimits(context.client.timeoutMs), async () => {
      lock.held = true;
      await end();
    });
  } catch (error) {
    if (lock.held || !isQQConnectError(error) || error.code !== 'ERR_QQ_SESSION_STORE') throw error;
    await end();
  }
}
