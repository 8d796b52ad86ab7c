declare module 'better-sqlite3-session-store' {
  import type session from 'express-session';
  import type Database from 'libsql';

  interface SqliteStoreOptions {
    client: Database.Database;
    expired?: { clear: boolean; intervalMs: number };
  }

  /** Makes the store's class out of express-session's own. */
  export default function createSqliteStore(
    expressSession: typeof session,
  ): new (options: SqliteStoreOptions) => session.Store & { clearExpiredSessions(): void };
}
