import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import connectPgSimple from 'connect-pg-simple';
import createSequelizeStore from 'connect-session-sequelize';
import session from 'express-session';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { Sequelize } from 'sequelize';
import { behavesAsALock } from '../fixtures/lock-suite.js';
import { pass, stopDate } from '../support/clock.js';
import { filesOf } from '../support/code-blocks.js';
import { describeWithMariaDB, startMariaDB } from '../support/mariadb.js';
import { isNightly } from '../support/nightly.js';
import { describeWithPostgres, startPostgres } from '../support/postgres.js';
import { describeWithRedis } from '../support/redis.js';
import { SentParameters } from '../support/sent-parameters.js';
import { APP, Visitor } from '../support/site.js';
import { redisStores, stores } from '../support/stores.js';
import { DAY, ask, refreshes, sameBrowser, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Store } from 'express-session';
import type { Lock } from '../../src/lock/lock.js';
import type { Site } from '../support/site.js';
import type { PostgresServer } from '../support/postgres.js';
import type { TestStore } from '../support/stores.js';

const FEW = isNightly ? 1_000 : 100;

/** Lets the user's token become due, and expects one refresh, whose token stays in use. */
async function refreshesOnce(visitor: Visitor, site: Site): Promise<void> {
  const first = await tokenOf(visitor);
  pass(9 * DAY);
  const second = await tokenOf(visitor);
  expect(second).not.toBe(first);
  expect(await tokenOf(visitor)).toBe(second);
  expect(refreshes(site.sandbox)).toHaveLength(1);
  expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 200 });
}

/** Tests what any session store must do for a login to last. */
function carriesALogin(open: () => Promise<TestStore>, abandoned: number): void {
  let kept: TestStore;
  let site: Site;
  let visitor: Visitor;

  beforeEach(async () => {
    stopDate();
    kept = await open();
    site = await startTokenSite({ store: kept.store, qq: { encryptionKey: 'the-first-key-0123456789-0123456789' } });
    visitor = new Visitor(site);
  });
  afterEach(async () => {
    await site.close();
    await kept[Symbol.asyncDispose]();
    jest.useRealTimers();
  });

  const idsOf = async (): Promise<string[]> => Object.keys(await kept.dump());
  const recordIds = async (): Promise<string[]> => (await idsOf()).filter((id) => id.startsWith('qqt_'));
  const sessionIds = async (): Promise<string[]> => (await idsOf()).filter((id) => !id.startsWith('qqt_'));
  const siteWith = async (...encryptionKey: string[]): Promise<Site> =>
    startTokenSite({
      store: kept.store,
      qq: { encryptionKey, graphUrl: site.sandbox.url, redirectUri: `${site.url}/auth/qq/callback` },
    });

  it('keeps a login over refreshes until the logout, and then has only tombstones', async () => {
    expect((await visitor.login()).status).toBe(302);
    expect(await idsOf()).toHaveLength(1);
    await refreshesOnce(visitor, site);
    await visitor.agent.post('/session').send({ basket: 'full' });
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });

    const earlier = await sessionIds();
    expect((await visitor.login()).status).toBe(302);
    expect(await sessionIds()).toHaveLength(1);
    expect((await sessionIds()).filter((id) => earlier.includes(id))).toEqual([]);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });

    expect(await ask(visitor, '/auth/qq/logout', 'post')).toMatchObject({ status: 204 });
    expect(await sessionIds()).toEqual([]);
    for (const id of await recordIds()) expect((await kept.dump())[id]).toContain('"ended":true');
    pass(2 * 3_600 * 1_000);
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 401 });
  }, 30_000);

  it('keeps a login when keys rotate, and loses only the tokens when a key is lost', async () => {
    await visitor.login();
    const token = await tokenOf(visitor);
    await using rotating = await siteWith(
      'the-second-key-0123456789-0123456789',
      'the-first-key-0123456789-0123456789',
    );
    await using rotated = await siteWith('the-second-key-0123456789-0123456789');

    expect(await ask(sameBrowser(visitor, rotated), '/token')).toMatchObject({
      status: 401,
      body: { action: 'login_again' },
    });
    expect(await ask(sameBrowser(visitor, rotated), '/auth/qq/user')).toMatchObject({ status: 200 });

    expect(await tokenOf(sameBrowser(visitor, rotating))).toBe(token);
    pass(9 * DAY); // whatever writes the record, seals it with the new key
    const renewed = await tokenOf(sameBrowser(visitor, rotating));
    expect(renewed).not.toBe(token);
    expect(await tokenOf(sameBrowser(visitor, rotated))).toBe(renewed);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 401 });
  }, 30_000);

  it('stores a record with its expiry, and returns its tokens until then', async () => {
    await visitor.login();
    pass(9 * DAY);
    await tokenOf(visitor);
    const [id = ''] = await recordIds();
    const written = JSON.parse((await kept.dump())[id] ?? '') as { cookie: { expires: string }; sealed: string };
    expect(new Date(written.cookie.expires).getTime()).toBe(Date.now() + 81 * DAY);
    expect(id).toHaveLength(36);
    const late = sameBrowser(visitor);
    pass(81 * DAY);
    expect(await ask(late, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(refreshes(site.sandbox)).toHaveLength(1);
  }, 30_000);

  it('stores no readable token, code or key', async () => {
    using sent = new SentParameters(site.sandbox);
    await visitor.login();
    const secrets = [APP.appKey, 'the-first-key-0123456789-0123456789', await tokenOf(visitor)];
    pass(9 * DAY);
    secrets.push(await tokenOf(visitor));
    for (const query of sent.queries) {
      secrets.push(
        ...[query.code, query.refresh_token, query.access_token, query.state].filter((one) => one !== undefined),
      );
    }
    expect(secrets.length).toBeGreaterThan(6);
    const dump = JSON.stringify(await kept.dump());
    for (const secret of secrets) {
      for (const written of [secret, Buffer.from(secret).toString('base64url').slice(0, -2), secret.toLowerCase()]) {
        expect(dump).not.toContain(written);
      }
    }
  }, 30_000);

  it(`stores nothing for ${abandoned} logins that were started only`, async () => {
    const before = await idsOf();
    for (let begun = 0; begun < abandoned; begun += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => fetch(`${site.url}/auth/qq/login`, { redirect: 'manual' })),
      );
      expect(answers.filter(({ status }) => status !== 302)).toEqual([]);
      expect(answers.filter(({ headers }) => headers.get('set-cookie')?.includes('connect.sid'))).toEqual([]);
    }
    expect(await idsOf()).toEqual(before);
  }, 60_000);
}

