import { describe, expect, it, jest } from '@jest/globals';
import { createDialect } from '../../src/transport/dialect.js';
import { isQQConnectError } from '../../src/client.js';
import type { QQStep } from '../../src/client.js';
import type { SendRequest } from '../../src/transport/request.js';

const GRAPH = 'https://graph.example';
const paths = {
  token: '/oauth2.0/token',
  refresh: '/oauth2.0/token',
  me: '/oauth2.0/me',
  user_info: '/user/get_user_info',
  api: '/user/get_vip_info',
};
type Step = keyof typeof paths & QQStep;

function dialectOver(text: string, status = 200) {
  const request = jest.fn<SendRequest>(async () => Promise.resolve({ status, headers: {}, text }));
  const callQQ = createDialect(request, GRAPH);
  return {
    call: async (step: Step, query: Record<string, string> = {}) =>
      callQQ({ step, path: paths[step], query: new URLSearchParams(query) }),
    sent: () => request.mock.calls[0]?.[0],
  };
}

async function answer(step: Step, text: string, status?: number): Promise<unknown> {
  return dialectOver(text, status).call(step);
}

/** The fields of an error that say what was wrong with the answer. */
async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (!isQQConnectError(error, 'response')) throw error;
    const { code, step, endpoint, qqCode, qqMessage } = error;
    return { code, step, endpoint, qqCode, qqMessage };
  }
  throw new Error('this answer was taken for a success');
}

describe('createDialect() sends', () => {
  it.each<[Step, string]>([
    ['token', `${GRAPH}/oauth2.0/token?a=b+c&fmt=json`],
    ['me', `${GRAPH}/oauth2.0/me?a=b+c&fmt=json`],
    ['user_info', `${GRAPH}/user/get_user_info?a=b+c`],
    ['api', `${GRAPH}/user/get_vip_info?a=b+c`],
  ])('%s as a GET with its parameters in the query', async (step, url) => {
    const { call, sent } = dialectOver('{"access_token":"AT","ret":0}');
    await call(step, { a: 'b c' });
    expect(sent()).toEqual({ url, once: false });
  });

  it('a refresh token once', async () => {
    const { call, sent } = dialectOver('{"access_token":"AT"}');
    await call('refresh', { refresh_token: 'RT' });
    expect(sent()).toEqual({ url: `${GRAPH}/oauth2.0/token?refresh_token=RT&fmt=json`, once: true });
  });
});

describe('createDialect() returns', () => {
  const tokens = { access_token: 'AT', token_type: 'bearer', expires_in: 7776000, refresh_token: 'RT' };
  const json = '{"access_token":"AT","expires_in":"7776000","refresh_token":"RT"}';

  it.each([
    ['form-encoded', 'access_token=AT&expires_in=7776000&refresh_token=RT'],
    ['JSON', json],
    ['JSONP', `callback( ${json} );\n`],
    ['JSON with another token_type', json.replace('{', '{"token_type":"mac",')],
  ])('tokens as RFC 6749 has them, from %s', async (_format, text) => {
    expect(await answer('token', text)).toEqual(tokens);
  });

  it.each([undefined, null, '', ' ', 'soon', -1, 315_360_001, '1e999', [1], true])(
    'tokens without a lifetime if expires_in is %j',
    async (expires_in) => {
      const text = JSON.stringify({ access_token: 'AT', expires_in });
      expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer' });
    },
  );

  it.each([[0], [315_360_000], ['60'], [7776000.5]])('tokens with the lifetime %j', async (expires_in) => {
    const text = JSON.stringify({ access_token: 'AT', expires_in });
    expect(await answer('token', text)).toHaveProperty('expires_in', Number(expires_in));
  });

  it.each(['', 7, null])('tokens without a refresh token if it is %j', async (refresh_token) => {
    const text = JSON.stringify({ access_token: 'AT', refresh_token });
    expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer' });
  });

  it('nothing else of a token answer: an ID token would be verified', async () => {
    const text = '{"access_token":"AT","id_token":"x","scope":7,"openid":"O"}';
    expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer', openid: 'O' });
  });

  it('a profile without its nested fields', async () => {
    const text = '{"ret":0,"nickname":"n","nested":{"a":1},"list":[1],"level":null}';
    expect(await answer('user_info', text)).toEqual({ ret: 0, nickname: 'n', level: null });
  });

  it.each([
    ['an avatar', '{"figureurl_qq_1":"http://thirdqq.qlogo.cn/x/40"}'],
    ['an empty nickname', '{"nickname":""}'],
  ])('a profile without ret, with %s', async (_what, text) => {
    expect(await answer('user_info', text)).toEqual(JSON.parse(text));
  });

  it.each<Step>(['user_info', 'api'])('%s with control characters in the nickname', async (step) => {
    expect(await answer(step, '{"ret":0,"nickname":"a\u0002b"}')).toEqual({ ret: 0, nickname: 'a b' });
  });

  it('a profile that has a field twice', async () => {
    expect(await answer('user_info', '{"ret":0,"nickname":"a","nickname":"b"}')).toEqual({ ret: 0, nickname: 'b' });
  });
});

