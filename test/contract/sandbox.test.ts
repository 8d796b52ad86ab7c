import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { SandboxVisitor, errorOf, readTokens, type Parameters } from './sandbox-visitor.js';

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

  it('answers each request, errors too, with status 200 as text/html', async () => {
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

  it('accepts the token request as a POST form too', async () => {
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

describe('the sandbox answers a wrong parameter with the documented number', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    const apps = [
      { appId: '100000001', appKey: 'made-up-key-1' },
      { appId: '100000002', appKey: 'made-up-key-2', unionid: false },
    ];
    const users = [{ nickname: 'one' }, { nickname: 'two', unionid: false as const }];
    sandbox = await startSandbox({ apps, users, autoApprove: true });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it.each<[number, string, Parameters]>([
    [100000, 'no response_type', { response_type: undefined }],
    [100000, 'another response_type', { response_type: 'id_token' }],
    [100001, 'no client_id', { client_id: undefined }],
    [100001, 'an empty client_id', { client_id: '' }],
    [100001, 'a client_id that is no number', { client_id: 'abc' }],
    [100008, 'an unknown client_id', { client_id: '199999999' }],
    [100010, 'no redirect_uri', { redirect_uri: undefined }],
    [100010, 'a relative redirect_uri', { redirect_uri: '/auth/qq/callback' }],
    [100010, 'a redirect_uri on another host', { redirect_uri: 'https://elsewhere.example/auth/qq/callback' }],
    [100010, 'a redirect_uri encoded twice', { redirect_uri: 'http%3A%2F%2Flocalhost%3A3000%2Fcallback' }],
    [100010, 'a redirect_uri with #', { redirect_uri: 'http://localhost:3000/callback#here' }],
    [100010, 'a redirect_uri with credentials', { redirect_uri: 'http://me:secret@localhost:3000/callback' }],
    [100010, 'a redirect_uri with a line break', { redirect_uri: 'http://localhost:3000/call\r\nback' }],
    [100010, 'a redirect_uri of another scheme', { redirect_uri: 'javascript://localhost/%0aalert(1)' }],
    [100010, 'a host that only begins like localhost', { redirect_uri: 'http://localhost.example/callback' }],
  ])('authorize answers %i to %s, on a page', async (number, _what, parameters) => {
    const { status, location, body } = await visitor.authorize(parameters);
    expect(status).toBe(200);
    expect(location).toBeUndefined();
    expect(body).toContain(`(${number})`);
    expect(sandbox.requests.at(-1)).toMatchObject({ endpoint: 'authorize', status: 200, error: number });
  });

  it.each<[number, string, Parameters]>([
    [100004, 'no grant_type', { grant_type: undefined }],
    [100004, 'another grant_type', { grant_type: 'password' }],
    [100001, 'no client_id', { client_id: undefined }],
    [100001, 'a client_id that is no number', { client_id: 'abc' }],
    [100008, 'an unknown client_id', { client_id: '199999999' }],
    [100002, 'no client_secret', { client_secret: undefined }],
    [100009, 'a wrong client_secret', { client_secret: 'made-up-key-2' }],
    [100005, 'no code', { code: undefined }],
    [100005, 'an empty code', { code: '' }],
    [100010, 'no redirect_uri', { redirect_uri: undefined }],
    [100010, 'a redirect_uri that is not accepted', { redirect_uri: 'https://elsewhere.example/' }],
    [100010, 'a redirect_uri other than that of the code', { redirect_uri: 'http://localhost:3000/auth/qq/callback?' }],
    [100019, 'an unknown code', { code: '0123456789ABCDEF0123456789ABCDEF' }],
    [100068, 'the code of another application', { client_id: '100000002', client_secret: 'made-up-key-2' }],
  ])('token answers %i to a code with %s, and the code stays valid', async (number, _what, parameters) => {
    const code = await visitor.code();
    expect(errorOf(await visitor.token({ code, ...parameters }))).toBe(number);
    expect(sandbox.requests.at(-1)).toMatchObject({ endpoint: 'token', status: 200, error: number });
    expect(errorOf(await visitor.token({ code }))).toBeUndefined();
  });

  it.each<[number, string, Parameters]>([
    [100006, 'no refresh_token', { refresh_token: undefined }],
    [100022, 'an unknown refresh_token', { refresh_token: '0123456789ABCDEF0123456789ABCDEF' }],
    [100022, 'that of another application', { client_id: '100000002', client_secret: 'made-up-key-2' }],
    [100009, 'a wrong client_secret', { client_secret: 'wrong' }],
  ])('token answers %i to a refresh with %s, and the refresh token stays valid', async (number, _what, parameters) => {
    const { refreshToken } = await visitor.login();
    expect(errorOf(await visitor.refresh(refreshToken, parameters))).toBe(number);
    expect(errorOf(await visitor.refresh(refreshToken))).toBeUndefined();
  });

  it('me answers 100007 to a missing token and 100013 to one of another form', async () => {
    expect(errorOf(await visitor.me({}))).toBe(100007);
    expect(errorOf(await visitor.me({ access_token: '' }))).toBe(100007);
    expect(errorOf(await visitor.me({ access_token: '0123456789abcdef0123456789abcdef' }))).toBe(100013);
  });

  it('me answers 100048 instead of the openid to an application without the unionid permission', async () => {
    const [, app] = sandbox.apps;
    const { location } = await visitor.authorize({ client_id: app?.appId });
    const code = location?.searchParams.get('code') ?? '';
    const { body } = await visitor.token({ code, client_id: app?.appId, client_secret: app?.appKey });
    const access_token = new URLSearchParams(body).get('access_token') ?? '';
    const refused = await visitor.me({ access_token, unionid: '1' });
    expect(refused.body).toBe('callback( {"error":100048,"error_description":"CompanyID not set"} );\n');
    expect((await visitor.me({ access_token })).body).toContain('"openid"');
  });

  it('me answers 100048 for the test account without the unionid permission', async () => {
    sandbox.nextUser(sandbox.users[1]?.openid ?? '');
    const { accessToken: access_token } = await visitor.login();
    expect(errorOf(await visitor.me({ access_token, unionid: '1' }))).toBe(100048);
  });

  it.each<[number, string, Parameters]>([
    [-1, 'no openid', { openid: undefined }],
    [-1, 'an openid of another form', { openid: 'abc' }],
    [-1, 'no oauth_consumer_key', { oauth_consumer_key: undefined }],
    [-22, "another user's openid", { openid: '0123456789ABCDEF0123456789ABCDEF' }],
    [-23, 'an unknown access_token', { access_token: '0123456789ABCDEF0123456789ABCDEF' }],
    [-23, "another application's APP ID", { oauth_consumer_key: '100000002' }],
    [1002, 'no access_token', { access_token: undefined }],
  ])('get_user_info answers ret %i to %s', async (number, _what, parameters) => {
    const { accessToken: access_token, openid } = await visitor.login();
    expect(errorOf(await visitor.userInfo({ access_token, openid, ...parameters }))).toBe(number);
  });

  it.each([
    ['oauth_consumer_key', 'oauth_consumer_key expected type uint64, got unconvertible type []string'],
    ['openid', 'openid expected type string, got unconvertible type []string'],
    ['access_token', 'access_token expected type string, got unconvertible type []string, value: [*** ***]'],
  ])('the user APIs answer ret 1 to a repeated %s', async (name, text) => {
    const { accessToken: access_token, openid } = await visitor.login();
    const query = new URLSearchParams({ access_token, openid, oauth_consumer_key: '100000001' });
    query.append(name, query.get(name) ?? '');
    for (const api of ['get_user_info', 'get_simple_userinfo']) {
      const { body } = await visitor.send(`/user/${api}?${query.toString()}`);
      expect(JSON.parse(body)).toMatchObject({ ret: 1, msg: expect.stringContaining(text) as unknown });
      expect(body).not.toContain(access_token);
    }
    expect(sandbox.requests.at(-1)?.warnings).toMatchObject([{ code: 'parameter_repeated' }]);
  });

  it('the user APIs accept appid in place of oauth_consumer_key, and answer a wrong or missing one with its number', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    const ask = (parameters: Record<string, string>) =>
      visitor.send(`/user/get_user_info?${new URLSearchParams({ access_token, openid, ...parameters }).toString()}`);
    expect(errorOf(await ask({ appid: '100000001' }))).toBeUndefined();
    expect(errorOf(await ask({ appid: '100000002' }))).toBe(-23);
    const missing = await ask({});
    expect(missing.body).toBe('{"ret":-1,"msg":"client request\'s parameters are invalid, invalid appid"}');
    const text = await ask({ oauth_consumer_key: 'app-1' });
    expect(JSON.parse(text.body)).toMatchObject({
      ret: 1,
      msg: expect.stringContaining(
        `cannot parse 'oauth_consumer_key' as uint: strconv.ParseUint: parsing "app-1"`,
      ) as unknown,
    });
  });

  it('an application whose APP ID is not digits cannot log in, as at QQ', async () => {
    await using odd = await startSandbox({ apps: [{ appId: 'app-1', appKey: 'made-up' }], autoApprove: true });
    const { location, body } = await new SandboxVisitor(odd).authorize();
    expect(location).toBeUndefined();
    expect(body).toContain('(100001)');
  });

  it.each([
    ['get_user_info,get_simple_userinfo', undefined, undefined],
    ['all', undefined, undefined],
    [undefined, undefined, 100030],
    ['get_simple_userinfo', 100030, undefined],
    ['list_album,add_t', 100030, 100030],
    ['get_user_info get_simple_userinfo', 100030, 100030],
  ])('the scope %s logs in, and the APIs outside it answer 100030', async (scope, full, simple) => {
    const { location } = await visitor.authorize({ scope });
    const { body } = await visitor.token({ code: location?.searchParams.get('code') ?? '', need_openid: '1' });
    const { accessToken: access_token, openid } = readTokens(body);
    const query = new URLSearchParams({ access_token, openid, oauth_consumer_key: '100000001' }).toString();
    expect(errorOf(await visitor.send(`/user/get_user_info?${query}`))).toBe(full);
    expect(errorOf(await visitor.send(`/user/get_simple_userinfo?${query}`))).toBe(simple);
  });

  it('logs a user in with a warning for a scope that is no API, a missing state and a repeated parameter', async () => {
    const codes = () => sandbox.requests.at(-1)?.warnings.map(({ code }) => code);
    expect((await visitor.authorize({ scope: 'get_userinfo,list_album' })).location).toBeDefined();
    expect(codes()).toEqual(['scope_unknown']);
    expect(sandbox.requests.at(-1)?.warnings[0]?.en).toContain('get_userinfo');
    expect((await visitor.authorize({ state: undefined })).location?.search).toMatch(/^\?code=\w+$/);
    expect(codes()).toEqual(['state_missing']);
    expect((await visitor.authorize({ scope: 'list_album,get_user_info,all' })).location).toBeDefined();
    expect(codes()).toEqual([]);
    const query = new URLSearchParams(visitor.authorizationRequest());
    query.append('client_id', query.get('client_id') ?? '');
    await visitor.send(`/oauth2.0/authorize?${query.toString()}`);
    expect(codes()).toEqual(['parameter_repeated']);
  });

  it('refuses a login without state in strict mode, with an error of its own', async () => {
    const redirectUri = 'https://app.example/auth/qq/callback';
    const app = { appId: '100000001', appKey: 'made-up', redirectUris: [redirectUri] };
    await using strict = await startSandbox({ strict: true, apps: [app], autoApprove: true });
    const strictVisitor = new SandboxVisitor(strict, redirectUri);
    for (const state of [undefined, '']) {
      const { status, body, location } = await strictVisitor.authorize({ state }, { headers: { Accept: 'text/html' } });
      expect([status, location]).toEqual([400, undefined]);
      expect(body).toContain('缺少 state');
      expect(body).not.toMatch(/\(1000\d\d\)/);
    }
    expect((await strictVisitor.authorize()).location).toBeDefined();
  });

  it('redirects with the token in the fragment for response_type=token', async () => {
    const { location } = await visitor.authorize({ response_type: 'token' });
    expect(location?.href).toMatch(
      /^http:\/\/localhost:3000\/auth\/qq\/callback\?#access_token=[0-9A-F]{32}&expires_in=5184000&state=a-state$/,
    );
    const fields = new URLSearchParams(location?.hash.slice(1));
    expect(errorOf(await visitor.me({ access_token: fields.get('access_token') ?? '' }))).toBeUndefined();
    const withQuery = new SandboxVisitor(sandbox, 'http://localhost:3000/callback?a=1');
    const cancelled = await withQuery.press({ response_type: 'token', usercancel: '1' });
    expect(cancelled.location?.href).toBe('http://localhost:3000/callback?a=1#usercancel=1&state=a-state');
    expect(JSON.stringify(sandbox.requests)).not.toContain(fields.get('access_token'));
  });

  it('answers with an error of its own that it does not emulate an API', async () => {
    const api = await visitor.send('/user/get_vip_info?access_token=x');
    expect(api.status).toBe(501);
    expect(JSON.parse(api.body)).toMatchObject({ sandbox: 'express-qq-connect', error: 'notEmulated' });
    const page = await visitor.send('/photo/list_album', { headers: { Accept: 'text/html', 'Accept-Language': 'en' } });
    expect(page.status).toBe(501);
    expect(page.body).toContain('The sandbox does not emulate /photo/list_album. The real QQ may have this API.');
    const typo = await visitor.send('/oauth2.0/tokens');
    expect(typo.status).toBe(404);
    const accepted = expect.arrayContaining(['/oauth2.0/token', '/user/get_simple_userinfo', '/g']) as unknown;
    expect(JSON.parse(typo.body)).toMatchObject({ sandbox: 'express-qq-connect', error: 'notFound', accepted });
    expect(page.body).toContain('<code>/oauth2.0/token</code>');
  });

  it('reads the last of a repeated parameter of the login, and keeps nested and hostile names', async () => {
    const { accessToken } = await visitor.login();
    expect(errorOf(await visitor.send(`/oauth2.0/me?access_token[]=${accessToken}`))).toBe(100007);
    expect(errorOf(await visitor.send('/oauth2.0/me?__proto__[access_token]=x&constructor=x'))).toBe(100007);
    expect(sandbox.requests.at(-1)?.query).toEqual({ '__proto__[access_token]': 'x', constructor: 'x' });
  });

  it('answers an unreadable request with a page, and continues to run', async () => {
    expect((await visitor.send('/qqapp/%E0%A4%A/x/40')).status).toBe(400);
    expect((await visitor.send('/nowhere?access_token=abc')).status).toBe(404);
    expect((await visitor.send('/oauth2.0/me?access_token=%FF%00')).status).toBe(200);
    const huge = new URLSearchParams({ code: 'x'.repeat(200_000) });
    expect((await visitor.send('/oauth2.0/token', { method: 'POST', body: huge })).status).toBe(413);
    const json = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
    expect(errorOf(await visitor.send('/oauth2.0/token', json))).toBe(100004);
    for (const [method, path, allow] of [
      ['DELETE', '/oauth2.0/token', 'GET, POST'],
      ['HEAD', '/oauth2.0/token', 'GET, POST'],
      ['POST', '/oauth2.0/me', 'GET, HEAD'],
      ['PUT', '/oauth2.0/authorize', 'GET, HEAD, POST'],
    ] as const) {
      const { status, headers } = await visitor.send(path, { method });
      expect([method, path, status, headers.get('allow')]).toEqual([method, path, 405, allow]);
    }
    const refused = await visitor.send('/oauth2.0/me', { method: 'POST' });
    expect(JSON.parse(refused.body)).toMatchObject({ error: 'methodNotAllowed', accepted: ['GET', 'HEAD'] });
    expect((await visitor.authorize({}, { method: 'HEAD' })).status).toBe(200);
  });

  it('refuses options with which no user could log in', async () => {
    await expect(startSandbox({ apps: [] })).rejects.toThrow(new TypeError('apps: at least one is needed'));
    await expect(startSandbox({ users: [] })).rejects.toThrow(new TypeError('users: at least one is needed'));
    await expect(startSandbox({ apps: [{ appId: '1', appKey: '' }] })).rejects.toThrow(/needs an appId and an appKey/);
    const app = { appId: '1', appKey: 'k' };
    await expect(startSandbox({ apps: [app, app] })).rejects.toThrow('appId: two of them are the same');
    await expect(startSandbox({ apps: [{ ...app, redirectUris: ['/callback'] }] })).rejects.toThrow(/no absolute URL/);
    const twin = { nickname: 'twin', id: 'twin' };
    await expect(startSandbox({ users: [twin, twin] })).rejects.toThrow('openid: two of them are the same');
  });
});
