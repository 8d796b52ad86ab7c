import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import connectPgSimple from 'connect-pg-simple';
import createSequelizeStore from 'connect-session-sequelize';
import session from 'express-session';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { Sequelize } from 'sequelize';
import { pass, stopDate } from '../support/clock.js';
import { filesOf } from '../support/code-blocks.js';
import { describeWithMariaDB, startMariaDB } from '../support/mariadb.js';
import { describeWithPostgres, startPostgres } from '../support/postgres.js';
import { Visitor } from '../support/site.js';
import { DAY, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Store } from 'express-session';
import type { Lock } from '../../src/lock/lock.js';

const LIMITS = { expiresMs: 30_000, waitMs: 10_000 };

/** Loads a lock from its code block in the documentation. */
async function documentedLock(file: string, name: string): Promise<(pool: unknown) => Lock> {
  const folder = mkdtempSync(join(tmpdir(), 'documented-lock-'));
  try {
    const path = join(folder, file);
    writeFileSync(path, filesOf('docs/sessions.md')[file] ?? '');
    const module = (await import(pathToFileURL(path).href)) as Record<string, (pool: unknown) => Lock>;
    return module[name] as (pool: unknown) => Lock;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Holds two processes' views of one lock to what a lock must do. */
function behavesAsALock(locks: () => readonly [Lock, Lock]): void {
  it('runs one task at a time, and returns the result of each', async () => {
    const [first, second] = locks();
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        (index % 2 ? first : second)('qqt_one', LIMITS, async () => {
          most = Math.max(most, (running += 1));
          await new Promise(setImmediate);
          running -= 1;
          return index;
        }),
      ),
    );
    expect([most, results]).toEqual([1, [0, 1, 2, 3, 4, 5, 6, 7]]);
  });

  it('rejects without a call of the task if the lock is held and waitMs is 0', async () => {
    const [first, second] = locks();
    const ran: string[] = [];
    await first('qqt_two', LIMITS, async () => {
      await expect(
        second('qqt_two', { ...LIMITS, waitMs: 0 }, async () => Promise.resolve(ran.push('second'))),
      ).rejects.toThrow();
      await second('qqt_three', LIMITS, async () => Promise.resolve(ran.push('another key')));
    });
    expect(ran).toEqual(['another key']);
  });

  it('releases the lock after a task that fails, and passes its error on', async () => {
    const [first, second] = locks();
    const failure = new Error('the task failed');
    await expect(first('qqt_four', LIMITS, async () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(second('qqt_four', LIMITS, async () => Promise.resolve('free'))).resolves.toBe('free');
  });

  it('releases the lock of a holder that hangs when it expires', async () => {
    const [first, second] = locks();
    let wake = (): void => undefined;
    let holder: Promise<void> | undefined;
    await new Promise<void>((started) => {
      holder = first('qqt_five', { ...LIMITS, expiresMs: 1_000 }, async () => {
        started();
        await new Promise<void>((resolve) => (wake = resolve));
      });
    });
    await expect(second('qqt_five', LIMITS, async () => Promise.resolve('free'))).resolves.toBe('free');
    wake();
    await holder;
  });
}

describeWithPostgres('the documented lock in PostgreSQL', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let locks: readonly [Lock, Lock];
  beforeAll(async () => {
    const postgres = await startPostgres();
    closing.push(async () => postgres[Symbol.asyncDispose]());
    const postgresLock = await documentedLock('postgres-lock.mjs', 'postgresLock');
    const open = (): Lock => {
      const pool = new Pool({ connectionString: postgres.url, connectionTimeoutMillis: 10_000 });
      closing.unshift(async () => pool.end());
      return postgresLock(pool);
    };
    locks = [open(), open()];
  }, 30_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });
  behavesAsALock(() => locks);
});

describeWithMariaDB('the documented lock in MariaDB', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let locks: readonly [Lock, Lock];
  beforeAll(async () => {
    const mariadb = await startMariaDB();
    closing.push(async () => mariadb[Symbol.asyncDispose]());
    const mysqlLock = await documentedLock('mysql-lock.mjs', 'mysqlLock');
    const open = (): Lock => {
      const pool = createPool(mariadb.connection);
      closing.unshift(async () => pool.end());
      return mysqlLock(pool);
    };
    locks = [open(), open()];
  }, 30_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });
  behavesAsALock(() => locks);
});

describe('SQL session stores', () => {
  afterEach(() => void jest.useRealTimers());

  interface OpenStore extends AsyncDisposable {
    store: Store;
  }

  async function connectPg(url: string): Promise<OpenStore> {
    const pool = new Pool({ connectionString: url });
    const PgStore = connectPgSimple(session);
    const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false });
    return {
      store,
      [Symbol.asyncDispose]: async () => {
        store.close();
        await pool.end();
      },
    };
  }

  async function connectSequelize(url: string): Promise<OpenStore> {
    const database = new Sequelize(url, { logging: false });
    const SequelizeStore = createSequelizeStore(session.Store);
    const store = new SequelizeStore({ db: database, checkExpirationInterval: -1 });
    await (store.sync as () => Promise<void>).call(store); // its types omit the promise
    return {
      store,
      async [Symbol.asyncDispose]() {
        store.stopExpiringSessions();
        await database.close();
      },
    };
  }

  describeWithPostgres('a session store in PostgreSQL', () => {
    it.each([
      ['connect-pg-simple', connectPg],
      ['connect-session-sequelize', connectSequelize],
    ])(
      'carries a login from the callback over a refresh to the logout: %s',
      async (_name, connect) => {
        await using postgres = await startPostgres();
        await using opened = await connect(postgres.url);
        stopDate();
        await using site = await startTokenSite({ store: opened.store });
        const visitor = new Visitor(site);
        expect((await visitor.login('/private')).headers.location).toBe('/private');
        expect((await visitor.agent.get('/private')).status).toBe(200);
        const first = await tokenOf(visitor);
        pass(9 * DAY);
        const second = await tokenOf(visitor);
        expect(second).not.toBe(first);
        expect(await tokenOf(visitor)).toBe(second);
        expect(refreshes(site.sandbox)).toHaveLength(1);
        expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 200 });
        expect(await ask(visitor, '/auth/qq/logout', 'post')).toMatchObject({ status: 204 });
        expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
      },
      30_000,
    );
  });
});
