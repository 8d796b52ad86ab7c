import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { readTokens, SandboxVisitor } from './sandbox-visitor.js';

interface Exchange {
  readonly id: string;
  readonly response: { readonly body: string };
}

const exchanges = JSON.parse(
  readFileSync(new URL('../fixtures/wire/exchanges.json', import.meta.url), 'utf8'),
) as readonly Exchange[];

function recorded(id: string): string {
  const exchange = exchanges.find((candidate) => candidate.id === id);
  if (!exchange) throw new Error(`No recorded answer ${id}`);
  return exchange.response.body;
}

/** The same text for every id, token and number of a body, so that only its shape is left. */
function shape(body: string): string {
  return body
    .replace(/UID_[0-9A-F]{32}/g, '<unionid>')
    .replace(/(access_token"?[:=]"?)[^&"]+/g, '$1<token>')
    .replace(/(refresh_token"?[:=]"?)[^&"]+/g, '$1<token>')
    .replace(/(expires_in"?[:=]"?)\d+/g, '$1<seconds>')
    .replace(/(client_id":")[^"]+/g, '$1<app>')
    .replace(/(openid"?[:=]"?)[0-9A-F]{32}/g, '$1<openid>');
}

describe('the sandbox answers in the recorded shapes', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('answers a code form-encoded by default', async () => {
    const { body } = await visitor.token({ code: await visitor.code() });
    expect(shape(body)).toBe(shape(recorded('caoyue-token-form')));
    expect(body).toMatch(/^access_token=[0-9A-F]{32}&expires_in=5184000&refresh_token=[0-9A-F]{32}$/);
  });

  it('answers a refresh form-encoded by default', async () => {
    const { refreshToken } = await visitor.login();
    const { body } = await visitor.refresh(refreshToken);
    expect(shape(body)).toBe(shape(recorded('tourze-refresh-form-rotated')));
  });

  it('answers a code as JSON with fmt=json, the seconds as a string', async () => {
    const { body } = await visitor.token({ code: await visitor.code(), fmt: 'json' });
    expect(shape(body)).toBe(shape(recorded('wire-token-json-string-expires')));
    expect(body).toContain('"expires_in":"5184000"');
  });

  it.each([
    ['form', {}, /^access_token=\w{32}&expires_in=\d+&refresh_token=\w{32}&openid=[0-9A-F]{32}$/],
    [
      'JSON',
      { fmt: 'json' },
      /^\{"access_token":"\w{32}","expires_in":"\d+","refresh_token":"\w{32}","openid":"\w{32}"\}$/,
    ],
  ])('adds the openid as %s with need_openid=1', async (_format, parameters, pattern) => {
    const { body } = await visitor.token({ code: await visitor.code(), need_openid: '1', ...parameters });
    expect(body).toMatch(pattern);
  });

  it('answers an error of token as JSONP with a newline by default', async () => {
    const wrongSecret = await visitor.token({ code: await visitor.code(), client_secret: 'wrong' });
    expect(wrongSecret.body).toBe(`${recorded('wire-token-error-100009')}\n`);
    const wrongUri = await visitor.token({ code: await visitor.code(), redirect_uri: 'https://elsewhere.example/' });
    expect(wrongUri.body).toBe(`${recorded('wire-token-error-100010-jsonp')}\n`);
  });

  it('answers an error of token as JSON with fmt=json', async () => {
    const { body } = await visitor.token({ code: 'no such code', fmt: 'json' });
    expect(body).toBe(recorded('pling-token-error-100019-json'));
  });

  it('keeps the trailing blank that QQ has in the description of 100001', async () => {
    const { body } = await visitor.token({ client_id: undefined });
    expect(body).toBe('callback( {"error":100001,"error_description":"param client_id is wrong or lost "} );\n');
  });

  it('answers me as JSONP with a newline, with the unionid when asked', async () => {
    const { accessToken: access_token } = await visitor.login();
    const plain = await visitor.me({ access_token });
    expect(shape(plain.body)).toBe(`${shape(recorded('durian-me-jsonp'))}\n`);
    const withUnionid = await visitor.me({ access_token, unionid: '1' });
    expect(shape(withUnionid.body)).toBe(`${shape(recorded('wire-me-unionid-jsonp'))}\n`);
    // QQ asks for exactly 1.
    const otherwise = await visitor.me({ access_token, unionid: 'true' });
    expect(otherwise.body).toBe(plain.body);
  });

  it('answers me as JSON with fmt=json', async () => {
    const { accessToken: access_token } = await visitor.login();
    const { body } = await visitor.me({ access_token, fmt: 'json' });
    expect(shape(body)).toBe(shape('{"client_id":"1","openid":"0123456789ABCDEF0123456789ABCDEF"}'));
  });

  it('answers errors of me as recorded', async () => {
    const illegal = await visitor.me({ access_token: 'nothing like a token' });
    expect(illegal.body).toBe(`${recorded('wire-me-error-100013-jsonp')}\n`);
    const unknown = await visitor.me({ access_token: '0123456789ABCDEF0123456789ABCDEF' });
    expect(unknown.body).toBe(`${recorded('durian-me-error-100016-jsonp')}\n`);
    const json = await visitor.me({ access_token: '0123456789ABCDEF0123456789ABCDEF', fmt: 'json' });
    expect(json.body).toBe('{"error":100016,"error_description":"access token check failed"}');
  });

  it('answers get_user_info as pretty-printed JSON with the recorded fields in the recorded order', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    const { body } = await visitor.userInfo({ access_token, openid });
    const fields = JSON.parse(body) as Record<string, unknown>;
    const expected = JSON.parse(recorded('wire-userinfo-emoji-nickname')) as Record<string, unknown>;
    expect(Object.keys(fields)).toEqual(Object.keys(expected));
    expect(Object.entries(fields).map(([name, value]) => [name, typeof value])).toEqual(
      Object.entries(expected).map(([name, value]) => [name, typeof value]),
    );
    expect(body.startsWith('{\n    "ret": 0,\n    "msg": "",\n    "is_lost":0,\n    "nickname": "')).toBe(true);
    expect(body.endsWith('",\n    "is_yellow_year_vip": "0"\n}\n')).toBe(true);
    expect(body).toContain('"figureurl_qq_1": "http:\\/\\/127.0.0.1:');
  });

  it('answers errors of get_user_info as recorded', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    const invalid = await visitor.userInfo({ access_token, openid: 'abc' });
    expect(invalid.body).toBe(recorded('durian-userinfo-error-minus1'));
    const foreign = await visitor.userInfo({ access_token, openid: '0123456789ABCDEF0123456789ABCDEF' });
    expect(foreign.body).toBe(recorded('wire-userinfo-minus22'));
    const badToken = await visitor.userInfo({ access_token: 'abc', openid });
    expect(badToken.body).toBe('{"ret":-23,"msg":"token is invalid"}');
    const noToken = await visitor.userInfo({ openid });
    expect(noToken.body).toBe('{"ret":1002,"msg":"请先登录"}');
  });

  it('answers everything, errors too, with status 200 as text/html', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    const answers = [
      await visitor.token({ code: await visitor.code(), fmt: 'json' }),
      await visitor.token({}),
      await visitor.me({ access_token }),
      await visitor.me({}),
      await visitor.userInfo({ access_token, openid }),
      await visitor.userInfo({}),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  it('takes the token request as a posted form too', async () => {
    const form = visitor.tokenRequest({ code: await visitor.code() });
    const body = new URLSearchParams(form as Record<string, string>);
    const answer = await visitor.send('/oauth2.0/token', { method: 'POST', body });
    expect(shape(answer.body)).toBe(shape(recorded('caoyue-token-form')));
  });

  it('answers get_simple_userinfo like get_user_info, without constellation and figureurl_type', async () => {
    const { location } = await visitor.authorize({ scope: 'get_user_info,get_simple_userinfo' });
    const { body } = await visitor.token({ code: location?.searchParams.get('code') ?? '', need_openid: '1' });
    const { accessToken: access_token, openid } = readTokens(body);
    const whole = JSON.parse((await visitor.userInfo({ access_token, openid })).body) as Record<string, unknown>;
    const query = new URLSearchParams({ access_token, openid, oauth_consumer_key: '100000001' });
    const answer = await visitor.send(`/user/get_simple_userinfo?${query.toString()}`);
    const { constellation, figureurl_type, ...simple } = whole;
    expect([constellation, figureurl_type]).toEqual(['', '1']);
    expect(JSON.parse(answer.body)).toEqual(simple);
    expect(answer.body.startsWith('{\n    "ret": 0,')).toBe(true);
  });
});
