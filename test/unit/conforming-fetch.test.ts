import { describe, expect, it, jest } from '@jest/globals';
import { conformingFetch } from '../../src/transport/conforming-fetch.js';
import type { Fetch } from '../../src/transport/axios-fetch.js';

const GRAPH = 'https://graph.example';
const REDIRECT_URI = 'https://www.example.com/callback?from=qq&x=1';

/** A conforming fetch over one that answers so. */
function over(body: string, status = 200) {
  const fetch = jest.fn<Fetch>(async () => new Response(body, { status }));
  const conformed = conformingFetch(fetch, { redirectUri: REDIRECT_URI });
  const sent = () => {
    const [url, init] = fetch.mock.calls[0] ?? [''];
    return { url: new URL(url), init };
  };
  return { conformed, sent };
}

async function answered(path: string, body: string, status = 200) {
  const response = await over(body, status).conformed(GRAPH + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the conforming fetch asks', () => {
  const grant = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'C',
    redirect_uri: 'https://cut.example',
  });

  it('for tokens with a GET, the parameters in the query, the configured redirect URI whole among them', async () => {
    const { conformed, sent } = over('access_token=AT');
    await conformed(`${GRAPH}/oauth2.0/token`, { method: 'POST', body: grant });
    expect(sent().init).toMatchObject({ method: 'GET', body: undefined });
    expect(Object.fromEntries(sent().url.searchParams)).toEqual({
      grant_type: 'authorization_code',
      code: 'C',
      redirect_uri: REDIRECT_URI,
      need_openid: '1',
      fmt: 'json',
    });
  });

  it('for a refresh without redirect URI and openid', async () => {
    const { conformed, sent } = over('access_token=AT');
    await conformed(`${GRAPH}/oauth2.0/token`, { method: 'POST', body: 'grant_type=refresh_token&refresh_token=RT' });
    expect(Object.fromEntries(sent().url.searchParams)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'RT',
      fmt: 'json',
    });
  });

  it('for me with fmt=json, and for everything else as it is told', async () => {
    const me = over('{}');
    await me.conformed(`${GRAPH}/oauth2.0/me?access_token=AT`);
    expect(me.sent().url.search).toBe('?access_token=AT&fmt=json');
    const info = over('{}');
    await info.conformed(`${GRAPH}/user/get_user_info?openid=O`);
    expect(info.sent().url.search).toBe('?openid=O');
  });
});

describe('the conforming fetch answers', () => {
  it('tokens as RFC 6749 has them, whatever the format', async () => {
    const tokens = { access_token: 'AT', token_type: 'bearer', expires_in: 7776000, refresh_token: 'RT' };
    const form = 'access_token=AT&expires_in=7776000&refresh_token=RT';
    const json = '{"access_token":"AT","expires_in":"7776000","refresh_token":"RT"}';
    for (const body of [form, json, `callback( ${json} );\n`]) {
      expect(await answered('/oauth2.0/token', body)).toEqual({ status: 200, body: tokens });
    }
  });

  it('an error with status 400, a word of RFC 6749 and QQ’s number', async () => {
    const body = 'callback( {"error":100020,"error_description":"code is reused error"} );\n';
    for (const status of [200, 400, 500]) {
      expect(await answered('/oauth2.0/token', body, status)).toEqual({
        status: 400,
        body: { error: 'invalid_grant', error_description: 'code is reused error', qq_code: 100020 },
      });
    }
  });

  it('a profile without what is nested in it', async () => {
    const body = '{"ret":0,"nickname":"n","nested":{"a":1},"list":[1],"level":null}';
    expect((await answered('/user/get_user_info', body)).body).toEqual({ ret: 0, nickname: 'n', level: null });
  });

  const malformed = { status: 400, body: { error: 'invalid_response', problem: 'malformed' } };

  it.each([
    ['user info without ret, nickname and avatar', '/user/get_user_info', '{"city":"x"}'],
    [
      'user info without ret, with an error field of no known type',
      '/user/get_user_info',
      '{"nickname":"n","error":{}}',
    ],
    ['user info without ret, with an empty error field', '/user/get_user_info', '{"nickname":"n","error":""}'],
    ['user info with a ret that is none', '/user/get_user_info', '{"ret":null,"nickname":"n"}'],
    ['a token beside an error of no known type', '/oauth2.0/token', '{"access_token":"AT","error":true}'],
    ['an openid beside an error of no known type', '/oauth2.0/me', '{"openid":"O","error":{"code":1}}'],
    ['an openid beside a ret of no known type', '/oauth2.0/me', '{"openid":"O","ret":[1]}'],
    ['an answer without an access token', '/oauth2.0/token', 'expires_in=7200'],
    ['damaged JSON with a token', '/oauth2.0/token', '{"access_token":"AT",}'],
    ['damaged JSON with an openid', '/oauth2.0/me', '{"openid":"O",}'],
    ['an empty body', '/oauth2.0/me', ''],
  ])('nothing for %s', async (_what, path, body) => {
    expect(await answered(path, body)).toEqual(malformed);
  });

  it.each([
    ['an avatar', '{"figureurl_qq_1":"http://thirdqq.qlogo.cn/x/40"}'],
    ['an empty nickname', '{"nickname":""}'],
  ])('user info without ret, with %s', async (_what, body) => {
    expect((await answered('/user/get_user_info', body)).status).toBe(200);
  });

  it('damaged JSON that identifies nobody: a nickname with control characters, here and at its sisters', async () => {
    for (const path of ['/user/get_user_info', '/user/get_vip_info']) {
      expect(await answered(path, '{"ret":0,"nickname":"a\u0002b"}')).toEqual({
        status: 200,
        body: { ret: 0, nickname: 'a b' },
      });
    }
  });

  it.each([401, 404, 500, 502, 503])('the HTTP status %i of a body that says nothing', async (status) => {
    for (const body of ['', '<html>', '{"Error":"Error"}', '{"openid":"O"}', 'access_token=AT']) {
      expect(await answered('/oauth2.0/me', body, status)).toEqual({
        status: 400,
        body: { error: 'invalid_response', problem: 'http_status', status },
      });
    }
  });

  it('no secret of the request, however QQ repeats it', async () => {
    const { conformed } = over('{"error":"bad s3cret","error_description":"s3cret and my-code and AT-1 are wrong"}');
    const query = 'client_secret=s3cret&code=my-code&access_token=AT-1';
    const response = await conformed(`${GRAPH}/user/get_vip_info?${query}`);
    expect(await response.json()).toMatchObject({
      qq_code: 'bad [redacted]',
      error_description: '[redacted] and [redacted] and [redacted] are wrong',
    });
  });
});
