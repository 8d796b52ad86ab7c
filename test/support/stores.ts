import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import createSqliteStore from 'better-sqlite3-session-store';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import Database from 'libsql';
import { createClient } from 'redis';
import { createClient as createClient6 } from 'redis6';
import { startRedis } from './redis.js';
import type { Store } from 'express-session';

/** A session store of a kind that applications use. */
export interface TestStore extends AsyncDisposable {
  store: Store;
  /** Everything that it holds, by id, as it is written down. */
  dump(): Promise<Record<string, string>>;
}

async function memory(): Promise<TestStore> {
  const store = new session.MemoryStore();
  // Where express-session keeps what it would write down.
  const { sessions } = store as unknown as { sessions: Record<string, string> };
  return { store, dump: async () => ({ ...sessions }), [Symbol.asyncDispose]: async () => undefined };
}

const SqliteStore = createSqliteStore(session);
// Its sweep for expired sessions has a timer that nothing stops; every read looks at the age anyway.
Object.assign(SqliteStore.prototype, { startInterval: () => undefined });

async function embeddedFile(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
  const database = new Database(join(folder, 'sessions.db'));
  const store = new SqliteStore({ client: database, expired: { clear: true, intervalMs: 900_000 } });
  return {
    store,
    dump: async () => {
      const rows = database.prepare('SELECT sid, sess FROM sessions').all() as { sid: string; sess: string }[];
      return Object.fromEntries(rows.map(({ sid, sess }) => [sid, sess]));
    },
    [Symbol.asyncDispose]: async () => {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function redis(create: typeof createClient): Promise<TestStore> {
  const server = await startRedis();
  const client = create({ url: server.url });
  await client.connect();
  const store: Store = new RedisStore({ client });
  return {
    store,
    dump: async () => {
      const keys = await client.keys('*');
      const entries = keys.map(async (key) => [key.replace(/^sess:/, ''), (await client.get(key)) ?? ''] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close();
    },
  };
}

type FileStoreClass = new (options: { path: string; logFn(): void; reapInterval: number }) => Store;

// Not a dependency; tested if it is installed.
function fileStoreClass(): FileStoreClass | undefined {
  try {
    const make = createRequire(import.meta.url)('session-file-store') as (from: typeof session) => FileStoreClass;
    return make(session);
  } catch {
    return undefined;
  }
}

async function files(FileStore: FileStoreClass): Promise<TestStore> {
  const path = mkdtempSync(join(tmpdir(), 'sessions-'));
  return {
    store: new FileStore({ path, logFn: () => undefined, reapInterval: -1 }),
    dump: async () =>
      Object.fromEntries(
        readdirSync(path).map((name) => [name.replace(/\.json$/, ''), readFileSync(join(path, name), 'utf8')]),
      ),
    [Symbol.asyncDispose]: async () => rmSync(path, { recursive: true, force: true }),
  };
}

const FileStore = fileStoreClass();

/** The stores that need nothing but this package's development dependencies. */
export const stores: [name: string, open: () => Promise<TestStore>][] = [
  ['the memory store', memory],
  ['the embedded file store', embeddedFile],
  ...(FileStore ? [['session-file-store', async () => files(FileStore)] as [string, () => Promise<TestStore>]] : []),
];

/** connect-redis 9. */
export const redisStores: [name: string, open: () => Promise<TestStore>][] = [
  ['connect-redis with redis 5', async () => redis(createClient)],
  ['connect-redis with redis 6', async () => redis(createClient6 as unknown as typeof createClient)],
];
