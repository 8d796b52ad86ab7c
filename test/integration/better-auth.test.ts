import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { genericOAuth } from 'better-auth/plugins';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { qq, qqRefresh } from '../../src/better-auth.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import type { Upstream } from '../support/upstream.js';

const SITE = 'http://127.0.0.1:3000';
const APP = { clientId: MADE_UP.appId, clientSecret: MADE_UP.appKey };

type Row = Record<string, unknown>;

interface AuthOptions {
  /** In place of tables in memory. */
  embedded?: Database.Database;
  /** Whether better-auth refreshes through this package. */
  withRefreshPlugin?: boolean;
}

async function startAuth(upstream: Upstream, { embedded, withRefreshPlugin = true }: AuthOptions = {}) {
  const database: Record<string, Row[]> = { user: [], session: [], account: [], verification: [] };
  const provider = qq({ ...APP, graphUrl: upstream.url });
  const genericOAuthPlugin = genericOAuth({ config: [provider] });
  const auth = betterAuth({
    baseURL: SITE,
    secret: 'a secret of this test, of more than 32 characters',
    database: embedded
      ? { db: new Kysely({ dialect: new SqliteDialect({ database: embedded }) }), type: 'sqlite' as const }
      : memoryAdapter(database),
    plugins: withRefreshPlugin ? [genericOAuthPlugin, qqRefresh(provider)] : [genericOAuthPlugin],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  if (embedded) await (await auth.$context).runMigrations();
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
    const { database, login } = await startAuth(upstream);
    expect(await login()).toMatch(/\/in$/);
    expect(database.account).toMatchObject([{ providerId: 'qq', accountId: MADE_UP.openid }]);
    expect(database.user).toMatchObject([{ name: MADE_UP.nickname, emailVerified: false }]);
    expect(database.user?.[0]?.email).toMatch(/\.invalid$/);
  });

  it('finds the same user at the second login', async () => {
    const { database, login } = await startAuth(upstream);
    await login();
    await login();
    expect([database.user?.length, database.account?.length]).toEqual([1, 1]);
  });

  it('creates no user where user_info or me fails', async () => {
    const { database, login } = await startAuth(upstream);
    upstream.next('user_info', JSON.stringify({ ret: 100030, msg: 'no permission' }));
    expect(await login()).toContain('/failed');
    upstream.next('token', JSON.stringify({ access_token: MADE_UP.accessToken, expires_in: 1 }));
    upstream.next('me', 'callback( {} );');
    expect(await login()).toContain('/failed');
    expect(database.user).toEqual([]);
  });

  it('refreshes an expired token once for two concurrent requests', async () => {
    const { database, login, send } = await startAuth(upstream);
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

  it("refreshes through better-auth's own request without the plugin, and stores the new refresh token", async () => {
    const { database, login, send } = await startAuth(upstream, { withRefreshPlugin: false });
    await login();
    const account = database.account?.[0];
    if (!account) throw new Error('no account');
    account.accessTokenExpiresAt = new Date(Date.now() - 1000);
    const renewed = { access_token: 'N0001100', expires_in: '7776000', refresh_token: 'N0002200' };
    upstream.next('token', JSON.stringify(renewed));
    const getAccessToken = async (): Promise<Response> => send('/api/auth/get-access-token', { accountId: account.id });
    expect(await (await getAccessToken()).json()).toMatchObject({ accessToken: renewed.access_token });
    const { body } = upstream.requests.at(-1) ?? { body: '' };
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: MADE_UP.refreshToken,
      fmt: 'json',
    });
    expect(account.refreshToken).toBe(renewed.refresh_token);
    const before = upstream.asked('token').length;
    await getAccessToken();
    expect(upstream.asked('token')).toHaveLength(before);
  });

  it('keeps users, accounts and refreshed tokens in an embedded database', async () => {
    const embedded = new Database(':memory:');
    const { login, send } = await startAuth(upstream, { embedded });
    const rows = (sql: string): Row[] => embedded.prepare(sql).all() as Row[];
    upstream.next('user_info', JSON.stringify({ ret: 100030, msg: 'no permission' }));
    expect(await login()).toContain('/failed');
    expect(rows('SELECT id FROM user')).toEqual([]);

    await login();
    await login();
    expect(rows('SELECT name, emailVerified FROM user')).toMatchObject([{ name: MADE_UP.nickname, emailVerified: 0 }]);
    expect(rows('SELECT accountId FROM account')).toMatchObject([{ accountId: MADE_UP.openid }]);

    embedded.prepare('UPDATE account SET accessTokenExpiresAt = ?').run(new Date(0).toISOString());
    const [account] = rows('SELECT id FROM account');
    const before = upstream.asked('token').length;
    upstream.next('token', JSON.stringify({ access_token: 'N0001100', expires_in: 60, refresh_token: 'N0002200' }));
    await send('/api/auth/get-access-token', { accountId: account?.id });
    expect(rows('SELECT accessToken, refreshToken FROM account')).toMatchObject([
      { accessToken: 'N0001100', refreshToken: 'N0002200' },
    ]);
    expect(upstream.asked('token')).toHaveLength(before + 1);
    embedded.close();
  });

  it('shows no secret when it is inspected or as JSON, and names a wrong option', () => {
    const provider = qq(APP);
    expect(inspect(provider, { depth: 9, showHidden: true }) + JSON.stringify(provider)).not.toContain(MADE_UP.appKey);
    expect(() => qq({ ...APP, clientId: '' })).toThrow(/clientId is missing/);
  });
});
