import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { genericOAuth } from 'better-auth/plugins';
import { qq, qqRefresh } from '../../src/better-auth.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import type { Upstream } from '../support/upstream.js';

const SITE = 'http://127.0.0.1:3000';
const APP = { clientId: MADE_UP.appId, clientSecret: MADE_UP.appKey };

type Row = Record<string, unknown>;

function startAuth(upstream: Upstream) {
  const database: Record<string, Row[]> = { user: [], session: [], account: [], verification: [] };
  const provider = qq({ ...APP, graphUrl: upstream.url });
  const auth = betterAuth({
    baseURL: SITE,
    secret: 'a secret of this test, of more than 32 characters',
    database: memoryAdapter(database),
    plugins: [genericOAuth({ config: [provider] }), qqRefresh(provider)],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  const cookies = new Map<string, string>();
  const send = async (path: string, body?: object): Promise<Response> => {
    const response = await auth.handler(
      new Request(new URL(path, SITE), {
        method: body ? 'POST' : 'GET',
        headers: {
          origin: SITE,
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  const login = async (): Promise<string> => {
    const started = await send('/api/auth/sign-in/social', {
      provider: 'qq',
      callbackURL: '/in',
      errorCallbackURL: '/failed',
    });
    const { url } = (await started.json()) as { url: string };
    const atQQ = await fetch(url, { redirect: 'manual' });
    const callback = await send(atQQ.headers.get('location') ?? '');
    return callback.headers.get('location') ?? '';
  };
  return { database, login, send };
}

describe('qq() for better-auth', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(() => upstream.close());

  it('creates a user with the openid as account and an address that cannot receive mail', async () => {
    const { database, login } = startAuth(upstream);
    expect(await login()).toMatch(/\/in$/);
    expect(database.account).toMatchObject([{ providerId: 'qq', accountId: MADE_UP.openid }]);
    expect(database.user).toMatchObject([{ name: MADE_UP.nickname, emailVerified: false }]);
    expect(database.user?.[0]?.email).toMatch(/\.invalid$/);
  });

  it('finds the same user at the second login', async () => {
    const { database, login } = startAuth(upstream);
    await login();
    await login();
    expect([database.user?.length, database.account?.length]).toEqual([1, 1]);
  });

  it('creates no user where user_info or me fails', async () => {
    const { database, login } = startAuth(upstream);
    upstream.next('user_info', JSON.stringify({ ret: 100030, msg: 'no permission' }));
    expect(await login()).toContain('/failed');
    upstream.next('token', JSON.stringify({ access_token: MADE_UP.accessToken, expires_in: 1 }));
    upstream.next('me', 'callback( {} );');
    expect(await login()).toContain('/failed');
    expect(database.user).toEqual([]);
  });

  it('refreshes an expired token once where two requests come at the same moment', async () => {
    const { database, login, send } = startAuth(upstream);
    await login();
    const account = database.account?.[0];
    if (!account) throw new Error('no account');
    account.accessTokenExpiresAt = new Date(Date.now() - 1000);
    const before = upstream.asked('token').length;
    const bodies = await Promise.all(
      [1, 2].map(async () => (await send('/api/auth/get-access-token', { accountId: account.id })).json()),
    );
    expect(bodies).toMatchObject([{ accessToken: MADE_UP.accessToken }, { accessToken: MADE_UP.accessToken }]);
    expect(upstream.asked('token')).toHaveLength(before + 1);
    expect(upstream.requests.at(-1)?.headers['user-agent']).toBe('express-qq-connect');
  });

  it('shows its secret neither inspected nor as JSON, and names a wrong option', () => {
    const provider = qq(APP);
    expect(inspect(provider, { depth: 9, showHidden: true }) + JSON.stringify(provider)).not.toContain(MADE_UP.appKey);
    expect(() => qq({ ...APP, clientId: '' })).toThrow(/clientId is missing/);
  });
});