describe.each(stores)('%s', (_name, open) => carriesALogin(open, FEW));

for (const [name, open] of redisStores) describeWithRedis(name, () => carriesALogin(open, FEW));

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

describeWithPostgres('PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(async () => postgres[Symbol.asyncDispose]());

  describe('with the documented lock', () => {
    const pools: Pool[] = [];
    let locks: readonly [Lock, Lock];
    beforeAll(async () => {
      const postgresLock = await documentedLock('postgres-lock.mjs', 'postgresLock');
      const open = (): Lock => {
        const pool = new Pool({ connectionString: postgres.url, connectionTimeoutMillis: 10_000 });
        pools.push(pool);
        return postgresLock(pool);
      };
      locks = [open(), open()];
    });
    afterAll(async () => {
      for (const pool of pools) await pool.end();
    });
    behavesAsALock(() => locks);
  });

  describe('with a session store', () => {
    afterEach(() => void jest.useRealTimers());
    it.each([
      ['connect-pg-simple', connectPg],
      ['connect-session-sequelize', connectSequelize],
    ])(
      'carries a login from the callback over a refresh to the logout: %s',
      async (_name, connect) => {
        await using opened = await connect(postgres.url);
        stopDate();
        await using site = await startTokenSite({ store: opened.store });
        const visitor = new Visitor(site);
        expect((await visitor.login('/private')).headers.location).toBe('/private');
        expect((await visitor.agent.get('/private')).status).toBe(200);
        await refreshesOnce(visitor, site);
        expect(await ask(visitor, '/auth/qq/logout', 'post')).toMatchObject({ status: 204 });
        expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
      },
      30_000,
    );
  });
});

describeWithMariaDB('MariaDB with the documented lock', () => {
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
  }, 60_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });
  behavesAsALock(() => locks);
});
