import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { errorOf, readTokens, SandboxVisitor, type Parameters } from './sandbox-visitor.js';

describe('every wrong parameter gets its documented number', () => {
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
    [100010, 'a redirect_uri elsewhere', { redirect_uri: 'https://elsewhere.example/auth/qq/callback' }],
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
  ])('token answers %i to a code with %s, and the code stays good', async (number, _what, parameters) => {
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
  ])('token answers %i to a refresh with %s, and the refresh token stays good', async (number, _what, parameters) => {
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

  it('me answers 100048 for a user who stands for such an application', async () => {
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

  it('the user APIs take appid in place of oauth_consumer_key, and blame neither on the openid', async () => {
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

  it('warns of a scope that is no API, of a missing state, and of a repeated parameter, and logs in', async () => {
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

  it('refuses a login without state in strict mode, in its own name', async () => {
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

  it('calls back with the token in the fragment for response_type=token', async () => {
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

  it('says in its own name that it does not emulate an API', async () => {
    const api = await visitor.send('/user/get_vip_info?access_token=x');
    expect(api.status).toBe(501);
    expect(JSON.parse(api.body)).toMatchObject({ sandbox: 'express-qq-connect', error: 'notEmulated' });
    const page = await visitor.send('/photo/list_album', { headers: { Accept: 'text/html', 'Accept-Language': 'en' } });
    expect(page.status).toBe(501);
    expect(page.body).toContain('The sandbox does not emulate /photo/list_album. The real QQ may have this API.');
    const typo = await visitor.send('/oauth2.0/tokens');
    expect(typo.status).toBe(404);
    expect(JSON.parse(typo.body)).toMatchObject({ sandbox: 'express-qq-connect', error: 'notFound' });
  });

  it('reads the last of a repeated parameter of the login, and nested and hostile names as they are', async () => {
    const { accessToken } = await visitor.login();
    expect(errorOf(await visitor.send(`/oauth2.0/me?access_token[]=${accessToken}`))).toBe(100007);
    expect(errorOf(await visitor.send('/oauth2.0/me?__proto__[access_token]=x&constructor=x'))).toBe(100007);
    expect(sandbox.requests.at(-1)?.query).toEqual({ '__proto__[access_token]': 'x', constructor: 'x' });
  });

  it('answers what it cannot read with a page, and stays up', async () => {
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
