import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import request from 'supertest';
import { Visitor } from '../support/site.js';
import { attemptCookie, sessionCookie } from './support/cookies.js';
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

  it('leads a logged-in user on to where they wanted to go, and QQ is not asked again', async () => {
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

  it('is known for the last three logins of a session', async () => {
    const visitor = new Visitor(site);
    const callbacks: URL[] = [];
    for (const page of ['/?1', '/?2', '/?3', '/?4']) {
      callbacks.push(await visitor.toCallback(page));
      await visitor.callback(callbacks.at(-1) ?? new URL(site.url));
    }
    const answers = await Promise.all(callbacks.map(async (callback) => visitor.callback(callback)));
    expect(answers.map(({ status }) => status)).toEqual([400, 302, 302, 302]);
  });

  it('shares one exchange, and one onLogin, with another at the same moment', async () => {
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

  it('shares the failure with another at the same moment, and leaves no session behind', async () => {
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

  it('of a login that onLogin is still busy with waits for it, and runs it once', async () => {
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

  it('after a logout does not log the user in', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    await visitor.callback(callback);
    await visitor.agent.post('/auth/qq/logout');
    expect((await visitor.callback(callback)).status).toBe(400);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });
});
