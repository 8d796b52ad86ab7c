import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, SECOND, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Site } from '../support/site.js';

describe('how long a token record lives', () => {
  let store: WatchedStore;
  let site: Site;
  let visitor: Visitor;
  let loginAt: number;

  beforeEach(() => stopDate());
  afterEach(async () => {
    await site.close();
    jest.useRealTimers();
  });

  const logIn = async (maxAge: number | undefined, expiresIn = 90 * DAY): Promise<void> => {
    store = new WatchedStore();
    site = await startTokenSite({
      store,
      session: { cookie: maxAge === undefined ? {} : { maxAge } },
      sandbox: { expiresIn: expiresIn / SECOND },
    });
    visitor = new Visitor(site);
    await visitor.login();
    loginAt = Date.now();
  };
  /** When the store forgets the record, in days after the login. */
  const end = async (): Promise<number> => {
    const { records } = await ids(store);
    const { cookie } = (await contents(store))[String(records[0])] as unknown as { cookie: { expires: string } };
    return (new Date(cookie.expires).getTime() - loginAt) / DAY;
  };
  const passBy = async (): Promise<void> => {
    await ask(visitor, '/');
  };

  it('is that of the session', async () => {
    await logIn(10 * DAY);
    expect(await end()).toBe(10);
    pass(10 * DAY + 1);
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 401 });
  });

  it('is a day for a session that ends with the browser', async () => {
    await logIn(undefined);
    expect(await end()).toBe(1);
  });

  it('is renewed at half time by any request, once, and without writing to the session', async () => {
    await logIn(10 * DAY);
    pass(5 * DAY - 1);
    await passBy();
    expect(await end()).toBe(10);
    pass(1);
    const before = store.log.length;
    await Promise.all([passBy(), passBy(), passBy()]);
    expect(await end()).toBe(15);
    const written = store.log.slice(before).filter((what) => what.startsWith('set'));
    expect(written).toEqual(['set record']);
    pass(4 * DAY);
    await passBy();
    expect(await end()).toBe(15);
    pass(DAY);
    await passBy();
    expect(await end()).toBe(20);
  });

  it('goes on as long as the session does', async () => {
    await logIn(4 * DAY);
    for (let day = 0; day < 60; day += 3) {
      pass(3 * DAY);
      expect(await ask(visitor, '/token')).toMatchObject({ status: 200 });
    }
  });

  it('never ends later than three months after the login', async () => {
    await logIn(120 * DAY, 10 * DAY);
    expect(await end()).toBe(90);
    pass(50 * DAY);
    await passBy();
    expect(await end()).toBe(90);
    await ask(visitor, '/token');
    expect(refreshes(site.sandbox)).toHaveLength(1);
    expect(await end()).toBe(90);
    pass(39 * DAY);
    await passBy();
    expect(await end()).toBe(90);
  });

  it('ten refreshes in a row, and then the chain ends with a login', async () => {
    await logIn(120 * DAY, 9 * DAY);
    const tokens = new Set([await tokenOf(visitor)]);
    for (let round = 1; round <= 10; round += 1) {
      pass(8.2 * DAY);
      tokens.add(await tokenOf(visitor));
      expect([round, tokens.size, refreshes(site.sandbox).length]).toEqual([round, round + 1, round]);
    }
    expect(new Set(refreshes(site.sandbox).map(({ query }) => query.refresh_token)).size).toBe(10);
    expect(refreshes(site.sandbox).filter(({ error }) => error !== undefined)).toEqual([]);

    pass(8.5 * DAY); // 90.5 days after the login
    for (let time = 0; time < 2; time += 1) {
      expect(await ask(visitor, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
    }
    expect(refreshes(site.sandbox)).toHaveLength(10);
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 200 }); // who it is, is still known
    await visitor.login();
    expect(await ask(visitor, '/token')).toMatchObject({ status: 200 });
  });

  it('ends with the chain also where QQ counts from earlier than we do', async () => {
    await logIn(120 * DAY, 9 * DAY);
    pass(8.5 * DAY);
    const last = await tokenOf(visitor);
    site.sandbox.failNext('token', { error: 100037 });
    pass(8.5 * DAY);
    expect(await tokenOf(visitor)).toBe(last);
    pass(DAY);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(refreshes(site.sandbox)).toHaveLength(2);
  });

  it('is over when a renewal of its lifetime finds it gone, and no page suffers', async () => {
    await logIn(10 * DAY);
    const { records } = await ids(store);
    await new Promise<void>((resolve) => store.destroy(String(records[0]), () => resolve()));
    pass(6 * DAY);
    expect(await ask(visitor, '/')).toMatchObject({ status: 200 });
    expect(await ids(store)).toMatchObject({ records: [] });
    expect(await ask(visitor, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
  });
});
