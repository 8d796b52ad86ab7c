import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import axios from 'axios';
import { pass, stopDate } from '../support/clock.js';
import { Visitor, startSite } from '../support/site.js';
import { WatchedStore } from '../support/store.js';
import { DAY, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import type { QQUser } from '../../src/index.js';
import type { SandboxFault } from '../../src/sandbox.js';
import type { Site } from '../support/site.js';
import type { Upstream } from '../support/upstream.js';

const { appId, openid } = MADE_UP;

describe('the user of a request', () => {
  let upstream: Upstream;
  let site: Site;
  let seen: (QQUser | undefined)[];

  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startSite({
      qq: { graphUrl: upstream.url },
      routes: (app) =>
        app.get('/me', (req, res) => {
          seen.push(req.qqUser, req.qqUser);
          res.json({ has: 'qqUser' in req, user: req.qqUser ?? null });
        }),
    });
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });
  beforeEach(() => {
    seen = [];
  });

  async function loggedIn(profile: object): Promise<Visitor> {
    upstream.always('user_info', JSON.stringify({ ret: 0, msg: '', ...profile }));
    const visitor = new Visitor(site);
    await visitor.login();
    return visitor;
  }

  it('is undefined if the user is not logged in', async () => {
    expect((await new Visitor(site).agent.get('/me')).body).toEqual({ has: true, user: null });
  });

  it('is available to each later handler, with the raw response, and is created once', async () => {
    const profile = {
      nickname: '🌙',
      gender: '男',
      gender_type: 2,
      figureurl_qq_1: 'http://thirdqq.qlogo.cn/40',
      vip: '0',
    };
    const visitor = await loggedIn(profile);
    expect((await visitor.agent.get('/me')).body).toEqual({
      has: true,
      user: {
        appId,
        openid,
        nickname: '🌙',
        figureurl_qq_1: 'https://thirdqq.qlogo.cn/40',
        avatarUrl: 'https://thirdqq.qlogo.cn/40',
        raw: { ret: 0, msg: '', ...profile },
      },
    });
    expect(seen[0]).toBe(seen[1]);
  });

  it('is returned by GET user without raw', async () => {
    const visitor = await loggedIn({ nickname: '', province: '广东', city: '深圳', year: '1990', gender: '男' });
    const response = await visitor.agent.get('/auth/qq/user');
    expect(response.status).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.body).toEqual({ appId, openid, nickname: '' });
  });

  it('is answered by GET user with 401 and the login URL if the user is not logged in', async () => {
    const response = await new Visitor(site).agent.get('/auth/qq/user');
    expect(response.status).toBe(401);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).toEqual({ error: 'login_required', login_url: '/auth/qq/login' });
  });

  it('contains no token, nor does a session that the application prints', async () => {
    const visitor = await loggedIn({ nickname: 'n' });
    const answers = await Promise.all(['/me', '/session', '/auth/qq/user'].map((path) => visitor.agent.get(path)));
    for (const { text } of answers) {
      for (const secret of [MADE_UP.accessToken, MADE_UP.refreshToken, MADE_UP.code])
        expect(text).not.toContain(secret);
    }
  });

  it('keeps no nested data of a profile', async () => {
    const visitor = await loggedIn({ nickname: 'n', deep: { a: [1] }, list: ['x'] });
    expect((await visitor.agent.get('/me')).body).toHaveProperty('user.raw', { ret: 0, msg: '', nickname: 'n' });
  });

  it('contains no nested data of any depth', async () => {
    const deep = '['.repeat(5_000) + ']'.repeat(5_000);
    upstream.always('user_info', `{"ret":0,"nickname":"n","deep":${deep}}`);
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/me')).body).toHaveProperty('user.raw', { ret: 0, nickname: 'n' });
  });

  it('is read from JSON in the store, also with __proto__ in it', async () => {
    upstream.always('user_info', '{"ret":0,"nickname":"n","__proto__":"x","constructor":"y"}');
    const visitor = new Visitor(site);
    await visitor.login();
    const { body } = (await visitor.agent.get('/me')) as { body: { user: QQUser } };
    expect(body.user.raw).toEqual({ ret: 0, nickname: 'n', constructor: 'y' });
  });

  it('is read from the store as QQ sent it, with missing or additional fields', async () => {
    const sent = { ret: 0, is_lost: 0, nickname: 'n', gender: null, city: '', level: '0', vip: 1, new_field: true };
    upstream.always('user_info', JSON.stringify(sent));
    const visitor = new Visitor(site);
    await visitor.login();
    const { body } = (await visitor.agent.get('/me')) as { body: { user: QQUser } };
    expect(body.user.raw).toEqual(sent);
  });

  it('is undefined for a router of another APP ID that shares the session', async () => {
    const visitor = await loggedIn({ nickname: 'n' });
    await visitor.agent
      .post('/session')
      .send({ qqConnect: { appId: '9', openid, profile: { values: [] }, finished: [] } });
    expect((await visitor.agent.get('/me')).body).toEqual({ has: true, user: null });
  });

  it.each([undefined, null, {}, { values: 'x' }])('is undefined if the stored profile is %j', async (profile) => {
    const visitor = await loggedIn({ nickname: 'n' });
    await visitor.agent.post('/session').send({ qqConnect: { appId, openid, profile, finished: [] } });
    expect((await visitor.agent.get('/me')).body).toEqual({ has: true, user: null });
    expect((await visitor.agent.get('/private').set('Accept', 'application/json')).status).toBe(401);
  });

  it('is undefined if the stored login has no list of completed logins', async () => {
    const visitor = await loggedIn({ nickname: 'n' });
    await visitor.agent.post('/session').send({ qqConnect: { appId, openid, profile: { values: [] } } });
    expect((await visitor.agent.get('/me')).body).toEqual({ has: true, user: null });
    expect((await visitor.login()).status).toBe(302);
  });

  it.each(['', 7, null])('is undefined if the stored openid is %j', async (wrong) => {
    const visitor = await loggedIn({ nickname: 'n' });
    await visitor.agent
      .post('/session')
      .send({ qqConnect: { appId, openid: wrong, profile: { values: [] }, finished: [] } });
    expect((await visitor.agent.get('/me')).body).toEqual({ has: true, user: null });
    expect((await visitor.agent.get('/private').set('Accept', 'application/json')).status).toBe(401);
  });

  it.each(['post', 'put', 'delete'] as const)('is read by GET and HEAD, not by %s', async (method) => {
    const response = await new Visitor(site).agent[method]('/auth/qq/user');
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('GET, HEAD');
  });
});

