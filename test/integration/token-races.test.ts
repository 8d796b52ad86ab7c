import { afterEach, describe, expect, it, jest } from '@jest/globals';
import axios from 'axios';
import { lockTimeout, noLock } from '../../src/lock/lock.js';
import { Visitor } from '../support/site.js';
import { WatchedStore, ids } from '../support/store.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, ask, refreshes, sameBrowser, sessionCookie, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Lock } from '../../src/index.js';
import type { Site } from '../support/site.js';

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

/** A lock as redisLock is for one process: tasks run one after another. */
function serialLock(): Lock {
  let tail: Promise<unknown> = Promise.resolve();
  return async (_key, _limits, task) => {
    const run = tail.then(task);
    tail = run.catch(() => undefined);
    return run;
  };
}

const locks: [string, Lock][] = [
  ['with a lock', serialLock()],
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
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    gates.answer.open();
    expect(await refreshing).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(await ids(store)).toMatchObject({ sessions: [], records: [] });
  });

  it.each([
    ['its own error', async () => Promise.reject(Object.assign(new Error('of a database'), { code: 'ECONNREFUSED' }))],
    ['nothing', async () => Promise.reject(undefined as unknown as Error)],
    ['a lock timeout', async () => Promise.reject(lockTimeout())],
  ])('a lock that rejects with %s stops neither logout nor login, and a valid token serves', async (_what, reject) => {
    let away = false;
    await start(async (_key, _limits, task) => (away ? reject() : task()));
    const first = await tokenOf(visitor);
    away = true;
    pass(9 * DAY);
    expect(await tokenOf(visitor)).toBe(first);
    pass(DAY);
    const failed = await ask(visitor, '/token');
    expect(failed).toMatchObject({ status: 503, body: { error: 'ERR_QQ_SESSION_STORE', action: 'try_later' } });
    expect(String(failed.body.message)).toMatch(/lock/);
    expect((await visitor.login()).status).toBe(302);
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    expect(await ids(store)).toMatchObject({ sessions: [], records: [] });
  });

  it('a lock that fails after its task does not discard the new token', async () => {
    await start(async (_key, _limits, task) => {
      await task();
      throw new Error('could not release');
    });
    const first = await tokenOf(visitor);
    pass(10 * DAY);
    const { status, body } = await ask(visitor, '/token');
    expect(status).toBe(200);
    expect(body.token).not.toBe(first);
  });

  it('a valid token is returned without waiting for a lock that another process holds', async () => {
    const waits: number[] = [];
    await start(async (_key, { waitMs }) => {
      waits.push(waitMs);
      throw lockTimeout();
    });
    const first = await tokenOf(visitor);
    pass(9 * DAY);
    expect(await tokenOf(visitor)).toBe(first);
    expect(waits).toEqual([0]);
    pass(DAY);
    expect((await ask(visitor, '/token')).status).toBe(503);
    expect(waits[1]).toBeGreaterThan(0);
  });

  it.each(locks)('another login leaves its own tokens only: %s', async (_when, lock) => {
    await start(lock);
    pass(9 * DAY);
    const callback = await visitor.toCallback();
    gates.answer = new Gate();
    // Without the browser's cookies, as express-session's rolling cookie of a late answer would replace the new one.
    const refreshing = fetch(`${site.url}/token`, { headers: { cookie } });
    await gates.answer.arrived;
    expect((await visitor.callback(callback)).status).toBe(302);
    gates.answer.open();
    expect((await refreshing).status).toBe(401);
    expect(await ids(store)).toMatchObject({ records: [], sessions: [expect.any(String)] });
    expect(await ask(visitor, '/token')).toMatchObject({ status: 200 });
  });

  it('a logout is not undone by a profile that arrives afterwards', async () => {
    await start();
    gates.userInfo = new Gate();
    const refreshing = ask(visitor, '/profile');
    await gates.userInfo.arrived;
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    gates.userInfo.open();
    expect(await refreshing).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(await ids(store)).toMatchObject({ sessions: [], records: [] });
  });

  it('a session that is saved late, after a logout, brings no tokens back', async () => {
    await start();
    const late = new Gate();
    store.before = async (operation, id) => {
      if (operation !== 'set' || id.startsWith('qqt_')) return;
      store.before = () => undefined;
      await late.wait();
    };
    const saving = visitor.agent.post('/session').send({ basket: 'full' }).then(String);
    await late.arrived;
    const other = sameBrowser(visitor);
    const before = sessionCookie({ headers: { 'set-cookie': cookie } });
    expect((await ask(other, '/auth/qq/logout', 'post')).status).toBe(204);
    late.open();
    await saving;
    const response = await fetch(`${site.url}/token`, { headers: { cookie: before, accept: 'application/json' } });
    expect(response.status).toBe(401);
  });

  it('a 100021 does not remove the tokens of a refresh that another process has not finished', async () => {
    await start(noLock);
    pass(10 * DAY);
    gates.answer = new Gate();
    const slow = ask(visitor, '/token'); // QQ has answered it; the answer is on its way
    await gates.answer.arrived;
    pass(2_000);
    const other = await startTokenSite({
      store,
      qq: { graphUrl: site.sandbox.url, lock: noLock, redirectUri: `${site.url}/auth/qq/callback` },
    });
    try {
      expect(await ask(sameBrowser(visitor, other), '/token')).toMatchObject({
        status: 401,
        body: { qq_code: 100021 },
      });
      gates.answer.open();
      const { status, body } = await slow;
      expect(status).toBe(200);
      expect(await ask(sameBrowser(visitor, other), '/token')).toMatchObject({ status: 200, body });
    } finally {
      await other.close();
    }
  });

  it('a profile that is reloaded keeps what another request stored meanwhile', async () => {
    await start();
    gates.userInfo = new Gate();
    const reloading = ask(visitor, '/profile');
    await gates.userInfo.arrived;
    await sameBrowser(visitor).agent.post('/session').send({ basket: 'full' });
    gates.userInfo.open();
    expect((await reloading).status).toBe(200);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });
  });

  it('a second login keeps what another request stored meanwhile', async () => {
    await start();
    const callback = await visitor.toCallback();
    gates.userInfo = new Gate();
    const completing = visitor.callback(callback).then(String);
    await gates.userInfo.arrived;
    await fetch(`${site.url}/session`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ basket: 'full' }),
    });
    gates.userInfo.open();
    await completing;
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });
  });

  it('a process that lost its lock does not undo what the next one did', async () => {
    // The first stops before its call; the second finds the token expired, and its attempt succeeds after the delay.
    await start(noLock);
    pass(10 * DAY);
    gates.request = new Gate();
    const first = ask(visitor, '/token');
    await gates.request.arrived;
    pass(1_000);
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
