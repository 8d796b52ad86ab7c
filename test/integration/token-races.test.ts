import { afterEach, describe, expect, it, jest } from '@jest/globals';
import axios from 'axios';
import { lockTimeout } from '../../src/lock/lock-timeout.js';
import { Visitor } from '../support/site.js';
import { WatchedStore, ids } from '../support/store.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, ask, refreshes, sameBrowser, sessionCookie, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Lock } from '../../src/index.js';
import type { Site } from '../support/site.js';

const soon = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Somewhere that a request waits until the test has seen it there and lets it go. */
class Gate {
  #arrive = (): void => undefined;
  #open = (): void => undefined;
  readonly arrived = new Promise<void>((resolve) => (this.#arrive = resolve));
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));

  async wait(): Promise<void> {
    this.#arrive();
    await this.#opened;
  }

  open(): void {
    this.#open();
  }
}

// What is left of a lock that has expired under its holder.
const noLock: Lock = async (_key, _limits, task) => task();
const locks: [string, Lock | undefined][] = [
  ['in turn', undefined],
  ['after its lock has expired', noLock],
];

describe('what happens at the same time as a refresh', () => {
  let site: Site;
  let store: WatchedStore;
  let visitor: Visitor;
  let cookie: string;
  let gates: { request?: Gate; answer?: Gate; userInfo?: Gate };

  const start = async (lock?: Lock): Promise<void> => {
    stopDate();
    store = new WatchedStore();
    gates = {};
    const http = axios.create();
    http.interceptors.request.use(async (request) => {
      if (request.url?.includes('grant_type=refresh_token')) await gates.request?.wait();
      return request;
    });
    http.interceptors.response.use(async (response) => {
      if (response.config.url?.includes('grant_type=refresh_token')) await gates.answer?.wait();
      if (response.config.url?.includes('get_user_info')) await gates.userInfo?.wait();
      return response;
    });
    site = await startTokenSite({ store, qq: { axios: http, lock } });
    visitor = new Visitor(site);
    cookie = sessionCookie(await visitor.login());
  };
  afterEach(async () => {
    await site.close();
    jest.useRealTimers();
  });

  it.each(locks)('a logout leaves neither session nor tokens: %s', async (_when, lock) => {
    await start(lock);
    pass(9 * DAY);
    gates.answer = new Gate();
    const refreshing = ask(visitor, '/token');
    await gates.answer.arrived;
    const leaving = ask(visitor, '/auth/qq/logout', 'post');
    await (lock ? leaving : soon());
    gates.answer.open();
    expect((await leaving).status).toBe(204);
    expect([200, 401]).toContain((await refreshing).status);
    expect(await ids(store)).toEqual({ sessions: [], records: [] });
  });

  it('a logout does not need a lock that is not to be had', async () => {
    let away = false;
    await start(async (_key, _limits, task) => {
      if (away) throw lockTimeout();
      return task();
    });
    away = true;
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    expect(await ids(store)).toEqual({ sessions: [], records: [] });
  });

  it.each(locks)('another login leaves its own tokens only: %s', async (_when, lock) => {
    await start(lock);
    pass(9 * DAY);
    const callback = await visitor.toCallback();
    gates.answer = new Gate();
    // Without the browser's cookies, as express-session's rolling cookie of a late answer would replace the new one.
    const refreshing = fetch(`${site.url}/token`, { headers: { cookie } });
    await gates.answer.arrived;
    const landing = visitor.callback(callback).then((response) => response.status);
    await (lock ? landing : soon());
    gates.answer.open();
    expect(await landing).toBe(302);
    await refreshing;
    const { records } = await ids(store);
    expect(records).toHaveLength(1);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 200 });
  });

  it('a logout is not undone by a profile that comes back afterwards', async () => {
    await start();
    gates.userInfo = new Gate();
    const refreshing = ask(visitor, '/profile');
    await gates.userInfo.arrived;
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    gates.userInfo.open();
    expect(await refreshing).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(await ids(store)).toEqual({ sessions: [], records: [] });
  });

  it('a logout is not undone by a request that passes by and renews the lifetime', async () => {
    await start();
    pass(31 * DAY);
    const gate = new Gate();
    store.before = async (operation, id) => {
      if (operation !== 'get' || !id.startsWith('qqt_')) return;
      store.before = () => undefined;
      await gate.wait();
    };
    const passing = ask(visitor, '/');
    await gate.arrived;
    expect((await ask(sameBrowser(visitor), '/auth/qq/logout', 'post')).status).toBe(204);
    gate.open();
    await passing;
    expect(await ids(store)).toEqual({ sessions: [], records: [] });
  });

  it('a request that passes by is not kept waiting, and does not bring the old tokens back', async () => {
    await start();
    // Past half of the session's life, so that the request that passes by wants to touch the record.
    pass(31 * DAY);
    const mark = new Gate();
    store.before = async (operation, id) => {
      if (operation !== 'set' || !id.startsWith('qqt_')) return;
      store.before = () => undefined;
      await mark.wait();
    };
    const refreshing = ask(visitor, '/token');
    await mark.arrived;
    expect(await ask(sameBrowser(visitor), '/')).toMatchObject({ status: 200 });
    mark.open();
    const { token } = (await refreshing).body;
    expect(token).toEqual(expect.any(String));
    expect(await tokenOf(visitor)).toBe(token);
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('a refresh waits for a request that is just renewing the lifetime, which else would undo it', async () => {
    await start();
    pass(31 * DAY);
    const touch = new Gate();
    store.before = async (operation, id) => {
      if (operation !== 'set' || !id.startsWith('qqt_')) return;
      store.before = () => undefined;
      await touch.wait();
    };
    const passing = ask(sameBrowser(visitor), '/');
    await touch.arrived;
    const refreshing = ask(visitor, '/token');
    await new Promise((resolve) => setTimeout(resolve, 100));
    touch.open();
    await passing;
    const { token } = (await refreshing).body;
    expect(await tokenOf(visitor)).toBe(token);
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('a process that lost its lock does not undo what the next one did', async () => {
    // The first stops before its call; the second finds the token ended, and its one attempt succeeds.
    await start(noLock);
    pass(10 * DAY);
    gates.request = new Gate();
    const first = ask(visitor, '/token');
    await gates.request.arrived;
    const other = await startTokenSite({
      store,
      qq: { graphUrl: site.sandbox.url, lock: noLock, redirectUri: `${site.url}/auth/qq/callback` },
    });
    try {
      const second = await ask(sameBrowser(visitor, other), '/token');
      expect(second.status).toBe(200);
      gates.request.open();
      expect(await first).toMatchObject({ status: 200, body: second.body });
      expect(await ask(visitor, '/token')).toMatchObject({ status: 200, body: second.body });
      expect(refreshes(site.sandbox).map(({ error }) => error)).toEqual([undefined, 100021]);
    } finally {
      await other.close();
    }
  });
});