const FAULTS: SandboxFault[] = [
  { error: -22 },
  { error: 1002 },
  'timeout',
  'reset',
  'http_500',
  'html',
  'truncated',
  'empty',
];

describe('req.qqConnect.refreshUser() and POST {basePath}/refresh', () => {
  let site: Site;
  let store: WatchedStore;
  let visitor: Visitor;
  let profile: Record<string, unknown>;
  let held: boolean;

  beforeEach(async () => {
    stopDate();
    store = new WatchedStore();
    profile = {};
    held = false;
    // A user whose profile changes while they are logged in.
    const http = axios.create();
    http.interceptors.response.use(async (response) => {
      while (held) await new Promise((resolve) => setTimeout(resolve, 5));
      const body = Buffer.from(response.data as ArrayBuffer).toString();
      if (response.config.url?.includes('get_user_info') && /"ret": ?0,[^]*}\s*$/.test(body))
        response.data = Buffer.from(JSON.stringify({ ...(JSON.parse(body) as object), ...profile }));
      return response;
    });
    site = await startTokenSite({
      store,
      qq: { timeoutMs: 1_000, axios: http },
      sandbox: { users: [{ nickname: 'before' }] },
    });
    visitor = new Visitor(site);
    await visitor.login();
    profile = { nickname: 'after' };
  });
  afterEach(async () => {
    await site.close();
    jest.useRealTimers();
  });

  const shown = async (): Promise<unknown> => (await ask(visitor, '/auth/qq/user')).body.nickname;
  const profiles = (): number => site.sandbox.requests.filter(({ endpoint }) => endpoint === 'user_info').length;

  it('fetch the profile again and keep it', async () => {
    expect(await shown()).toBe('before');
    const { status, body } = await ask(visitor, '/auth/qq/refresh', 'post');
    expect([status, body.nickname]).toEqual([200, 'after']);
    expect(body).not.toHaveProperty('raw');
    expect(await shown()).toBe('after');
  });

  it('send one request to QQ for concurrent calls', async () => {
    let arrived = 0;
    store.before = (operation, id) => {
      // Each request reads the session twice: at its start, and before it calls QQ.
      if (operation === 'get' && !id.startsWith('qqt_')) arrived += 1;
    };
    held = true;
    const asking = Promise.all(Array.from({ length: 30 }, async () => ask(visitor, '/auth/qq/refresh', 'post')));
    while (arrived < 60) await new Promise((resolve) => setTimeout(resolve, 20));
    held = false;
    const answers = await asking;
    expect(new Set(answers.map(({ body }) => body.nickname))).toEqual(new Set(['after']));
    expect(profiles()).toBe(2);
    expect(await shown()).toBe('after');
  });

  it.each(FAULTS)('keep the profile when QQ fails (%j)', async (fault) => {
    site.sandbox.failNext('user_info', fault);
    const { status, body } = await ask(visitor, '/auth/qq/refresh', 'post');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toHaveProperty('action');
    expect(await shown()).toBe('before');
    expect(refreshes(site.sandbox)).toHaveLength(0);
  });

  it('keep the profile when the session cannot be stored', async () => {
    store.before = (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) throw new Error('disk full');
    };
    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 503 });
    store.before = () => undefined;
    expect(await shown()).toBe('before');
  });

  it('never replace a good profile with one that QQ calls incomplete', async () => {
    profile.is_lost = 1;
    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 200, body: { nickname: 'before' } });
    expect(await shown()).toBe('before');
    profile.is_lost = 0;
    expect(await ask(visitor, '/profile')).toMatchObject({ body: { nickname: 'after' } });
  });

  it.each([100013, 100014, 100015, 100016, -23])(
    'refresh a token that QQ rejects, and repeat the request (%i)',
    async (code) => {
      const first = await tokenOf(visitor);
      site.sandbox.failNext('user_info', { error: code });
      expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({
        status: 200,
        body: { nickname: 'after' },
      });
      expect(refreshes(site.sandbox)).toHaveLength(1);
      expect(profiles()).toBe(3);
      expect(await tokenOf(visitor)).not.toBe(first);
    },
  );

  it('refresh a due token first', async () => {
    pass(9 * DAY);
    expect(await ask(visitor, '/profile')).toMatchObject({ status: 200, body: { nickname: 'after' } });
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('return 401 if the user has withdrawn the permission', async () => {
    site.sandbox.revoke(site.sandbox.users[0]?.openid ?? '');
    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({
      status: 401,
      body: { action: 'login_again' },
    });
    expect(await shown()).toBe('before');
  });
});

describe("with tokens: 'discard'", () => {
  it('keeps the user without tokens, and accessToken() throws a configuration error', async () => {
    const store = new WatchedStore();
    await using site = await startTokenSite({ store, qq: { tokens: 'discard' } });
    const visitor = new Visitor(site);
    await visitor.login();
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 200 });
    expect(store.log).not.toContain('set record');
    for (const [path, method] of [
      ['/token', 'get'],
      ['/profile', 'get'],
      ['/auth/qq/refresh', 'post'],
    ] as const) {
      expect(await ask(visitor, path, method)).toMatchObject({ status: 500, body: { action: 'fix_configuration' } });
    }
    expect(await ask(visitor, '/auth/qq/logout', 'post')).toMatchObject({ status: 204 });
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 401 });
  });
});
