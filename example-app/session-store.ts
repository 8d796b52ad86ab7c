import type { Store } from 'express-session';
import type { Lock } from 'express-qq-connect';
import type { Config } from './config.js';

/** Where sessions are kept, and who may renew a user's tokens. */
export interface SessionStore {
  store: Store;
  /** `undefined` where one process has the store for itself. */
  lock: Lock | undefined;
  close(): Promise<void>;
}

/** Opens Redis where REDIS_URL is set, else the database file. Only the one that is used is loaded. */
export async function openSessionStore({ redisUrl, dataDir }: Config): Promise<SessionStore> {
  if (redisUrl !== undefined) return (await import('./redis-store.js')).openRedisStore(redisUrl);
  return (await import('./file-store.js')).openFileStore(dataDir);
}
