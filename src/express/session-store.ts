import { storeError } from '../protocol/errors/index.js';
import type { Request } from 'express';
import type { SessionData, Store } from 'express-session';

type Callback<T> = (error?: unknown, value?: T) => void;

/** Calls a method of the session store and waits for it. */
export async function callStore<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  return new Promise<T | undefined>((resolve, reject) => {
    try {
      call((error, value) => (error ? reject(storeError('the session store failed', error)) : resolve(value)));
    } catch (error) {
      reject(storeError('the session store failed', error));
    }
  });
}

/** Reads a session, or a token record; `undefined` if the store has none. */
export async function readStored(store: Store, id: string): Promise<SessionData | undefined> {
  const data = await callStore<SessionData | null>((callback) =>
    store.get(id, (error?: NodeJS.ErrnoException | null, found?: SessionData | null) =>
      error?.code === 'ENOENT' ? callback(undefined, null) : callback(error, found),
    ),
  );
  return data ?? undefined;
}

/** Stores the request's session and waits for it. */
export async function saveSession(req: Request): Promise<void> {
  await callStore((callback) => req.session.save(callback));
}
