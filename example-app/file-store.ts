import { join } from 'node:path';
import createSqliteStore from 'better-sqlite3-session-store';
import session from 'express-session';
import Database from 'libsql';
import type { SessionStore } from './session-store.js';

const SqliteStore = createSqliteStore(session);

/** Keeps sessions in a database file: for one process, with nothing to install or run beside it. */
export function openFileStore(dataDir: string): SessionStore {
  const database = new Database(join(dataDir, 'sessions.db'));
  database.pragma('journal_mode = WAL');
  const store = new SqliteStore({ client: database, expired: { clear: true, intervalMs: 15 * 60_000 } });
  store.clearExpiredSessions(); // at once too: an application that is restarted often never sees the interval pass
  return {
    store,
    lock: undefined,
    close: async () => void database.close(),
  };
}
