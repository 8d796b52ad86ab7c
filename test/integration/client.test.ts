import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { completeLogin, startLogin } from '../../src/client.js';
import { REDIRECT_URI, clientOf, failure, grant, login } from '../support/client.js';
import { MADE_UP, barrier, hang, reset, startUpstream } from '../support/upstream.js';
import type { CompletedLogin, QQConnectClient, QQConnectError, StartLoginOptions } from '../../src/client.js';
import type { Upstream, UpstreamAnswer, UpstreamEndpoint } from '../support/upstream.js';

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

  it('sends two requests if the token response contains the openid', async () => {
    expect(await login(clientOf(upstream))).toMatchObject({ appId, openid, nickname });
    expect(calls()).toEqual(['token', 'user_info']);
    expect(upstream.requests[1]?.query.get('openid')).toBe(openid);
  });

  it('sends three requests if it does not', async () => {
    upstream.always('token', tokenWithoutOpenid);
    expect(await login(clientOf(upstream))).toMatchObject({ appId, openid, nickname });
    expect(calls()).toEqual(['token', 'me', 'user_info']);
    expect(upstream.requests[2]?.query.get('openid')).toBe(openid);
  });

  it('requests a unionid only with the option unionid', async () => {
    expect(await login(clientOf(upstream))).not.toHaveProperty('unionid');
    expect(upstream.requests.some(({ query }) => query.has('unionid'))).toBe(false);
    expect(await login(clientOf(upstream, { unionid: true }))).toHaveProperty('unionid', unionid);
    expect(upstream.requests.find(({ endpoint }) => endpoint === 'me')?.query.get('unionid')).toBe('1');
  });

  it('requests the unionid together with the profile', async () => {
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

  it.each([100048, 100049])('has all but the unionid after %i', async (error) => {
    upstream.always('me', me({ error, error_description: 'CompanyID not set' }));
    const user = await login(clientOf(upstream, { unionid: true }));
    expect(user).toMatchObject({ openid, nickname });
    expect(user).not.toHaveProperty('unionid');
    expect(upstream.asked('token', 'me')).toEqual(['token', 'me']);
  });

  it.each([100048, 100049])('requests me again without the unionid after %i in place of the openid', async (error) => {
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

  it.each(['', null, 7, undefined, '\ud800', 'U'.repeat(129)])('has no unionid if me returns %j', async (missing) => {
    upstream.always('me', me({ client_id: appId, openid, unionid: missing }));
    expect(await login(clientOf(upstream, { unionid: true }))).not.toHaveProperty('unionid');
  });

  it('fails with any other error of me', async () => {
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

  it('accepts the APP ID as a number, and a response without one', async () => {
    for (const client_id of [Number(appId), undefined]) {
      upstream.always('me', me({ client_id, openid }));
      expect(await clientOf(upstream).fetchOpenId(accessToken)).toEqual({ clientId: appId, openid });
    }
  });

  it('refuses a response of me with another openid than that of the token', async () => {
    upstream.always('me', me({ client_id: appId, openid: 'F'.repeat(32), unionid }));
    const error = await failure(login(clientOf(upstream, { unionid: true })));
    expect(error).toMatchObject({ code: 'ERR_QQ_OPENID_MISMATCH', step: 'me', action: 'login_again' });
  });

  it.each(['', null, 7, {}, [], true, '\ud800A', 'A\udc00', 'A\ufffd', 'A'.repeat(129)])(
    'accepts %j as an openid at no step',
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

  it('accepts any other text of at most 128 characters as an openid', async () => {
    for (const odd of ['A'.repeat(128), 'a b', '用户', '\u{1f600}']) {
      upstream.always('token', JSON.stringify({ access_token: accessToken, openid: odd }));
      expect(await login(clientOf(upstream))).toHaveProperty('openid', odd);
    }
  });

  it('refuses an openid that a response contains twice', async () => {
    upstream.always('token', `{"access_token":"${accessToken}","openid":"${openid}","openid":"${'F'.repeat(32)}"}`);
    expect(await failure(login(clientOf(upstream)))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'token' });
    upstream.always('token', tokenWithoutOpenid);
    upstream.always('me', `callback( {"openid":"${openid}","client_id":"${appId}","openid":"${openid}"} );`);
    expect(await failure(login(clientOf(upstream)))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step: 'me' });
    expect(upstream.asked('user_info')).toEqual([]);
  });

  it('succeeds if QQ closes the kept connection at each request', async () => {
    const client = clientOf(upstream);
    await login(client);
    for (const endpoint of ['token', 'user_info'] as const) {
      upstream.next(endpoint, reset);
      expect(await login(client)).toHaveProperty('openid', openid);
    }
    expect(calls().slice(2)).toEqual(['token', 'token', 'user_info', 'token', 'user_info', 'user_info']);
  });

  it('sends a refresh token once if QQ closes the connection', async () => {
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

  it('sends a code once, also if the request fails', async () => {
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

describe('QQConnectClient', () => {
  const { accessToken, appId, appKey, code, openid, refreshToken } = MADE_UP;

  const QUARTER_MS = 7_776_000_000;

  let upstream: Upstream;
  let client: QQConnectClient;
  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream);
  });
  afterEach(() => upstream.close());

  const sent = () => Object.fromEntries(upstream.requests.at(-1)?.query ?? []);
  const exchange = (callback: string | URL, expectedState = 'a-state') =>
    client.authorizationCodeGrant(callback, { expectedState });

  it('builds the address of QQ’s page, response_type first', () => {
    const scoped = clientOf(upstream, {
      scope: ['get_user_info', 'list_album'],
      redirectUri: `${REDIRECT_URI}?a=1&b=ü`,
    });
    const url = scoped.buildAuthorizationUrl({ state: 'S-_1', display: 'mobile' });
    expect(url.href.startsWith(`${upstream.url}/oauth2.0/authorize?response_type=code&`)).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: appId,
      redirect_uri: `${REDIRECT_URI}?a=1&b=ü`,
      state: 'S-_1',
      scope: 'get_user_info,list_album',
      display: 'mobile',
    });
    expect(url.href).not.toContain('%25');
    expect(client.buildAuthorizationUrl({ state: 's' }).searchParams.has('display')).toBe(false);
  });

  it('exchanges a code as QQ documents it', async () => {
    const before = Date.now();
    const tokens = await grant(client);
    expect(tokens).toEqual({ accessToken, refreshToken, openid, expiresAt: expect.any(Number) });
    expect(tokens.expiresAt).toBeGreaterThanOrEqual(before + QUARTER_MS);
    expect(tokens.expiresAt).toBeLessThanOrEqual(Date.now() + QUARTER_MS);
    expect(upstream.requests[0]).toMatchObject({ method: 'GET', path: '/oauth2.0/token', body: '' });
    expect(sent()).toEqual({
      grant_type: 'authorization_code',
      client_id: appId,
      client_secret: appKey,
      code,
      redirect_uri: REDIRECT_URI,
      need_openid: '1',
      fmt: 'json',
    });
  });

  it('accepts the callback as a path, a query or a URL of any host', async () => {
    const query = `?code=${code}&state=a-state`;
    const forms = [
      REDIRECT_URI + query,
      `/stripped/callback${query}`,
      query,
      new URL(`http://internal:3000/cb${query}`),
    ];
    for (const callback of forms) {
      await exchange(callback);
      expect(sent()).toMatchObject({ code, redirect_uri: REDIRECT_URI });
    }
  });

  it('sends a redirect URI with its query', async () => {
    const redirectUri = `${REDIRECT_URI}?from=qq&next=%2Fa%20b`;
    await grant(clientOf(upstream, { redirectUri }));
    expect(sent().redirect_uri).toBe(redirectUri);
    await clientOf(upstream, { redirectUri }).authorizationCodeGrant(`${redirectUri}&code=${code}&state=a-state`, {
      expectedState: 'a-state',
    });
    expect(sent().redirect_uri).toBe(redirectUri);
  });

  it('returns no expiresAt without expires_in', async () => {
    upstream.always('token', `access_token=${accessToken}&openid=${openid}`);
    expect(await grant(client)).toEqual({ accessToken, openid });
  });

  it('refreshes, and returns all values of the response', async () => {
    upstream.always('token', 'access_token=AT2&expires_in=60&refresh_token=RT2');
    expect(await client.refreshTokenGrant('RT1')).toMatchObject({ accessToken: 'AT2', refreshToken: 'RT2' });
    expect(sent()).toEqual({
      grant_type: 'refresh_token',
      client_id: appId,
      client_secret: appKey,
      refresh_token: 'RT1',
      fmt: 'json',
    });
  });

  it('keeps the refresh token if the response has none', async () => {
    upstream.always('token', 'access_token=AT2&expires_in=60');
    expect(await client.refreshTokenGrant('RT1')).toMatchObject({ accessToken: 'AT2', refreshToken: 'RT1' });
  });

  it('sends a refresh once', async () => {
    upstream.always('token', 'callback( {"error":100025,"error_description":"system error"} );');
    expect(await failure(client.refreshTokenGrant('RT1'))).toMatchObject({ step: 'refresh', qqCode: 100025 });
    upstream.always('token', { status: 500 });
    expect(await failure(client.refreshTokenGrant('RT1'))).toMatchObject({
      step: 'refresh',
      code: 'ERR_QQ_HTTP_STATUS',
    });
    expect(upstream.requests).toHaveLength(2);
  });

  it.each([
    ['without a state', `?code=${code}`, 'ERR_QQ_STATE_MISSING'],
    ['with another state', `?code=${code}&state=b-state`, 'ERR_QQ_STATE_UNKNOWN'],
    ['with two states', `?code=${code}&state=a-state&state=a-state`, 'ERR_QQ_STATE_UNKNOWN'],
    ['with an error, but another state', '?error=access_denied&state=b-state', 'ERR_QQ_STATE_UNKNOWN'],
    ['with a cancel, but no state', '?usercancel=1', 'ERR_QQ_STATE_MISSING'],
    ['with nothing else', '?state=a-state', 'ERR_QQ_CALLBACK_INVALID'],
    ['with an empty code', '?code=&state=a-state', 'ERR_QQ_CALLBACK_INVALID'],
    ['with an empty error', `?error=&code=${code}&state=a-state`, 'ERR_QQ_CALLBACK_INVALID'],
    ['with two codes', `?code=A&code=B&state=a-state`, 'ERR_QQ_CALLBACK_INVALID'],
    ['with two errors', `?error=A&error=B&state=a-state`, 'ERR_QQ_CALLBACK_INVALID'],
    ['at an invalid address', `//?code=${code}&state=a-state`, 'ERR_QQ_CALLBACK_INVALID'],
    ['with usercancel', '?usercancel=1&state=a-state', 'ERR_QQ_CANCELLED'],
    ['with usercancel=2 and a code', `?usercancel=2&code=${code}&state=a-state`, 'ERR_QQ_CANCELLED'],
    ['with access_denied', '?error=access_denied&state=a-state', 'ERR_QQ_CANCELLED'],
  ])('refuses a callback %s without a request to QQ', async (_what, callback, expected) => {
    const error = await failure(exchange(callback));
    expect(error).toMatchObject({ kind: 'request', code: expected, status: 400, step: 'callback' });
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['as the new documents have it', '?error=100008&error_description=app+not+found&state=a-state'],
    ['as the old documents have it', '?code=100008&msg=app+not+found&state=a-state'],
    ['as the old documents have it, with an empty msg beside', '?code=100008&msg=app+not+found&msg=&state=a-state'],
  ])('reports an error that QQ called back with, %s', async (_what, callback) => {
    expect(await failure(exchange(callback))).toMatchObject({
      code: 'ERR_QQ_RESPONSE',
      step: 'callback',
      endpoint: '/oauth2.0/authorize',
      qqCode: 100008,
      qqMessage: 'app not found',
      action: 'fix_configuration',
    });
    expect(upstream.requests).toEqual([]);
  });

  it('reports a text error of a callback in a safe form', async () => {
    const error = await failure(exchange(`?error=server_error&error_description=${code}%0D%0Ax&state=a-state`));
    expect(error).toMatchObject({ qqCode: 'server_error', qqMessage: '[redacted] x' });
  });

  it('ignores parameters that RFC 6749 does not define', async () => {
    expect(
      await exchange(`?code=${code}&state=a-state&iss=https%3A%2F%2Fevil.example&id_token=x&response=y`),
    ).toHaveProperty('accessToken');
  });

  it('builds the URL and exchanges the code with the redirectUri of one login', async () => {
    const redirectUri = 'https://m.example.com/cb?from=qq';
    const url = client.buildAuthorizationUrl({ state: 's', redirectUri });
    expect(url.searchParams.get('redirect_uri')).toBe(redirectUri);
    expect(await client.exchangeCode(code, { redirectUri })).toMatchObject({ accessToken, openid });
    expect(sent()).toMatchObject({ code, redirect_uri: redirectUri, need_openid: '1' });
    expect(await client.exchangeCode(code)).toMatchObject({ accessToken });
    expect(sent()).toHaveProperty('redirect_uri', REDIRECT_URI);
  });

  it.each(['/auth/qq/callback', 'https://www.example.com/cb#x', 'https://me:pass-word@www.example.com/', '', 7])(
    'refuses %p for the redirectUri of one login, as the option does',
    async (wrong) => {
      const redirectUri = wrong as string;
      const refused = { code: 'ERR_QQ_CONFIGURATION', message: expect.stringContaining('redirectUri') };
      expect(await failure(client.exchangeCode(code, { redirectUri }))).toMatchObject(refused);
      expect(() => client.buildAuthorizationUrl({ state: 's', redirectUri })).toThrow('redirectUri');
      expect(upstream.requests).toEqual([]);
    },
  );

  it.each(['', undefined, ['C0DE'], { a: 'C0DE' }])('exchanges no code that is %p', async (wrong) => {
    expect(await failure(client.exchangeCode(wrong as string))).toMatchObject({ code: 'ERR_QQ_CALLBACK_INVALID' });
    expect(upstream.requests).toEqual([]);
  });
});

/** A browser that keeps cookies, and sends the callback that QQ redirects it to. */
class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #client: QQConnectClient;
  constructor(client: QQConnectClient) {
    this.#client = client;
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  store(cookies: string[]): void {
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  start(options: Partial<StartLoginOptions> = {}): string {
    const { url, cookies } = startLogin({ client: this.#client, cookieHeader: this.header, ...options });
    this.store(cookies);
    const query = new URL(url).searchParams;
    return `/auth/qq/callback?code=${MADE_UP.code}&state=${query.get('state') ?? ''}`;
  }

  async complete(callbackUrl: string, options: Partial<StartLoginOptions> = {}): Promise<CompletedLogin> {
    const login = await completeLogin({ client: this.#client, cookieHeader: this.header, callbackUrl, ...options });
    this.store(login.cookies);
    return login;
  }
}

describe('startLogin() and completeLogin()', () => {
  let upstream: Upstream;
  let client: QQConnectClient;
  let browser: Browser;
  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream);
    browser = new Browser(client);
  });
  afterEach(() => upstream.close());

  it('log the user in and return to the page, and delete the cookie', async () => {
    const login = await browser.complete(browser.start({ returnTo: '/cart?item=1' }));
    expect(login).toMatchObject({ returnTo: '/cart?item=1', user: { openid: MADE_UP.openid } });
    expect(login.tokens?.accessToken).toBe(MADE_UP.accessToken);
    expect(browser.header).toBe('');
  });

  it('complete the logins of two tabs, in any order', async () => {
    const first = browser.start({ returnTo: '/first' });
    const second = browser.start({ returnTo: '/second' });
    expect((await browser.complete(second)).returnTo).toBe('/second');
    expect((await browser.complete(first)).returnTo).toBe('/first');
  });

  it('keep the ten newest of eleven attempts', async () => {
    const urls = Array.from({ length: 11 }, () => browser.start());
    expect(browser.header.split('; ')).toHaveLength(10);
    expect((await failure(browser.complete(urls[0] ?? ''))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(await browser.complete(urls[1] ?? '')).toHaveProperty('user');
  });

  it('exchange the code once for two concurrent requests', async () => {
    const url = browser.start();
    const [one, two] = await Promise.all([browser.complete(url), browser.complete(url)]);
    expect(one.user).toEqual(two.user);
    expect(upstream.asked('token')).toHaveLength(1);
  });

  it('refuse a replayed callback after the cookie is deleted', async () => {
    const url = browser.start();
    await browser.complete(url);
    expect(await failure(browser.complete(url))).toMatchObject({ code: 'ERR_QQ_STATE_UNKNOWN', status: 400 });
    expect(upstream.asked('token')).toHaveLength(1);
  });

  it('report a cancel, with the mark in the address that prevents a redirect loop', async () => {
    const url = browser.start({ returnTo: '/private' }).replace(/code=\w+/, 'error=access_denied');
    expect(await browser.complete(url)).toMatchObject({
      cancelled: true,
      returnTo: '/private?qq_login=cancelled',
    });
    expect(upstream.asked('token')).toEqual([]);
  });

  it('refuse the callback of another browser without a request to QQ', async () => {
    const url = browser.start();
    expect((await failure(new Browser(client).complete(url))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    const forged = '/auth/qq/callback?error=100010&state=forged';
    expect((await failure(browser.complete(forged))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(upstream.requests).toEqual([]);
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', '/auth/qq/callback', 7, null])(
    'replace %j as returnTo with the front page',
    async (returnTo) => {
      expect((await browser.complete(browser.start({ returnTo: returnTo as string }))).returnTo).toBe('/');
    },
  );

  it('report the number of QQ, and a timeout as 504', async () => {
    upstream.next('token', JSON.stringify({ error: 100020, error_description: 'code is reused error' }));
    expect(await failure(browser.complete(browser.start()))).toMatchObject({ qqCode: 100020 });
    const slow = clientOf(upstream, { timeoutMs: 50 });
    upstream.next('token', hang);
    const other = new Browser(slow);
    expect(await failure(other.complete(other.start()))).toMatchObject({ status: 504, statusCode: 504 });
  });

  it('decrypt with an older key of the list, and not with another key', async () => {
    const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)];
    const url = browser.start({ encryptionKey: older });
    expect((await failure(browser.complete(url, { encryptionKey: newer }))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(await browser.complete(url, { encryptionKey: [newer, older] })).toHaveProperty('user');
  });

  it('refuse a short encryptionKey without printing it, and a client that is no QQConnectClient', () => {
    expect(() => browser.start({ encryptionKey: 'too-short' })).toThrow(/encryptionKey/);
    expect(() => browser.start({ encryptionKey: 'too-short' })).not.toThrow(/too-short/);
    expect(() => browser.start({ client: JSON.parse('{}') as QQConnectClient })).toThrow(/QQConnectClient/);
  });
});

describe('QQConnectClient reads', () => {
  let upstream: Upstream;
  let client: QQConnectClient;
  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream);
  });
  afterEach(() => upstream.close());

  it('the application and the user of an access token', async () => {
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

  it('the unchanged profile of QQ', async () => {
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

  it('any other API, with the parameters of the user last', async () => {
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

  it('the errors of any other API', async () => {
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
    'no API at the path %j, which would send the token to another host',
    async (path) => {
      const error = await failure(client.callApi(path, { accessToken, openid }));
      expect(error).toMatchObject({ kind: 'configuration', action: 'fix_configuration' });
      expect(upstream.requests).toEqual([]);
    },
  );

  const failedStep = { error: 100025, error_description: 'system error' };

  it('an API once more after a step failed at Tencent', async () => {
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

  it('an API at most twice', async () => {
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
  ])('an API once after %s', async (_what, answer, code) => {
    upstream.always('user_info', answer);
    expect(await failure(client.fetchUserInfo({ accessToken, openid }))).toMatchObject({ code, step: 'user_info' });
    expect(upstream.requests).toHaveLength(1);
  });

  it('an error with the HTTP status of the response', async () => {
    upstream.always('me', { status: 503, body: '' });
    expect((await failure(client.fetchOpenId(accessToken))).message).toBe('me: QQ responded with HTTP status 503');
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

    it.each(faults)('and the fault is "%s", the error has its code and no secret', async (_what, answer, expected) => {
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

  it('a client shows no secret when it is printed', async () => {
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
