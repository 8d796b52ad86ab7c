import { QQTransportError } from '../protocol/errors/index.js';

/** The error for a lock that was not had in time. */
export function lockTimeout(): QQTransportError {
  return new QQTransportError('ERR_QQ_SESSION_STORE', 'session: another request held the lock for too long', {
    step: 'session',
  });
}

/** Waits for something no longer than so many milliseconds, then fails with {@link lockTimeout}. */
export async function within<T>(ms: number, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lockTimeout()), ms);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
