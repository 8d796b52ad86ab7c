import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { clientOf, failure, grant, login } from '../support/client.js';
import { MADE_UP, barrier, reset, startUpstream } from '../support/upstream.js';
import type { Upstream } from '../support/upstream.js';

const { accessToken, appId, openid, unionid, nickname } = MADE_UP;
const me = (body: object) => `callback( ${JSON.stringify(body)} );\n`;
const tokenWithoutOpenid = JSON.stringify({ access_token: accessToken, expires_in: 7776000 });

describe('a login through QQConnectClient', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(() => upstream.close());
  const calls = () => upstream.asked('token', 'me', 'user_info');

  it('takes two calls where the token answer brings the openid', async () => {
    expect(await login(clientOf(upstream))).toMatchObject({ appId, openid, nickname });
    expect(calls()).toEqual(['token', 'user_info']);
    expect(upstream.requests[1]?.query.get('openid')).toBe(openid);
  });

  it('takes three calls where it does not', async () => {
    upstream.always('token', tokenWithoutOpenid);
    expect(await login(clientOf(upstream))).toMatchObject({ appId, openid, nickname });
    expect(calls()).toEqual(['token', 'me', 'user_info']);
    expect(upstream.requests[2]?.query.get('openid')).toBe(openid);
  });

  it('asks for a unionid on request only', async () => {
    expect(await login(clientOf(upstream))).not.toHaveProperty('unionid');
    expect(upstream.requests.some(({ query }) => query.has('unionid'))).toBe(false);
    expect(await login(clientOf(upstream, { unionid: true }))).toHaveProperty('unionid', unionid);
    expect(upstream.requests.find(({ endpoint }) => endpoint === 'me')?.query.get('unionid')).toBe('1');
  });

  it('asks for the unionid beside the profile, not before it', async () => {
    const together = barrier(2); // neither is answered before both were asked
    upstream.always('me', async () => {
      await together();
      return me({ client_id: appId, openid, unionid });
    });
    upstream.always('user_info', async () => {
      await together();
      return JSON.stringify({ ret: 0, nickname });
    });
    expect(await login(clientOf(upstream, { unionid: true }))).toMatchObject({ openid, unionid, nickname });
    expect(calls()).toHaveLength(3);
  });

  it.each([100048, 100049])('loses nothing but the unionid to %i', async (error) => {
    upstream.always('me', me({ error, error_description: 'CompanyID not set' }));
    const user = await login(clientOf(upstream, { unionid: true }));
    expect(user).toMatchObject({ openid, nickname });
    expect(user).not.toHaveProperty('unionid');
    expect(upstream.asked('token', 'me')).toEqual(['token', 'me']);
  });

  it.each([100048, 100049])('asks me again without the unionid where %i came in place of the openid', async (error) => {
    upstream.always('token', tokenWithoutOpenid);
    upstream.next('me', me({ error, error_description: 'CompanyID not set' }));
    const user = await login(clientOf(upstream, { unionid: true }));
    expect(user).toMatchObject({ openid, nickname });
    expect(calls()).toEqual(['token', 'me', 'me', 'user_info']);
    const asked = upstream.requests
      .filter(({ endpoint }) => endpoint === 'me')
      .map(({ query }) => query.get('unionid'));
    expect(asked).toEqual(['1', null]);
  });

  it.each(['', null, 7, undefined, '\ud800', 'U'.repeat(129)])(
    'goes on without a unionid where me has %j',
    async (missing) => {
      upstream.always('me', me({ client_id: appId, openid, unionid: missing }));
      expect(await login(clientOf(upstream, { unionid: true }))).not.toHaveProperty('unionid');
    },
  );

  it('forgives no other error of me', async () => {
    upstream.always('me', me({ error: 100016, error_description: 'access token check failed' }));
    const error = await failure(login(clientOf(upstream, { unionid: true })));
    expect(error).toMatchObject({ step: 'me', qqCode: 100016, action: 'login_again' });
  });

  it('refuses an access token of another application', async () => {
    upstream.always('token', tokenWithoutOpenid);
    for (const client_id of ['100000043', 100000043, null, '', ` ${appId}`]) {
      upstream.always('me', me({ client_id, openid }));
      const error = await failure(login(clientOf(upstream)));
      expect(error).toMatchObject({
        code: 'ERR_QQ_CLIENT_ID_MISMATCH',
        step: 'me',
        action: 'login_again',
        status: 502,
      });
    }
    expect(upstream.asked('user_info')).toEqual([]);
  });

  it('accepts our own APP ID as a number, and an answer without one', async () => {
    for (const client_id of [Number(appId), undefined]) {
      upstream.always('me', me({ client_id, openid }));
      expect(await clientOf(upstream).fetchOpenId(accessToken)).toEqual({ clientId: appId, openid });
    }
  });

  it('refuses an answer of me that names another user than the token', async () => {
    upstream.always('me', me({ client_id: appId, openid: 'F'.repeat(32), unionid }));
    const error = await failure(login(clientOf(upstream, { unionid: true })));
    expect(error).toMatchObject({ code: 'ERR_QQ_OPENID_MISMATCH', step: 'me', action: 'login_again' });
  });

  it.each(['', null, 7, {}, [], true, '\ud800A', 'A\udc00', 'A\ufffd', 'A'.repeat(129)])(
    'never takes %j for an openid, at any step',
    async (wrong) => {
      const missing = { code: 'ERR_QQ_OPENID_MISSING', status: 502 };
      const client = clientOf(upstream);
      upstream.always('token', JSON.stringify({ access_token: accessToken, openid: wrong }));
      expect(await failure(login(client))).toMatchObject({ ...missing, step: 'token' });
      upstream.always('token', tokenWithoutOpenid);
      upstream.always('me', me({ client_id: appId, openid: wrong }));
      expect(await failure(login(client))).toMatchObject({ ...missing, step: 'me' });
      expect(await failure(client.fetchUser({ accessToken, openid: wrong as string }))).toMatchObject(missing);
      expect(upstream.asked('user_info')).toEqual([]);
    },
  );

  it('takes any other text of at most 128 characters for an openid', async () => {
    for (const odd of ['A'.repeat(128), 'a b', '用户', '\u{1f600}']) {
      upstream.always('token', JSON.stringify({ access_token: accessToken, openid: odd }));
      expect(await login(clientOf(upstream))).toHaveProperty('openid', odd);
    }
  });

  it('never takes an openid that an answer names twice', async () => {
    upstream.always('token', `{"access_token":"${accessToken}","openid":"${openid}","openid":"${'F'.repeat(32)}"}`);
    expect(await failure(login(clientOf(upstream)))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'token' });
    upstream.always('token', tokenWithoutOpenid);
    upstream.always('me', `callback( {"openid":"${openid}","client_id":"${appId}","openid":"${openid}"} );`);
    expect(await failure(login(clientOf(upstream)))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'me' });
    expect(upstream.asked('user_info')).toEqual([]);
  });

  it('succeeds although QQ closes the kept connection at each of its calls', async () => {
    const client = clientOf(upstream);
    await login(client);
    for (const endpoint of ['token', 'user_info'] as const) {
      upstream.next(endpoint, reset);
      expect(await login(client)).toHaveProperty('openid', openid);
    }
    expect(calls().slice(2)).toEqual(['token', 'token', 'user_info', 'token', 'user_info', 'user_info']);
  });

  it('sends a refresh token once, although QQ closes the connection', async () => {
    const client = clientOf(upstream);
    await login(client);
    upstream.next('token', reset);
    expect(await failure(client.refreshTokenGrant('RT'))).toMatchObject({ code: 'ERR_QQ_NETWORK', step: 'refresh' });
    expect(calls()).toEqual(['token', 'user_info', 'token']);
  });

  it('names the application if an interceptor of its axios instance returns no response', async () => {
    const instance = axios.create();
    instance.interceptors.response.use((response) => response.data as never);
    expect(await failure(login(clientOf(upstream, { axios: instance })))).toMatchObject({
      code: 'ERR_QQ_CONFIGURATION',
      message: expect.stringContaining('axios'),
    });
  });

  it('uses a code once, whatever becomes of the call', async () => {
    const client = clientOf(upstream, { timeoutMs: 2_000 });
    for (const error of [100017, 100023, 100032, 100062]) {
      upstream.next('token', me({ error, error_description: 'system error' }));
      expect(await failure(grant(client))).toMatchObject({ step: 'token', qqCode: error });
    }
    for (const answer of ['', '<html>', { status: 500 }, 'expires_in=1']) {
      upstream.next('token', answer);
      expect(await failure(grant(client))).not.toHaveProperty('qqCode');
    }
    expect(calls()).toEqual(Array<string>(8).fill('token'));
  });
});
