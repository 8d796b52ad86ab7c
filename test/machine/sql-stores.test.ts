import { afterEach, expect, it, jest } from '@jest/globals';
import connectPgSimple from 'connect-pg-simple';
import createSequelizeStore from 'connect-session-sequelize';
import session from 'express-session';
import { Pool } from 'pg';
import { Sequelize } from 'sequelize';
import { pass, stopDate } from '../support/clock.js';
import { describeWithPostgres, startPostgres } from '../support/postgres.js';
import { Visitor } from '../support/site.js';
import { DAY, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Store } from 'express-session';

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
