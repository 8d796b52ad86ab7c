import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { QQConnectClient, parseQQBody } from '../../src/client.js';
import { readQQError } from '../../src/protocol/body.js';
import { flatUserInfo, toQQUser } from '../../src/protocol/profile.js';
import { clientOf, failure, grant, login } from '../support/client.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { exchanges, recorded } from './wire.js';
import type { Upstream, UpstreamEndpoint } from '../support/upstream.js';
import type { Exchange, Normalized } from './wire.js';

const text = (value: unknown) => value ?? '';

/** Tencent's picture hosts have https, and most samples do not say so. */
const upgraded = (url: string) => url.replace(/^http:(?=\/\/\w+\.qlogo\.cn\/)/, 'https:');

describe('parseQQBody reads the recorded responses', () => {
  it('of every kind of endpoint, format and outcome', () => {
    expect(exchanges.length).toBeGreaterThan(60);
    expect(new Set(exchanges.map(({ kind }) => kind)).size).toBeGreaterThan(15);
  });

  it.each(recorded(/token|refresh/, 'success'))('%s: the tokens', (_id, { response, normalized }) => {
    const body = parseQQBody(response.body);
    expect(readQQError(body)).toBeUndefined();
    expect(body.access_token).toBe(normalized.access_token);
    expect(Number(body.expires_in)).toBe(normalized.expires_in);
    expect(text(body.refresh_token)).toBe(text(normalized.refresh_token));
    expect(body.openid).toBe(normalized.openid);
  });

  it.each(recorded(/^me/, 'success'))('%s: the identity', (_id, { response, normalized }) => {
    const { client_id, openid, unionid } = parseQQBody(response.body);
    expect({ client_id, openid, unionid }).toEqual({
      client_id: normalized.client_id,
      openid: normalized.openid,
      unionid: normalized.unionid,
    });
  });

  it.each(recorded(/^userinfo/, 'success'))('%s: the profile', (_id, { response, normalized }) => {
    const body = parseQQBody(response.body);
    expect(readQQError(body)).toBeUndefined();
    const user = toQQUser({ appId: 'an app', openid: 'an openid' }, flatUserInfo(body));
    expect(user.nickname).toBe(normalized.nickname);
    expect(user.avatarUrl).toBe(normalized.avatar ? upgraded(normalized.avatar) : undefined);
    expect(body.gender).toBe(normalized.gender_raw);
  });

  const said = recorded(/./, 'error').filter(([, { normalized }]) => normalized.reason === undefined);
  it.each(said)('%s: the error', (_id, { response, normalized }) => {
    expect(readQQError(parseQQBody(response.body))).toEqual({
      qqCode: normalized.provider_code,
      qqMessage: text(normalized.provider_message),
    });
  });

  const unreadable = recorded(/malformed/).filter(([, { normalized }]) => normalized.reason === 'malformed');
  it.each(unreadable)('%s: as nothing', (_id, { response }) => {
    expect(() => parseQQBody(response.body)).toThrow(
      expect.objectContaining({ code: 'ERR_QQ_INVALID_RESPONSE', action: 'try_later' }),
    );
  });
});

const CODES: Record<NonNullable<Normalized['reason']>, string> = {
  malformed: 'ERR_QQ_INVALID_RESPONSE',
  no_access_token: 'ERR_QQ_INVALID_RESPONSE',
  http_error: 'ERR_QQ_HTTP_STATUS',
  client_id_mismatch: 'ERR_QQ_CLIENT_ID_MISMATCH',
};

