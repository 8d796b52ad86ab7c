import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, SECOND, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Site } from '../support/site.js';

const LOGIN_AGAIN = { status: 401, body: { action: 'login_again' } };

describe('the lifetime of tokens', () => {
  let store: WatchedStore;
  let site: Site;
  let visitor: Visitor;
  let loginAt: number;

  beforeEach(() => stopDate());
  afterEach(async () => {
    await site.close();
    jest.useRealTimers();
  });

  const logIn = async (expiresInDays: number): Promise<void> => {
    store = new WatchedStore();
    site = await startTokenSite({
      store,
      session: { cookie: { maxAge: 200 * DAY } },
      sandbox: { expiresIn: (expiresInDays * DAY) / SECOND },
    });
    visitor = new Visitor(site);
    await visitor.login();
    loginAt = Date.now();
  };
  const goToDay = (day: number): void => pass(loginAt + day * DAY - Date.now());
  const recordEndsAtDay = async (): Promise<number> => {
    const { records } = await ids(store);
    const { cookie } = (await contents(store))[String(records[0])] as unknown as { cookie: { expires: string } };
    return (new Date(cookie.expires).getTime() - loginAt) / DAY;
  };

  it('calls the store for no token record at a login', async () => {
    await logIn(90);
    expect(store.log.filter((what) => what.endsWith('record'))).toEqual([]);
    expect(await ids(store)).toMatchObject({ records: [], tombstones: [] });
  });

  it('is what QQ said: 90-day tokens refreshed at day 82 serve at day 91 and at day 120', async () => {
    await logIn(90);
    goToDay(82);
    const refreshed = await tokenOf(visitor);
    expect(refreshes(site.sandbox)).toHaveLength(1);
    expect(await recordEndsAtDay()).toBe(172);
    for (const day of [91, 120]) {
      goToDay(day);
      expect(await tokenOf(visitor)).toBe(refreshed);
    }
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('ends without a used refresh token: 60-day tokens refreshed at day 55 send none at day 116', async () => {
    await logIn(60);
    goToDay(55);
    await tokenOf(visitor);
    expect(await recordEndsAtDay()).toBe(115);
    goToDay(116);
    expect(await ask(visitor, '/token')).toMatchObject(LOGIN_AGAIN);
    expect(refreshes(site.sandbox)).toHaveLength(1);
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 200 });
  });

  it('keeps a record at least until QQ’s refresh period ends, 90 days after the login', async () => {
    await logIn(10);
    goToDay(9);
    await tokenOf(visitor);
    expect(await recordEndsAtDay()).toBe(90);
  });

  it('never sends the first refresh token later than 90 days after the login', async () => {
    await logIn(10);
    goToDay(90);
    expect(await ask(visitor, '/token')).toMatchObject(LOGIN_AGAIN);
    expect(refreshes(site.sandbox)).toHaveLength(0);
  });

  it('allows ten refreshes in a row, each with the refresh token of the one before', async () => {
    await logIn(9);
    const tokens = new Set([await tokenOf(visitor)]);
    for (let round = 1; round <= 10; round += 1) {
      pass(8.2 * DAY);
      tokens.add(await tokenOf(visitor));
      expect([round, tokens.size, refreshes(site.sandbox).length]).toEqual([round, round + 1, round]);
    }
    expect(new Set(refreshes(site.sandbox).map(({ query }) => query.refresh_token)).size).toBe(10);
    expect(refreshes(site.sandbox).filter(({ error }) => error !== undefined)).toEqual([]);
    expect(await ids(store)).toMatchObject({ records: [expect.any(String)] });
  });

  it('ends when QQ refuses the refresh, and the last token serves until it expires', async () => {
    await logIn(9);
    pass(8.5 * DAY);
    const last = await tokenOf(visitor);
    site.sandbox.failNext('token', { error: 100037 });
    pass(8.5 * DAY);
    expect(await tokenOf(visitor)).toBe(last);
    pass(DAY);
    expect(await ask(visitor, '/token')).toMatchObject(LOGIN_AGAIN);
    expect(refreshes(site.sandbox)).toHaveLength(2);
  });

  it('ends with QQ’s 100021 where the store lost the record of a refresh', async () => {
    await logIn(10);
    goToDay(9);
    await tokenOf(visitor);
    const { records } = await ids(store);
    await new Promise<void>((resolve) => store.destroy(String(records[0]), () => resolve()));
    goToDay(11);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 401, body: { qq_code: 100021 } });
    expect(await ask(visitor, '/token')).toMatchObject(LOGIN_AGAIN);
    expect(refreshes(site.sandbox)).toHaveLength(2);
  });

  it('leaves a tombstone for an hour after a logout', async () => {
    await logIn(10);
    await visitor.agent.post('/auth/qq/logout');
    const { tombstones } = await ids(store);
    expect(tombstones).toEqual([expect.stringMatching(/^qqt_[\w-]{32}$/)]);
    const { cookie } = (await contents(store))[String(tombstones[0])] as unknown as { cookie: { expires: string } };
    expect(new Date(cookie.expires).getTime() - Date.now()).toBe(3_600 * SECOND);
  });
});