describe('createDialect() throws', () => {
  it.each([200, 400, 500])('QQ’s number for an error with status %i', async (status) => {
    const text = 'callback( {"error":100020,"error_description":"code is reused error"} );\n';
    expect(await failure(answer('token', text, status))).toEqual({
      code: 'ERR_QQ_RESPONSE',
      step: 'token',
      endpoint: '/oauth2.0/token',
      qqCode: 100020,
      qqMessage: 'code is reused error',
    });
  });

  it('QQ’s number for an error in damaged JSON', async () => {
    expect(await failure(answer('me', '{"error":100016,"openid":"A",}'))).toMatchObject({ qqCode: 100016 });
  });

  it.each<[string, Step, string]>([
    ['user info without ret, nickname and avatar', 'user_info', '{"city":"x"}'],
    ['user info without ret, with an error of no known type', 'user_info', '{"nickname":"n","error":{}}'],
    ['user info without ret, with an empty error', 'user_info', '{"nickname":"n","error":""}'],
    ['user info with a ret that is null', 'user_info', '{"ret":null,"nickname":"n"}'],
    ['a token beside an error of no known type', 'token', '{"access_token":"AT","error":true}'],
    ['an openid beside an error of no known type', 'me', '{"openid":"O","error":{"code":1}}'],
    ['an openid beside a ret of no known type', 'me', '{"openid":"O","ret":[1]}'],
    ['a token answer without a token', 'token', 'expires_in=7200'],
    ['a token answer with an empty token', 'refresh', '{"access_token":""}'],
    ['an openid that is named twice', 'me', '{"openid":"A","client_id":"1","openid":"B"}'],
    ['an openid that is named twice in JSONP', 'me', 'callback( {"openid":"A","openid":"B"} );\n'],
    ['an openid that is named twice, once with an escape', 'me', '{"openid":"A","\\u006fpenid":"B"}'],
    ['an openid that is named twice with the same value', 'token', '{"access_token":"AT","openid":"A","openid":"A"}'],
    ['an openid that is named twice in a form', 'token', 'access_token=AT&openid=A&openid=B'],
    ['a token that is named twice', 'token', '{"access_token":"A","access_token":"B"}'],
  ])('ERR_QQ_INVALID_RESPONSE for %s', async (_what, step, text) => {
    expect(await failure(answer(step, text))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step });
  });

  it.each([
    ['in a nested object', '{"openid":"A","more":{"openid":"B"},"list":[{"openid":"C"}]}'],
    ['in a text', '{"openid":"A","msg":"\\"openid\\":\\"B\\", {\\"openid\\":"}'],
    ['as a value', '{"openid":"A","msg":"openid"}'],
  ])('nothing for an openid whose name stands again %s', async (_where, text) => {
    expect(await answer('me', text)).toHaveProperty('openid', 'A');
  });

  it.each([401, 404, 500, 502, 503])('ERR_QQ_HTTP_STATUS for a body without an error and status %i', async (status) => {
    for (const text of ['', '<html>', '{"Error":"Error"}', '{"openid":"O"}', 'access_token=AT']) {
      expect(await failure(answer('me', text, status))).toMatchObject({ code: 'ERR_QQ_HTTP_STATUS' });
    }
  });

  it('no secret of the request, however QQ repeats it', async () => {
    const text = '{"error":"bad s3cret","error_description":"s3cret and my-code and AT-1 are wrong"}';
    const query = { client_secret: 's3cret', code: 'my-code', access_token: 'AT-1' };
    expect(await failure(dialectOver(text).call('api', query))).toMatchObject({
      qqCode: 'bad [redacted]',
      qqMessage: '[redacted] and [redacted] and [redacted] are wrong',
    });
  });
});
