import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import request from 'supertest';
import { Visitor } from '../support/site.js';
import { attemptCookie, sessionCookie, setCookies } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

describe('a callback that is requested again', () => {
  let site: WatchedSite;
  let store: session.MemoryStore;
  beforeAll(async () => {
    store = new session.MemoryStore();
    site = await startWatchedSite({ store });
  });
  afterAll(async () => site.close());

  it('redirects a logged-in user to the returnTo, without a request to QQ', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private?page=3');
    await visitor.callback(callback);
    const asked = site.sandbox.requests.length;
    for (let reload = 0; reload < 3; reload += 1) {
      const again = await visitor.callback(callback);
      expect([again.status, again.headers.location]).toEqual([302, '/private?page=3']);
    }
    expect(site.sandbox.requests).toHaveLength(asked);
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('is redirected again for the last three logins of a session', async () => {
    const visitor = new Visitor(site);
    const callbacks: URL[] = [];
    for (const page of ['/?1', '/?2', '/?3', '/?4']) {
      callbacks.push(await visitor.toCallback(page));
      await visitor.callback(callbacks.at(-1) ?? new URL(site.url));
    }
    const answers = await Promise.all(callbacks.map(async (callback) => visitor.callback(callback)));
    expect(answers.map(({ status }) => status)).toEqual([400, 302, 302, 302]);
  });

  it('shares one exchange, and one onLogin, with a concurrent callback', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/private');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const before = { asked: site.asked('token'), logins: site.logins() };
    const answers = await Promise.all(
      [1, 2, 3].map(async () =>
        request(site.url)
          .get(callback.pathname + callback.search)
          .set('Cookie', attemptCookie(login)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([302, 302, 302]);
    expect(site.asked('token') - before.asked).toBe(1);
    expect(site.logins() - before.logins).toBe(1);
    const sessions = answers.map((answer) => sessionCookie(answer));
    expect(new Set(sessions).size).toBe(1);
    const user = await request(site.url)
      .get('/auth/qq/user')
      .set('Cookie', sessions[1] ?? '');
    expect(user.status).toBe(200);
  });

  it('shares the failure with a concurrent callback, and leaves no session', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    site.sandbox.failNext('user_info', { error: 1002 });
    const sessions = Object.keys((store as unknown as { sessions: object }).sessions).length;
    const answers = await Promise.all(
      [1, 2].map(async () =>
        request(site.url)
          .get(callback.pathname + callback.search)
          .set('Cookie', attemptCookie(login)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(answers.map((answer) => sessionCookie(answer))).toEqual(['', '']);
    expect(Object.keys((store as unknown as { sessions: object }).sessions)).toHaveLength(sessions);
  });

  it('gives the same browser its session when the first response was lost, and QQ is not called again', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const replay = async () =>
      request(site.url)
        .get(callback.pathname + callback.search)
        .set('Cookie', attemptCookie(login));
    expect((await replay()).status).toBe(302);
    const asked = site.sandbox.requests.length;
    const again = await replay();
    expect(again.status).toBe(302);
    expect(site.sandbox.requests).toHaveLength(asked);
    const user = await request(site.url).get('/auth/qq/user').set('Cookie', sessionCookie(again));
    expect(user.status).toBe(200);

    const foreign = await request(site.url).get(callback.pathname + callback.search);
    expect([foreign.status, sessionCookie(foreign)]).toEqual([400, '']);

    await request(site.url).post('/auth/qq/logout').set('Cookie', sessionCookie(again));
    const late = await replay();
    expect([late.status, sessionCookie(late)]).toEqual([400, '']);
    expect(late.text).toContain('ERR_QQ_STATE_UNKNOWN');
    expect(site.sandbox.requests).toHaveLength(asked);
  });

  it('gives the browser its session when the application’s own timeout answered first', async () => {
    let release = (): void => undefined;
    let reached = (): void => undefined;
    const inOnLogin = new Promise<void>((resolve) => (reached = resolve));
    await using slow = await startWatchedSite({
      before: (app) =>
        app.use('/auth/qq/callback', (req, res, next) => {
          if (req.get('x-timeout')) void inOnLogin.then(() => res.status(503).end('timeout'));
          next();
        }),
      qq: {
        onLogin: async () => {
          reached();
          await new Promise<void>((resolve) => (release = resolve));
        },
      },
    });
    const visitor = new Visitor(slow);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/private');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const cookie = attemptCookie(login);
    const path = callback.pathname + callback.search;
    const first = await request(slow.url).get(path).set('Cookie', cookie).set('X-Timeout', 'yes');
    expect(first.status).toBe(503);
    release();
    const again = await request(slow.url).get(path).set('Cookie', cookie);
    expect([again.status, again.headers.location]).toEqual([302, '/private']);
    const user = await request(slow.url).get('/private').set('Cookie', sessionCookie(again));
    expect(user.status).toBe(200);
  });

  it('shows the first cause when the callback of a failed login is reloaded', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    site.sandbox.failNext('token', { error: 100009 });
    const asked = site.asked('token');
    for (let time = 0; time < 3; time += 1) {
      const response = await visitor.callback(callback);
      expect(response.status).toBe(500);
      expect(response.text).toContain('100009');
    }
    expect(site.asked('token') - asked).toBe(1);
  });

  it('waits for the onLogin that is running, which runs once', async () => {
    let running = 0;
    await using slow = await startWatchedSite({
      qq: {
        onLogin: async () => {
          running += 1;
          await wait(100);
        },
      },
    });
    const visitor = new Visitor(slow);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const replay = async () =>
      request(slow.url)
        .get(callback.pathname + callback.search)
        .set('Cookie', attemptCookie(login));
    const first = replay();
    while (running === 0) await wait(5);
    expect((await Promise.all([first, replay()])).map(({ status }) => status)).toEqual([302, 302]);
    expect(running).toBe(1);
  });

  it('does not log the user in after a logout', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    await visitor.callback(callback);
    await visitor.agent.post('/auth/qq/logout');
    expect((await visitor.callback(callback)).status).toBe(400);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });
});

const pages = Array.from({ length: 10 }, (_, index) => `/private?tab=${index}`);

const orders: [string, (callbacks: URL[]) => URL[]][] = [
  ['in the order they were opened', (callbacks) => callbacks],
  ['the newest first', (callbacks) => callbacks.toReversed()],
  ['from the middle outwards', (callbacks) => callbacks.toSorted((a, b) => a.search.localeCompare(b.search))],
];

describe('a user with several tabs', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(orders)('logs in in two tabs that are completed %s', async (_order, arrange) => {
    const visitor = new Visitor(site);
    const callbacks = [await visitor.toCallback(pages[0]), await visitor.toCallback(pages[1])];
    for (const callback of arrange(callbacks)) {
      const response = await visitor.callback(callback);
      expect(response.status).toBe(302);
      expect(response.headers.location).toBe(pages[callbacks.indexOf(callback)]);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it.each(orders)('logs in in ten tabs that are completed %s', async (_order, arrange) => {
    const visitor = new Visitor(site);
    const callbacks: URL[] = [];
    for (const page of pages) callbacks.push(await visitor.toCallback(page));
    for (const callback of arrange(callbacks)) {
      const response = await visitor.callback(callback);
      expect(response.headers.location).toBe(pages[callbacks.indexOf(callback)]);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it('logs in in ten tabs that are opened and completed at the same time', async () => {
    const visitor = new Visitor(site);
    const callbacks = await Promise.all(pages.map(async (page) => visitor.toCallback(page)));
    const responses = await Promise.all(callbacks.map(async (callback) => visitor.callback(callback)));
    expect(responses.map(({ headers }) => headers.location)).toEqual(pages);
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('logs in after a double click on the button with either of the two logins', async () => {
    for (const finished of [0, 1]) {
      const visitor = new Visitor(site);
      const clicks = await Promise.all([visitor.toCallback('/private'), visitor.toCallback('/private')]);
      const response = await visitor.callback(clicks[finished] ?? clicks[0]);
      expect(response.headers.location).toBe('/private');
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it('logs in although another tab was left at QQ', async () => {
    const visitor = new Visitor(site);
    const abandoned = await visitor.toCallback('/private?tab=abandoned');
    await visitor.login('/private');
    expect((await visitor.agent.get('/private')).status).toBe(200);
    const late = await visitor.callback(abandoned);
    expect(late.headers.location).toBe('/private?tab=abandoned');
  });

  it('keeps the data of their session in every tab', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ basket: ['tea'] });
    for (const callback of [await visitor.toCallback('/'), await visitor.toCallback('/')]) {
      await visitor.callback(callback);
      expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: ['tea'] });
    }
  });
});

const prefetches: [string, Record<string, string>][] = [
  ['Sec-Purpose: prefetch', { 'Sec-Purpose': 'prefetch' }],
  ['Sec-Purpose: prefetch;prerender', { 'Sec-Purpose': 'prefetch;prerender' }],
  ['Sec-Purpose: prefetch;anonymous-client-ip', { 'Sec-Purpose': 'prefetch;anonymous-client-ip' }],
  ['Purpose: prefetch', { Purpose: 'prefetch' }],
  ['Purpose: preview', { Purpose: 'preview' }],
  ['X-Moz: prefetch', { 'X-Moz': 'prefetch' }],
  ['X-Purpose: preview', { 'X-Purpose': 'preview' }],
];

describe('a browser that prefetches', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(prefetches)('starts no login with %s', async (_name, headers) => {
    const visitor = new Visitor(site);
    const response = await visitor.agent.get('/auth/qq/login').set(headers);
    expect([response.status, response.text, setCookies(response)]).toEqual([503, '', []]);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it.each(prefetches)('uses neither state nor code with %s', async (_name, headers) => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    const asked = site.sandbox.requests.length;
    const early = await visitor.callback(callback).set(headers);
    expect([early.status, setCookies(early)]).toEqual([503, []]);
    expect(site.sandbox.requests).toHaveLength(asked);
    const real = await visitor.callback(callback);
    expect(real.headers.location).toBe('/private');
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('uses neither state nor code with HEAD', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.head('/auth/qq/login');
    expect([login.status, setCookies(login)]).toEqual([204, []]);
    const callback = await visitor.toCallback('/private');
    const asked = site.sandbox.requests.length;
    const head = await visitor.agent.head(callback.pathname + callback.search);
    expect([head.status, setCookies(head)]).toEqual([204, []]);
    expect(site.sandbox.requests).toHaveLength(asked);
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });
});
