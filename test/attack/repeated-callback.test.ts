import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import request from 'supertest';
import { Visitor } from '../support/site.js';
import { attemptCookie, sessionCookie } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

class CountingStore extends session.MemoryStore {
  readonly records: string[] = [];

  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    if (id.startsWith('qqt_') && !this.records.includes(id)) this.records.push(id);
    super.set(id, data, callback);
  }
}

describe('a callback that is requested again', () => {
  let site: WatchedSite;
  let store: CountingStore;
  beforeAll(async () => {
    store = new CountingStore();
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

  it('shares one exchange, one onLogin and one token record with another at the same moment', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/private');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const before = { asked: site.asked('token'), logins: site.logins(), records: store.records.length };
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
    expect(store.records.length - before.records).toBe(1);
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

  it('spends nothing a second time when the cookie of the attempt is sent again afterwards', async () => {
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
    expect(again.status).toBe(400);
    expect(again.text).toContain('ERR_QQ_STATE_UNKNOWN');
    expect(sessionCookie(again)).toBe('');
    expect(site.sandbox.requests).toHaveLength(asked);
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

  it('after a logout logs nobody in', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    await visitor.callback(callback);
    await visitor.agent.post('/auth/qq/logout');
    expect((await visitor.callback(callback)).status).toBe(400);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });
});
