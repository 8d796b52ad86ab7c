import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QQConnectClient, isQQConnectError } from '../../src/client.js';
import { startUpstream } from '../support/upstream.js';
import { recorded } from './wire.js';
import type { QQConnectError } from '../../src/client.js';
import type { Upstream, UpstreamEndpoint } from '../support/upstream.js';
import type { Exchange, Normalized } from './wire.js';

const CODES: Record<NonNullable<Normalized['reason']>, string> = {
  malformed: 'ERR_QQ_INVALID_RESPONSE',
  no_access_token: 'ERR_QQ_INVALID_RESPONSE',
  http_error: 'ERR_QQ_HTTP_STATUS',
  client_id_mismatch: 'ERR_QQ_CLIENT_ID_MISMATCH',
};

const upgraded = (url: string) => url.replace(/^http:(?=\/\/\w+\.qlogo\.cn\/)/, 'https:');

async function failure(call: Promise<unknown>): Promise<QQConnectError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isQQConnectError(error)) throw new Error('no error of QQ Connect', { cause: error });
  return error;
}

describe('QQConnectClient understands the recorded answers', () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(() => upstream.close());

  function clientFor({ normalized }: Exchange): QQConnectClient {
    return new QQConnectClient({
      appId: normalized.client_id ?? 'an-app-of-ours',
      appKey: 'an-app-key-of-ours',
      redirectUri: 'https://www.example.com/callback',
      graphUrl: upstream.url,
      unionid: normalized.unionid !== undefined,
    });
  }

  /** Lets the upstream answer as recorded, and calls the method whose answer it is. */
  function ask(exchange: Exchange) {
    const client = clientFor(exchange);
    const { status, content_type, body } = exchange.response;
    const endpoint: UpstreamEndpoint = exchange.kind.startsWith('me')
      ? 'me'
      : exchange.kind.startsWith('userinfo')
        ? 'user_info'
        : 'token';
    upstream.next(endpoint, { status, headers: { 'content-type': content_type ?? 'text/html' }, body });
    return {
      grant: () =>
        exchange.kind.startsWith('refresh')
          ? client.refreshTokenGrant('a refresh token')
          : client.authorizationCodeGrant('?code=a-code&state=a-state', { expectedState: 'a-state' }),
      me: () => client.fetchOpenId('an access token'),
      user: () => client.fetchUser({ accessToken: 'an access token', openid: 'an openid' }),
      any() {
        return endpoint === 'me' ? this.me() : endpoint === 'user_info' ? this.user() : this.grant();
      },
      endpoint,
    };
  }

  it.each(recorded(/token|refresh/, 'success'))('%s: as tokens', async (_id, exchange) => {
    const { normalized } = exchange;
    const before = Date.now();
    const tokens = await ask(exchange).grant();
    expect(tokens.accessToken).toBe(normalized.access_token);
    expect(tokens.refreshToken).toBe(normalized.refresh_token ?? undefined);
    expect(tokens.openid).toBe(normalized.openid);
    const lifetime = (normalized.expires_in ?? 0) * 1000;
    expect(tokens.expiresAt).toBeGreaterThanOrEqual(before + lifetime);
    expect(tokens.expiresAt).toBeLessThanOrEqual(Date.now() + lifetime);
  });

  it.each(recorded(/^me/, 'success'))('%s: as an identity', async (_id, exchange) => {
    const identity = await ask(exchange).me();
    expect(identity.openid).toBe(exchange.normalized.openid);
    expect(identity.unionid).toBe(exchange.normalized.unionid);
    expect(identity.clientId).toBe(exchange.normalized.client_id ?? 'an-app-of-ours');
  });

  it.each(recorded(/^userinfo/, 'success'))('%s: as a user', async (_id, exchange) => {
    const { nickname, avatar, gender_raw } = exchange.normalized;
    const user = await ask(exchange).user();
    expect(user.openid).toBe('an openid');
    expect(user.nickname).toBe(nickname);
    expect(user.avatarUrl).toBe(avatar ? upgraded(avatar) : undefined);
    expect(user.raw.gender).toBe(gender_raw);
  });

  it.each(recorded(/./, 'error'))('%s: as an error', async (_id, exchange) => {
    const { provider_code, provider_message, reason } = exchange.normalized;
    const asked = ask(exchange);
    const error = await failure(asked.any());
    expect(error.kind).toBe('response');
    expect(error.step).toBe(asked.endpoint);
    if (reason) {
      expect(error.code).toBe(CODES[reason]);
      expect(error.qqCode).toBeUndefined();
    } else {
      expect(error.code).toBe('ERR_QQ_RESPONSE');
      expect(error.qqCode).toBe(provider_code);
      expect(error.qqMessage ?? '').toBe((provider_message ?? '').trim());
    }
  });
});
