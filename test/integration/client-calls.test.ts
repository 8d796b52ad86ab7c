import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clientOf, failure } from '../support/client.js';
import { MADE_UP, hang, reset, startUpstream } from '../support/upstream.js';
import type { QQConnectClient, QQConnectError } from '../../src/client.js';
import type { Upstream, UpstreamAnswer, UpstreamEndpoint } from '../support/upstream.js';

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

describe('a failed call of QQConnectClient', () => {
  const { accessToken, appKey, code, openid, refreshToken } = MADE_UP;

  const TIMEOUT_MS = 600;

  const steps: [string, UpstreamEndpoint, string, (client: QQConnectClient) => Promise<unknown>][] = [
    [
      'token',
      'token',
      '/oauth2.0/token',
      (client) => client.authorizationCodeGrant(`?code=${code}&state=${accessToken}`, { expectedState: accessToken }),
    ],
    ['refresh', 'token', '/oauth2.0/token', (client) => client.refreshTokenGrant(refreshToken)],
    ['me', 'me', '/oauth2.0/me', (client) => client.fetchOpenId(accessToken)],
    ['user_info', 'user_info', '/user/get_user_info', (client) => client.fetchUserInfo({ accessToken, openid })],
    ['api', 'other', '/x/y', (client) => client.callApi('/x/y', { accessToken, openid, params: { p: code } })],
  ];

  const whole = JSON.stringify({
    access_token: accessToken,
    refresh_token: refreshToken,
    openid,
    ret: 0,
    nickname: 'n',
  });

  /** QQ, or whatever stands in its way, repeats everything that it was sent. */
  const parrot: UpstreamAnswer = ({ query }) =>
    JSON.stringify({ error: 100013, error_description: [...query.values()].join(' ') });

  const loudPage: UpstreamAnswer = ({ query }) => ({ status: 502, body: `<html>${query.toString()}</html>` });

  const cutShort: UpstreamAnswer = (_request, res) => {
    res.writeHead(200, { 'content-length': '999' }).write(whole, () => res.socket?.destroy());
    return undefined;
  };

  const faults: [string, UpstreamAnswer, string][] = [
    ['resets', reset, 'ERR_QQ_NETWORK'],
    ['hangs', hang, 'ERR_QQ_TIMEOUT'],
    ['sends too much', 'x'.repeat(70_000), 'ERR_QQ_BODY_TOO_LARGE'],
    ['sends half of it', whole.slice(0, -9), 'ERR_QQ_INVALID_RESPONSE'],
    ['sends less than announced', cutShort, 'ERR_QQ_NETWORK'],
    ['sends nothing', '', 'ERR_QQ_INVALID_RESPONSE'],
    ['sends a page', '<html>oops</html>', 'ERR_QQ_INVALID_RESPONSE'],
    ['sends a page that repeats the request', loudPage, 'ERR_QQ_HTTP_STATUS'],
    ['redirects', { status: 302, headers: { location: 'https://evil.example/' } }, 'ERR_QQ_HTTP_STATUS'],
    ['answers 500 with all of a success', { status: 500, body: whole }, 'ERR_QQ_HTTP_STATUS'],
    ['answers an error that repeats the request', parrot, 'ERR_QQ_RESPONSE'],
  ];

  /** Everything that can be seen of an error. */
  function shown(error: QQConnectError): string {
    return [
      inspect(error, { showHidden: true, depth: Infinity, getters: true }),
      JSON.stringify(error),
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
      error.stack,
      String(error.cause),
    ].join('\n');
  }

  describe.each(steps)('where the upstream fails at the step %s', (step, endpoint, path, call) => {
    let upstream: Upstream;
    let client: QQConnectClient;
    beforeEach(async () => {
      upstream = await startUpstream();
      client = clientOf(upstream, { timeoutMs: TIMEOUT_MS });
    });
    afterEach(() => upstream.close());

    it.each(faults)('and %s, the error has its code and no secret', async (_what, answer, expected) => {
      upstream.always(endpoint, answer);
      const error = await failure(call(client));
      expect(error).toMatchObject({ code: expected, step, endpoint: path });
      expect(error.message.startsWith(`${step}: `)).toBe(true);
      expect(error.hint.zh).not.toBe('');
      for (const secret of [appKey, code, accessToken, refreshToken]) expect(shown(error)).not.toContain(secret);
      expect(upstream.requests).toHaveLength(1);
    });

    it('and the port is closed, the error has its code', async () => {
      await upstream.close();
      const error = await failure(call(client));
      expect(error).toMatchObject({
        code: 'ERR_QQ_NETWORK',
        step,
        kind: 'transport',
        action: 'try_later',
        status: 502,
      });
      expect(error.message).toContain('ECONNREFUSED');
      expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    });
  });

  it('a client shows no secret, however it is printed', async () => {
    await using upstream = await startUpstream();
    const client = clientOf(upstream, { unionid: true });
    await client.fetchUser(await client.refreshTokenGrant(refreshToken));
    const prints = [
      inspect(client, { showHidden: true, depth: Infinity, getters: true }),
      inspect({ client }, { customInspect: false, showHidden: true, depth: Infinity }),
      JSON.stringify(client),
    ];
    for (const secret of [appKey, accessToken, refreshToken]) expect(prints.join('\n')).not.toContain(secret);
    expect(prints[0]).toContain(client.redirectUri);
  });
});
