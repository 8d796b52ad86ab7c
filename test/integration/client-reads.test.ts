import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clientOf, failure } from '../support/client.js';
import { MADE_UP, reset, startUpstream } from '../support/upstream.js';
import type { QQConnectClient } from '../../src/client.js';
import type { Upstream, UpstreamAnswer } from '../support/upstream.js';

const { accessToken, appId, openid, unionid, nickname } = MADE_UP;

describe('QQConnectClient reads', () => {
  let upstream: Upstream;
  let client: QQConnectClient;
  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream);
  });
  afterEach(() => upstream.close());

  it('who an access token was issued for', async () => {
    expect(await client.fetchOpenId(accessToken)).toEqual({ clientId: appId, openid });
    expect(await clientOf(upstream, { unionid: true }).fetchOpenId(accessToken)).toEqual({
      clientId: appId,
      openid,
      unionid,
    });
    const [first] = upstream.requests;
    expect(first).toMatchObject({ method: 'GET', path: '/oauth2.0/me' });
    expect(first?.query.get('access_token')).toBe(accessToken);
  });

  it('the profile, as QQ sent it', async () => {
    upstream.always('user_info', '{"ret":0,"msg":"","nickname":"n","vip":"0","figureurl_qq_2":""}');
    expect(await client.fetchUserInfo({ accessToken, openid })).toEqual({
      ret: 0,
      msg: '',
      nickname: 'n',
      vip: '0',
      figureurl_qq_2: '',
    });
    expect(Object.fromEntries(upstream.requests[0]?.query ?? [])).toEqual({
      access_token: accessToken,
      oauth_consumer_key: appId,
      openid,
    });
  });

  it('any other API, with the user’s identity last', async () => {
    upstream.always('other', '{"ret":0,"albums":[{"id":"a"}],"albumnum":1}');
    const params = { format: 'json', openid: 'ANOTHER' };
    const body = await client.callApi('/photo/list_album', { accessToken, openid, params });
    expect(body).toEqual({ ret: 0, albums: [{ id: 'a' }], albumnum: 1 });
    expect(upstream.requests[0]?.path).toBe('/photo/list_album');
    expect(Object.fromEntries(upstream.requests[0]?.query ?? [])).toEqual({
      format: 'json',
      access_token: accessToken,
      oauth_consumer_key: appId,
      openid,
    });
  });

  it('any other API’s errors as its own', async () => {
    upstream.always('other', '{"ret":100030,"msg":"this api without user authorization"}');
    expect(await failure(client.callApi('/photo/list_album', { accessToken, openid }))).toMatchObject({
      step: 'api',
      endpoint: '/photo/list_album',
      qqCode: 100030,
      qqMessage: 'this api without user authorization',
      action: 'login_again',
    });
  });

  it.each(['@evil.example/x', '.evil.example/x', 'photo/list_album', '/a?b=c', '/a#b', '/a\\b', '/a b', ''])(
    'no API at the path %j, which would take the token elsewhere',
    async (path) => {
      const error = await failure(client.callApi(path, { accessToken, openid }));
      expect(error).toMatchObject({ kind: 'configuration', action: 'fix_configuration' });
      expect(upstream.requests).toEqual([]);
    },
  );

  const failedStep = { error: 100025, error_description: 'system error' };

  it('once more where a step failed at Tencent', async () => {
    upstream.next('me', `callback( ${JSON.stringify(failedStep)} );`);
    upstream.next('user_info', '{"ret":100033,"msg":"system error"}');
    upstream.next('other', JSON.stringify(failedStep));
    upstream.always('other', '{"ret":0}');
    expect(await client.fetchOpenId(accessToken)).toHaveProperty('openid', openid);
    expect(await client.fetchUserInfo({ accessToken, openid })).toHaveProperty('nickname', nickname);
    expect(await client.callApi('/x', { accessToken, openid })).toEqual({ ret: 0 });
    expect(upstream.asked('me', 'user_info', 'other')).toEqual([
      'me',
      'me',
      'user_info',
      'user_info',
      'other',
      'other',
    ]);
  });

  it('no third time', async () => {
    upstream.always('me', JSON.stringify(failedStep));
    expect(await failure(client.fetchOpenId(accessToken))).toMatchObject({ qqCode: 100025, status: 502 });
    expect(upstream.requests).toHaveLength(2);
  });

  it.each<[string, UpstreamAnswer, string]>([
    ['any other error of QQ', '{"ret":1002,"msg":"请先登录"}', 'ERR_QQ_RESPONSE'],
    ['an overload', '{"ret":100032,"msg":"busy"}', 'ERR_QQ_RESPONSE'],
    ['an unlisted number', '{"ret":2021,"msg":"?"}', 'ERR_QQ_RESPONSE'],
    ['a page', '<html>', 'ERR_QQ_INVALID_RESPONSE'],
    ['an HTTP error', { status: 500 }, 'ERR_QQ_HTTP_STATUS'],
    ['a reset', reset, 'ERR_QQ_NETWORK'],
  ])('nothing a second time after %s', async (_what, answer, code) => {
    upstream.always('user_info', answer);
    expect(await failure(client.fetchUserInfo({ accessToken, openid }))).toMatchObject({ code, step: 'user_info' });
    expect(upstream.requests).toHaveLength(1);
  });

  it('and names the HTTP status of an answer that has one', async () => {
    upstream.always('me', { status: 503, body: '' });
    expect((await failure(client.fetchOpenId(accessToken))).message).toBe('me: QQ answered with HTTP status 503');
  });
});
