import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import axios from 'axios';
import { Visitor } from '../support/site.js';
import { WatchedStore } from '../support/store.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, ask, refreshes, startTokenSite, tokenOf } from '../support/token-site.js';
import type { SandboxFault } from '../../src/sandbox.js';
import type { Site } from '../support/site.js';

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

  it('ask QQ once, however many ask at a time', async () => {
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

  it.each(FAULTS)('keep what there was when QQ fails (%j)', async (fault) => {
    site.sandbox.failNext('user_info', fault);
    const { status, body } = await ask(visitor, '/auth/qq/refresh', 'post');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toHaveProperty('action');
    expect(await shown()).toBe('before');
    expect(refreshes(site.sandbox)).toHaveLength(0);
  });

  it('keep what there was when the session cannot be stored', async () => {
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

  it.each([100013, 100014, 100015, 100016, -23])('renew a token that QQ rejects, and ask again (%i)', async (code) => {
    const first = await tokenOf(visitor);
    site.sandbox.failNext('user_info', { error: code });
    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 200, body: { nickname: 'after' } });
    expect(refreshes(site.sandbox)).toHaveLength(1);
    expect(profiles()).toBe(3);
    expect(await tokenOf(visitor)).not.toBe(first);
  });

  it('renew a token that is due first', async () => {
    pass(9 * DAY);
    expect(await ask(visitor, '/profile')).toMatchObject({ status: 200, body: { nickname: 'after' } });
    expect(refreshes(site.sandbox)).toHaveLength(1);
  });

  it('ask for a login when the user has withdrawn the permission', async () => {
    site.sandbox.revoke(site.sandbox.users[0]?.openid ?? '');
    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({
      status: 401,
      body: { action: 'login_again' },
    });
    expect(await shown()).toBe('before');
  });
});

describe("with tokens: 'discard'", () => {
  it('keeps the user without tokens, and accessToken() says why there is none', async () => {
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
