import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import axios from 'axios';
import { lockTimeout, noLock } from '../../src/lock/lock.js';
import { pass, stopDate } from '../support/clock.js';
import { Visitor } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import {
  DAY,
  SECOND,
  ask,
  onlyRecord,
  openidOf,
  refreshes,
  sameBrowser,
  sessionCookie,
  startTokenSite,
  tokenOf,
} from '../support/token-site.js';
import type { Lock, QQConnectEvent } from '../../src/index.js';
import type { SandboxFault } from '../../src/sandbox.js';
import type { Site } from '../support/site.js';

const REFUSALS = [100021, 100022, 100036, 100037, 100038, 100039, 100040, 100041, 100042];

const LOSSES: SandboxFault[] = ['timeout', 'reset', 'truncated', 'http_500', 'html', 'empty', { error: 100055 }];

// The request was carried out, so that the refresh token is spent.
const SPENDING: SandboxFault[] = ['timeout', 'reset', 'truncated', 'empty'];

describe('req.qqConnect.accessToken()', () => {
  let site: Site;
  let store: WatchedStore;
  let visitor: Visitor;
  let first: string;
  let events: QQConnectEvent[];
  let reachable: boolean;
  let onRefresh: () => Promise<void> | void;

  beforeEach(async () => {
    stopDate();
    store = new WatchedStore();
    events = [];
    reachable = true;
    onRefresh = () => undefined;
    const http = axios.create();
    http.interceptors.request.use(async (request) => {
      if (request.url?.includes('grant_type=refresh_token')) await onRefresh();
      return reachable ? request : { ...request, url: request.url?.replace(/:\d+/, ':1') ?? '' };
    });
    site = await startTokenSite({
      store,
      qq: { timeoutMs: 1_500, axios: http, onEvent: (event) => void events.push(event) },
    });
    visitor = new Visitor(site);
    await visitor.login();
    first = await tokenOf(visitor);
  });
  afterEach(async () => {
    await site.close();
    jest.useRealTimers();
  });

  const tokenAgain = async (): Promise<unknown> => (await ask(visitor, '/token')).body.token;

  it('returns the token of the login for nine tenths of its lifetime, without a request to QQ', async () => {
    pass(9 * DAY - 1_000);
    expect(await tokenAgain()).toBe(first);
    expect(refreshes(site.sandbox)).toHaveLength(0);
  });

  it('refreshes a due token once for concurrent requests, and emits an event', async () => {
    pass(9 * DAY);
    const answers = await Promise.all(Array.from({ length: 100 }, async () => ask(visitor, '/token')));
    const tokens = new Set(answers.map(({ body }) => body.token));
    expect(tokens.size).toBe(1);
    expect(tokens).not.toContain(first);
    expect(refreshes(site.sandbox)).toHaveLength(1);
    expect(await tokenAgain()).toBe([...tokens][0]);
    expect(events.filter(({ type }) => type === 'refreshed')).toHaveLength(1);
    const record = await onlyRecord(store);
    expect(await openidOf(site.sandbox, String([...tokens][0]))).toBe(record?.openid);
    expect(record).toMatchObject({ obtainedAt: Date.now(), tokens: { expiresAt: Date.now() + 10 * DAY } });
  });

  it('keeps trying to store new tokens while the store fails, and returns them afterwards', async () => {
    pass(10 * DAY);
    let failed = 0;
    store.before = (operation, id) => {
      const isInHand = refreshes(site.sandbox).length > 0;
      if (operation !== 'set' || !id.startsWith('qqt_') || !isInHand || failed >= 4) return;
      failed += 1;
      throw new Error('disk full');
    };
    const renewed = await tokenAgain();
    expect(failed).toBe(4);
    expect(renewed).toEqual(expect.any(String));
    expect(renewed).not.toBe(first);
    expect(await tokenAgain()).toBe(renewed);
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('calls QQ only after the refresh is marked in the store', async () => {
    pass(9 * DAY);
    store.before = (operation, id) => {
      if (operation === 'set' && id.startsWith('qqt_')) throw new Error('disk full');
    };
    expect(await tokenAgain()).toBe(first);
    pass(DAY);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 503, body: { error: 'ERR_QQ_SESSION_STORE' } });
    expect(refreshes(site.sandbox)).toHaveLength(0);
  });

  it('keeps new tokens if a request saves an older session', async () => {
    pass(9 * DAY);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let sets = 0;
    store.before = async (operation, id) => {
      // The older session is read now and saved after the refresh.
      if (operation === 'set' && !id.startsWith('qqt_') && (sets += 1) === 1) await held;
    };
    const older = visitor.agent.post('/session').send({ basket: 'full' }).then(String);
    while (sets === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const renewed = await tokenAgain();
    goOn();
    await older;
    expect(renewed).not.toBe(first);
    expect(await tokenAgain()).toBe(renewed);
    pass(9 * DAY);
    expect(await tokenAgain()).not.toBe(renewed);
    expect(refreshes(site.sandbox).map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  describe('when QQ refuses the refresh token', () => {
    it.each(REFUSALS)('keeps a token that is still valid and sends no further refresh (%i)', async (code) => {
      pass(9 * DAY);
      site.sandbox.failNext('token', { error: code });
      expect(await tokenAgain()).toBe(first);
      expect(await tokenAgain()).toBe(first);
      expect(refreshes(site.sandbox)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: 'refresh_failed', qqCode: code });
      pass(DAY);
      expect(await ask(visitor, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
      expect(refreshes(site.sandbox)).toHaveLength(1);
    });

    it.each(REFUSALS)('returns 401 after the token has expired, and sends one refresh (%i)', async (code) => {
      pass(10 * DAY);
      site.sandbox.failNext('token', { error: code });
      for (let time = 0; time < 2; time += 1) {
        expect(await ask(visitor, '/token')).toMatchObject({
          status: 401,
          body: { action: 'login_again', login_url: '/auth/qq/login' },
        });
      }
      expect(refreshes(site.sandbox)).toHaveLength(1);
      await visitor.login();
      expect(await ask(visitor, '/token')).toMatchObject({ status: 200 });
    });
  });

  describe('when the response is lost', () => {
    it.each(LOSSES)('is not repeated while the token is valid, and is sent once after that (%j)', async (fault) => {
      pass(9 * DAY);
      site.sandbox.failNext('token', fault);
      for (let time = 0; time < 3; time += 1) expect(await tokenAgain()).toBe(first);
      expect(refreshes(site.sandbox)).toHaveLength(1);
      pass(DAY);
      const expected = SPENDING.includes(fault)
        ? { status: 401, body: { action: 'login_again', qq_code: 100021 } }
        : { status: 200 };
      expect(await ask(visitor, '/token')).toMatchObject(expected);
      expect(refreshes(site.sandbox)).toHaveLength(2);
    });

    it.each(['timeout', 'http_500'] as const)('repeats the attempt after a delay that grows (%s)', async (fault) => {
      pass(10 * DAY);
      for (const [attempts, delay] of [1, 2, 4].entries()) {
        site.sandbox.failNext('token', fault);
        const { status, body } = await ask(visitor, '/token');
        expect(status).toBeGreaterThanOrEqual(502);
        expect(body.action).toBe('try_later');
        pass(delay * SECOND - 1);
        expect(await ask(visitor, '/token')).toMatchObject({
          status: 503,
          body: { error: 'ERR_QQ_REFRESH_UNCONFIRMED', action: 'try_later' },
        });
        expect(refreshes(site.sandbox)).toHaveLength(attempts + 1);
        pass(1);
      }
      const expected =
        fault === 'timeout'
          ? { status: 401, body: { qq_code: 100021 } }
          : { status: 200, body: { token: expect.any(String) } };
      expect(await ask(visitor, '/token')).toMatchObject(expected);
    });
  });

  it.each([
    ['QQ could not be reached', () => (reachable = false)],
    ['QQ is overloaded', () => site.sandbox.failNext('token', { error: 100032 })],
  ])('sends the refresh token again after an error that does not use it: %s', async (_what, fail) => {
    for (const age of [9 * DAY, DAY]) {
      pass(age);
      fail();
      const { status, body } = await ask(visitor, '/token');
      expect(age === DAY ? body.action : status).toBe(age === DAY ? 'try_later' : 200);
      reachable = true;
    }
    const { status, body } = await ask(visitor, '/token');
    expect(status).toBe(200);
    expect(body.token).not.toBe(first);
  });

  describe('with a token that QQ has rejected', () => {
    const rejected = async (token: string) => ask(visitor, `/token/rejected?token=${token}`);

    it('refreshes it at any age, and once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, async () => rejected(first)));
      const tokens = new Set(answers.map(({ body }) => body.token));
      expect(tokens.size).toBe(1);
      expect(tokens).not.toContain(first);
      expect(await rejected(first)).toMatchObject({ status: 200, body: { token: [...tokens][0] } });
      expect(refreshes(site.sandbox)).toHaveLength(1);
    });

    it('does not return that token again after the refresh, successful or not', async () => {
      reachable = false;
      expect(await rejected(first)).toMatchObject({ status: 502 });
      reachable = true;
      site.sandbox.failNext('token', 'http_500');
      expect(await rejected(first)).toMatchObject({ status: 502 });
      pass(SECOND);
      const token = await tokenAgain();
      expect(token).not.toBe(first);
      expect(token).toEqual(expect.any(String));
    });

    it('also while a refresh runs that returns the same token', async () => {
      pass(9 * DAY);
      site.sandbox.failNext('token', { error: 100032 });
      let goOn = (): void => undefined;
      const begun = new Promise<void>((resolve) => {
        onRefresh = async () => {
          resolve();
          onRefresh = () => undefined;
          await new Promise<void>((release) => (goOn = release));
        };
      });
      const asking = ask(visitor, '/token');
      await begun;
      const read = new Promise<void>((resolve) => {
        store.before = (operation, id) => {
          if (operation === 'get' && id.startsWith('qqt_')) resolve();
        };
      });
      const rejecting = rejected(first);
      await read;
      await new Promise((resolve) => setTimeout(resolve, 20));
      goOn();
      const [due, refused] = await Promise.all([asking, rejecting]);
      expect([due.status, refused.status]).toEqual([200, 200]);
      expect(refused.body.token).not.toBe(first);
    });
  });
});

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

  it('is QQ’s expires_in: 90-day tokens refreshed at day 82 are valid at day 91 and at day 120', async () => {
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

  it('ends without a used refresh token: tokens of 60 days refreshed at day 55 send none at day 116', async () => {
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

  it('ends when QQ refuses the refresh, and the last token stays in use until it expires', async () => {
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

  it('ends with QQ’s 100021 if the store lost the record of a refresh', async () => {
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

describe('during a refresh', () => {
  let site: Site;
  let store: WatchedStore;
  let visitor: Visitor;
  let cookie: string;
  let gates: { request?: Gate; answer?: Gate; userInfo?: Gate };
  let changeAnswer: ((body: string) => string) | undefined;

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
      if (response.config.url?.includes('grant_type=refresh_token')) {
        await gates.answer?.wait();
        if (changeAnswer)
          response.data = Buffer.from(changeAnswer(Buffer.from(response.data as Uint8Array).toString()));
      }
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

  it('a logout leaves no tokens while the new ones are being stored', async () => {
    await start();
    pass(9 * DAY);
    const stored = new Gate();
    let writes = 0;
    store.before = async (operation, id) => {
      if (operation === 'set' && id.startsWith('qqt_') && (writes += 1) === 2) await stored.wait();
    };
    const refreshing = ask(visitor, '/token');
    await stored.arrived;
    expect((await ask(visitor, '/auth/qq/logout', 'post')).status).toBe(204);
    stored.open();
    expect(await refreshing).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(await ids(store)).toMatchObject({ sessions: [], records: [], tombstones: [expect.any(String)] });
  });

  it('tokens of another user are not stored, and the valid token serves', async () => {
    await start();
    const first = await tokenOf(visitor);
    pass(9 * DAY);
    changeAnswer = (body) => body.replace(/\}\s*$/, ',"openid":"ANOTHER-USER"}');
    expect(await tokenOf(visitor)).toBe(first);
    expect(refreshes(site.sandbox)).toHaveLength(1);
    changeAnswer = undefined;
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

  it('a valid token is returned without a wait for a lock that another process holds', async () => {
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

  it('a logout is not undone by a profile that arrives later', async () => {
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

  it('a process that lost its lock does not overwrite the tokens of the next one', async () => {
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
