import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { REDIRECT_URI, clientOf, failure, grant } from '../support/client.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import type { QQConnectClient } from '../../src/client.js';
import type { Upstream } from '../support/upstream.js';

const { accessToken, appId, appKey, code, openid, refreshToken } = MADE_UP;
const QUARTER_MS = 7_776_000_000;

describe('QQConnectClient', () => {
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

  it('takes the callback whole, as a path, as a query or as a URL, wherever it says it is', async () => {
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

  it('sends a redirect URI with a query whole', async () => {
    const redirectUri = `${REDIRECT_URI}?from=qq&next=%2Fa%20b`;
    await grant(clientOf(upstream, { redirectUri }));
    expect(sent().redirect_uri).toBe(redirectUri);
    await clientOf(upstream, { redirectUri }).authorizationCodeGrant(`${redirectUri}&code=${code}&state=a-state`, {
      expectedState: 'a-state',
    });
    expect(sent().redirect_uri).toBe(redirectUri);
  });

  it('has no expiresAt where QQ says nothing of it', async () => {
    upstream.always('token', `access_token=${accessToken}&openid=${openid}`);
    expect(await grant(client)).toEqual({ accessToken, openid });
  });

  it('refreshes, and takes all of the values from the answer', async () => {
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

  it('keeps the refresh token where the answer has none', async () => {
    upstream.always('token', 'access_token=AT2&expires_in=60');
    expect(await client.refreshTokenGrant('RT1')).toMatchObject({ accessToken: 'AT2', refreshToken: 'RT1' });
  });

  it('never repeats a refresh', async () => {
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
    ['at an address that is none', `//?code=${code}&state=a-state`, 'ERR_QQ_CALLBACK_INVALID'],
    ['with usercancel', '?usercancel=1&state=a-state', 'ERR_QQ_CANCELLED'],
    ['with usercancel=2 and a code', `?usercancel=2&code=${code}&state=a-state`, 'ERR_QQ_CANCELLED'],
    ['with access_denied', '?error=access_denied&state=a-state', 'ERR_QQ_CANCELLED'],
  ])('refuses a callback %s before it asks QQ', async (_what, callback, expected) => {
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

  it('reports a word that was called back with, made harmless', async () => {
    const error = await failure(exchange(`?error=server_error&error_description=${code}%0D%0Ax&state=a-state`));
    expect(error).toMatchObject({ qqCode: 'server_error', qqMessage: '[redacted] x' });
  });

  it('knows nothing of parameters that are none of RFC 6749’s', async () => {
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