describe('QQConnectClient reads the recorded responses', () => {
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

const { accessToken, appId, openid, unionid, nickname } = MADE_UP;

const who = { client_id: appId, openid };

const jsonp = (body: object) => `callback( ${JSON.stringify(body)} );\n`;

// The recorded suites contradict each other in these places; each line is one of them, settled.
describe('recorded responses that contradict each other', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(() => upstream.close());

  const identity = async (body: string, type = 'text/html') => {
    upstream.always('me', { headers: { 'content-type': type }, body });
    return clientOf(upstream).fetchOpenId(accessToken);
  };
  const profile = async (body: string) => {
    upstream.always('user_info', body);
    return clientOf(upstream).fetchUser({ accessToken, openid });
  };
  const tokens = async (body: string) => {
    upstream.always('token', body);
    return grant(clientOf(upstream));
  };

  it('me may come as bare JSON, JSONP or a form, whatever its content type says', async () => {
    const bodies = [JSON.stringify(who), jsonp(who), `client_id=${appId}&openid=${openid}`];
    for (const type of ['text/html', 'application/json', 'application/x-www-form-urlencoded', 'image/png']) {
      for (const body of bodies) expect(await identity(body, type)).toEqual({ clientId: appId, openid });
    }
  });

  it('token may come as JSONP', async () => {
    expect(await tokens(jsonp({ access_token: 'AT', expires_in: 60 }))).toHaveProperty('accessToken', 'AT');
  });

  it('user info may come without ret, if a nickname or an avatar is in it and no error', async () => {
    expect(await profile('{"nickname":"n"}')).toHaveProperty('nickname', 'n');
    expect(await profile('{"figureurl_qq_1":"https://q.qlogo.cn/40"}')).toHaveProperty('avatarUrl');
    for (const body of [
      '{"city":"x"}',
      '{}',
      '{"nickname":"n","error":null}',
      '{"figureurl_qq_1":""}',
      '{"nickname":7}',
    ]) {
      expect(await failure(profile(body))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'user_info' });
    }
  });

  it('ret, error and expires_in may be strings', async () => {
    expect(await profile('{"ret":"0","nickname":"n"}')).toHaveProperty('nickname', 'n');
    expect(await failure(profile('{"ret":"1002","msg":"x"}'))).toMatchObject({ qqCode: 1002, action: 'login_again' });
    expect(await failure(identity('{"error":"100016"}'))).toMatchObject({ qqCode: 100016 });
    expect(await tokens('{"access_token":"AT","expires_in":"60"}')).toHaveProperty('expiresAt');
  });

  it('a client_id that is not our APP ID is refused, a missing one is not', async () => {
    expect(await failure(identity(jsonp({ ...who, client_id: '9' })))).toMatchObject({
      code: 'ERR_QQ_CLIENT_ID_MISMATCH',
    });
    expect(await identity(jsonp({ openid }))).toEqual({ clientId: appId, openid });
  });

  it('a requested unionid may be missing', async () => {
    upstream.always('me', jsonp(who));
    expect(await login(clientOf(upstream, { unionid: true }))).not.toHaveProperty('unionid');
    upstream.always('me', jsonp({ ...who, unionid }));
    expect(await login(clientOf(upstream, { unionid: true }))).toHaveProperty('unionid', unionid);
  });

  it('a token response without an openid causes a request to me', async () => {
    upstream.always('token', `access_token=${accessToken}&expires_in=60`);
    expect(await login(clientOf(upstream))).toMatchObject({ openid, nickname });
    expect(upstream.asked('token', 'me', 'user_info')).toEqual(['token', 'me', 'user_info']);
  });

  it('a refresh without a new refresh token keeps the old one', async () => {
    upstream.always('token', '{"access_token":"AT2","expires_in":"60"}');
    expect(await clientOf(upstream).refreshTokenGrant('RT1')).toMatchObject({
      accessToken: 'AT2',
      refreshToken: 'RT1',
    });
  });

  it('a body with a comma too many or control characters counts as an error or a nickname, never as an identity', async () => {
    const sample = 'callback( {"error":100016,"error_description":"access token check failed",} );';
    expect(await failure(identity(sample))).toMatchObject({ qqCode: 100016, qqMessage: 'access token check failed' });
    expect(await profile('{"ret":0,"nickname":"a\u0007b",}')).toHaveProperty('nickname', 'a b');
    for (const body of [
      `callback( {"openid":"${openid}",} );`,
      `{"client_id":"${appId}","openid":"${openid}\u0001"}`,
    ]) {
      expect(await failure(identity(body))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'me' });
    }
    expect(await failure(tokens('{"access_token":"AT",}'))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE' });
  });

  it('a token_type of any value is ignored', async () => {
    for (const type of ['mac', 'Bearer', '', 7, null]) {
      expect(await tokens(JSON.stringify({ access_token: 'AT', token_type: type }))).toEqual({ accessToken: 'AT' });
    }
  });

  it('expires_in may be missing: then there is no expiresAt', async () => {
    expect(await tokens('access_token=AT')).not.toHaveProperty('expiresAt');
  });

  it('a nickname of null is an empty one', async () => {
    expect(await profile('{"ret":0,"nickname":null}')).toHaveProperty('nickname', '');
  });

  it('a body with neither a success nor a known error is ERR_QQ_INVALID_RESPONSE', async () => {
    for (const body of ['{}', 'callback( {} );', 'x=y', '{"status":"ok"}', '{"error":{}}']) {
      expect(await failure(tokens(body))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'token' });
      expect((await failure(identity(body))).code).toMatch(/ERR_QQ_(INVALID_RESPONSE|OPENID_MISSING)/);
      expect(await failure(profile(body))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'user_info' });
    }
  });

  it('an openid that is missing, empty or no string logs no user in', async () => {
    for (const wrong of ['', 7, null, false, [], {}]) {
      expect((await failure(tokens(JSON.stringify({ access_token: 'AT', openid: wrong })))).step).toBe('token');
      expect(await failure(identity(jsonp({ ...who, openid: wrong })))).toMatchObject({
        code: 'ERR_QQ_OPENID_MISSING',
      });
    }
    expect(await failure(identity(jsonp({ client_id: appId })))).toMatchObject({ code: 'ERR_QQ_OPENID_MISSING' });
  });
});
