import { describe, expect, it } from '@jest/globals';
import { checkConfiguration, graphUrlOf } from '../../src/cli/doctor/configuration.js';
import { networkFailure, proxyVariable } from '../../src/cli/doctor/network-failure.js';
import { checkAuthorize, checkReach } from '../../src/cli/doctor/reach-qq.js';
import { checkSite } from '../../src/cli/doctor/site.js';
import { closest } from '../../src/protocol/closest.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { Check } from '../../src/cli/doctor/check.js';
import type { SiteAnswer, SiteVisit } from '../../src/cli/doctor/probe-site.js';

const appKey = '0123456789abcdef0123456789abcdef';
const good = {
  QQ_APP_ID: '101234567',
  QQ_APP_KEY: appKey,
  QQ_REDIRECT_URI: 'https://login.example.com/auth/qq/callback',
};
const SANDBOX = 'http://127.0.0.1:9010';

const found = (checks: readonly Check[]) => checks.map(({ level, id }) => `${level} ${id}`);
/** What doctor finds of some variables beside good ones. */
const findings = (env: Record<string, string | undefined>, about: string) =>
  found(checkConfiguration({ ...good, ...env }, false).filter(({ id }) => id.startsWith(about)));

describe('checkConfiguration()', () => {
  const names = {
    appId: 'QQ_APP_ID',
    appKey: 'QQ_APP_KEY',
    redirectUri: 'QQ_REDIRECT_URI',
    graphUrl: 'QQ_GRAPH_URL',
    encryptionKey: 'QQ_ENCRYPTION_KEY',
    scope: undefined, // no variable
  };
  const ranks = { ok: 0, info: 0, warn: 1, error: 2 };

  it.each(
    configurationExamples
      .filter(({ option }) => names[option] !== undefined)
      .map((example) => [example.option, example.what, example] as const),
  )('gives the verdict of the table on %s with %s', (option, _what, { value, verdict }) => {
    const before = new Set(checkConfiguration(good, false).map(({ id }) => id));
    const checks = checkConfiguration({ ...good, [names[option] ?? '']: value }, false).filter(
      ({ id, level }) => level !== 'ok' && !before.has(id),
    );
    const worst = Math.max(0, ...checks.map(({ level }) => ranks[level]));
    expect(['ok', 'warning', 'error'][worst]).toBe(verdict);
    if (verdict === 'error') expect(JSON.stringify(checks)).not.toContain(value.trim());
  });

  it.each([
    [{ QQ_APP_ID: '101234567' }, ['ok app_id']],
    [{ QQ_APP_ID: undefined }, ['error app_id_missing']],
    [{ QQ_APP_ID: '' }, ['error app_id_missing']],
    [{ QQ_APP_ID: 'your_app_id' }, ['error app_id_placeholder']],
    [{ QQ_APP_ID: '100000001', QQ_GRAPH_URL: SANDBOX }, ['ok app_id']],
    [{ QQ_APP_ID: 'my-app', QQ_GRAPH_URL: SANDBOX }, ['ok app_id']],
  ])('reports for the APP ID in %j: %j', (env, expected) => {
    expect(findings(env, 'app_id')).toEqual(expected);
  });

  it('prints an APP ID only if it is made of digits: anything else may be the APP Key', () => {
    expect(JSON.stringify(checkConfiguration(good, false))).toContain('101234567');
    for (const QQ_GRAPH_URL of ['', SANDBOX]) {
      const env = { ...good, QQ_APP_ID: appKey, QQ_APP_KEY: '', QQ_GRAPH_URL };
      expect(JSON.stringify(checkConfiguration(env, false))).not.toContain(appKey);
    }
  });

  it.each([
    [{ QQ_APP_KEY: appKey }, ['ok app_key']],
    [{ QQ_APP_KEY: undefined }, ['error app_key_missing']],
    [{ QQ_APP_KEY: 'changeme' }, ['error app_key_placeholder']],
    [{ QQ_APP_KEY: '101234568' }, ['warn app_key_is_app_id']],
    [{ QQ_APP_KEY: appKey.slice(1) }, ['ok app_key']],
    [{ QQ_APP_KEY: 'sandbox-app-key-not-a-secret', QQ_GRAPH_URL: SANDBOX }, ['ok app_key']],
  ])('reports for the APP Key in %j: %j', (env, expected) => {
    expect(findings(env, 'app_key')).toEqual(expected);
    expect(JSON.stringify(checkConfiguration({ ...good, ...env }, false))).not.toContain(env.QQ_APP_KEY ?? appKey);
  });

  it.each([
    ['https://login.example.com/callback?from=qq', ['ok redirect_uri']],
    [undefined, ['error redirect_uri_missing']],
    ['https%3A%2F%2Flogin.example.com%2Fcallback', ['error redirect_uri_encoded']],
    ['https://login.example.com/c?to=https%253A%252F%252Fa.example', ['warn redirect_uri_encoded_twice']],
    ['https://login.example.com', ['warn redirect_uri_no_path']],
    ['https://login.example.com:/callback', ['warn redirect_uri_port']],
    ['http://login.example.com/callback', ['warn redirect_uri_http']],
    ['https://127.1/callback', ['warn redirect_uri_local']],
    ['https://203.0.113.7/callback', ['warn redirect_uri_ip_address']],
    ['https://[2001:db8::1]/callback', ['warn redirect_uri_ip_address']],
    ['https://login.example.com/callback/', ['ok redirect_uri']],
    ['https://www.example.com/callback', ['ok redirect_uri']],
    ['https://example.com.cn/callback', ['ok redirect_uri']],
  ])('reports for the redirect URI %j: %j', (QQ_REDIRECT_URI, expected) => {
    expect(findings({ QQ_REDIRECT_URI }, 'redirect_uri')).toEqual(expected);
  });

  it('accepts a value that only the real QQ refuses if a sandbox is used, with a note', () => {
    const env = { QQ_REDIRECT_URI: 'http://localhost:3000/callback', QQ_GRAPH_URL: SANDBOX };
    expect(findings(env, 'redirect_uri')).toEqual(['ok redirect_uri', 'info redirect_uri_sandbox']);
    expect(findings({ ...env, QQ_REDIRECT_URI: 'http://localhost:3000/cb#a' }, 'redirect_uri')).toEqual([
      'error redirect_uri_fragment',
    ]);
  });

  it.each([
    [{}, 'ok graph_url'],
    [{ QQ_GRAPH_URL: '' }, 'ok graph_url'],
    [{ QQ_GRAPH_URL: SANDBOX }, 'ok graph_url'],
    [{ QQ_GRAPH_URL: SANDBOX, NODE_ENV: 'production' }, 'warn graph_url_sandbox_in_production'],
    [{ QQ_GRAPH_URL: 'https://graph.example.com' }, 'warn graph_url_other'],
    [{ QQ_GRAPH_URL: 'http://graph.qq.com' }, 'error graph_url_form'],
    [{ QQ_GRAPH_URL: 'graph.qq.com' }, 'error graph_url_form'],
  ])('reports for the server of logins in %j: %s', (env, expected) => {
    expect(findings(env, 'graph_url')).toEqual([expected]);
  });

  it('reads QQ_GRAPH_URL as the router does', () => {
    expect(graphUrlOf({})?.origin).toBe('https://graph.qq.com');
    expect(graphUrlOf({ QQ_GRAPH_URL: ` ${SANDBOX} ` })?.origin).toBe(SANDBOX);
    expect(graphUrlOf({ QQ_GRAPH_URL: 'http://graph.qq.com' })).toBeUndefined();
  });

  const long = 'k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y';

  it.each([
    [{}, []],
    [{ QQ_ENCRYPTION_KEY: `${long},${long}` }, []],
    [{ QQ_ENCRYPTION_KEY: `${long},` }, ['error encryption_key_short']],
    [{ SESSION_SECRET: long }, []],
    [{ SESSION_SECRET: 'secret' }, ['warn session_secret_weak']],
    [{ SESSION_SECRET: '' }, []],
  ])('reports for the application’s own secrets in %j: %j', (env, expected) => {
    expect([...findings(env, 'encryption_key'), ...findings(env, 'session_secret')]).toEqual(expected);
    expect(JSON.stringify(checkConfiguration({ ...good, ...env }, false))).not.toContain(long);
  });
});

const graphUrl = new URL('https://graph.qq.com');
const failed = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
const answer = (body: string, status = 200, location: string | null = null) => ({ body, status, location });

describe('networkFailure()', () => {
  it.each([
    ['ENOTFOUND', /DNS/],
    ['ECONNREFUSED', /is running/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['CERT_NOT_YET_VALID', /NTP/],
    ['ECONNRESET', /firewall/],
  ])('returns for %s the hint of a login that fails for the same reason', (code, hint) => {
    const failure = networkFailure(failed(code));
    expect(failure.code).toBe(code);
    expect(failure.fix.en).toMatch(hint);
  });

  it('returns the name of a timeout, and unknown for a value that is no error', () => {
    expect(networkFailure(new DOMException('too slow', 'TimeoutError')).code).toBe('TimeoutError');
    expect(networkFailure('oh').code).toBe('unknown');
  });

  it('quotes no message, because a message can contain the request', () => {
    expect(JSON.stringify(networkFailure(failed('a code with blanks and secrets')))).not.toContain('secrets');
  });
});

describe('proxyVariable', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://user:word@proxy.example' }, 'HTTPS_PROXY'],
    [{ https_proxy: 'http://proxy.example', HTTPS_PROXY: 'http://proxy.example' }, 'https_proxy'],
    [{ ALL_PROXY: 'http://proxy.example' }, 'ALL_PROXY'],
    [{ HTTP_PROXY: 'http://proxy.example' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy.example', NO_PROXY: 'example.com, .qq.com' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy.example', NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy.example', NO_PROXY: 'aqq.com' }, 'HTTPS_PROXY'],
    [{}, undefined],
  ])('returns for %j: %s', (env, expected) => {
    expect(proxyVariable(graphUrl, env)).toBe(expected);
  });

  it('returns no proxy for an address of this machine', () => {
    expect(proxyVariable(new URL('http://127.0.0.1:9010'), { http_proxy: 'http://proxy.example' })).toBeUndefined();
  });
});

describe('checkReach', () => {
  const checkOutcome = (outcome: Parameters<typeof checkReach>[0], env = {}) => checkReach(outcome, graphUrl, env)[0];

  it.each([
    ['callback( {"error":100007,"error_description":"param access token is wrong or lost "} );\n', 200, 'ok'],
    ['{"error":100007}', 200, 'ok'],
    ['<html>please log in to this network</html>', 200, 'error'],
    ['', 200, 'error'],
    ['<html>502</html>', 502, 'warn'],
    ['', 407, 'error'],
  ])('reports %j with status %d as %s', (body, status, level) => {
    expect(checkOutcome(answer(body, status))?.level).toBe(level);
  });

  it('names what failed, and the proxy’s variable without its value', () => {
    const check = checkOutcome({ thrown: failed('ENOTFOUND') }, { HTTPS_PROXY: 'http://user:word@proxy.example' });
    expect(check).toMatchObject({ level: 'error', id: 'qq_unreachable' });
    expect(check?.en).toContain('through the proxy of HTTPS_PROXY): ENOTFOUND');
    expect(JSON.stringify(check)).not.toContain('word');
  });
});

describe('checkAuthorize', () => {
  it.each([
    ['<p>redirect uri is illegal(100010)</p>', null, 'error authorize_100010'],
    ['<p class="error">no such appid (100008)</p>', null, 'error authorize_100008'],
    ['', 'https://graph.qq.com/oauth2.0/show?which=error&error=100001', 'error authorize_100001'],
    ['', 'https://graph.qq.com/oauth2.0/show?which=Login&client_id=101234567', 'info authorize'],
    ['<script>var codes = [100010, 100008];</script>', null, 'info authorize'],
    ['<p>an unheard-of number(199999)</p>', null, 'info authorize'],
  ])('reads %j, leading to %s, as %s', (body, location, expected) => {
    const [check] = checkAuthorize(answer(body, location === null ? 200 : 302, location));
    expect(`${check?.level} ${check?.id}`).toBe(expected);
  });

  it('returns no certain result without a response', () => {
    expect(checkAuthorize({ thrown: failed('ERR_QQ_BODY_TOO_LARGE') })[0]?.level).toBe('info');
  });
});

describe('closest', () => {
  it.each([
    ['docter', 'doctor'],
    ['exlpain', 'explain'],
    ['box', 'sandbox'],
    ['', 'doctor'],
  ])('finds for %j the command %s', (written, meant) => {
    expect(closest(written, ['doctor', 'explain', 'sandbox'])).toBe(meant);
  });
});

const CALLBACK = 'https://www.example.com/auth/qq/callback';
const STATE = 'S'.repeat(43);

const authorize = (redirectUri = CALLBACK, origin = 'https://graph.qq.com') =>
  new URL(
    `${origin}/oauth2.0/authorize?${new URLSearchParams({ client_id: '101234567', redirect_uri: redirectUri, state: STATE }).toString()}`,
  );

const attempt = { name: `__Host-qq_login_owner_id`, httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;
const sessionCookie = { name: '__Host-sid', httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

const answerOf = (path: string, more: Partial<SiteAnswer>): SiteAnswer => ({
  url: new URL(path, 'https://www.example.com'),
  status: 200,
  location: undefined,
  cookies: [],
  errorCode: undefined,
  ...more,
});

const visit = (more: Partial<SiteVisit> = {}): SiteVisit => ({
  login: answerOf('/auth/qq/login', { status: 302, location: authorize(), cookies: [{ ...attempt, value: 'sealed' }] }),
  passed: [],
  user: answerOf('/auth/qq/user', { status: 401 }),
  again: [],
  cancelled: [],
  callback: answerOf('/auth/qq/callback', { status: 400, errorCode: 'ERR_QQ_STATE_MISSING' }),
  ...more,
});

const statusOf = (site: SiteVisit) =>
  Object.fromEntries(
    checkSite(site, {
      appId: '101234567',
      redirectUri: CALLBACK,
      graphUrl: new URL('https://graph.qq.com'),
    }).map(({ id, level }) => [id, level]),
  );

describe('checkSite, of a site on https', () => {
  it('reports no problem of a correct site', () => {
    expect(statusOf(visit())).toEqual({
      site_login: 'ok',
      site_client_id: 'ok',
      site_redirect_uri: 'ok',
      site_attempt_cookie: 'ok',
      site_callback: 'ok',
      site_session_unseen: 'info',
    });
  });

  it('requires Secure and __Host- on the login cookie', () => {
    for (const cookie of [
      { ...attempt, secure: false },
      { ...attempt, name: 'qq_login_owner_id' },
    ]) {
      const cookies = [{ ...cookie, value: 'sealed' }];
      const login = answerOf('/auth/qq/login', { status: 302, location: authorize(), cookies });
      expect(statusOf(visit({ login })).site_attempt_cookie).toBe('error');
    }
  });

  it('reports a session cookie without Secure as a missing trust proxy', () => {
    const user = answerOf('/auth/qq/user', { cookies: [{ ...sessionCookie, secure: false, value: 'id' }] });
    expect(statusOf(visit({ user })).site_session_secure).toBe('error');
    const good = answerOf('/auth/qq/user', { cookies: [{ ...sessionCookie, value: 'id' }] });
    expect(statusOf(visit({ user: good })).site_session_cookie).toBe('ok');
    const plain = { ...good, url: new URL('http://www.example.com/auth/qq/user') };
    expect(statusOf(visit({ user: plain })).site_session_secure).toBe('error');
    const shared = answerOf('/auth/qq/user', { cookies: [{ ...sessionCookie, name: 'connect.sid', value: 'id' }] });
    expect(statusOf(visit({ user: shared })).site_session_host).toBe('warn');
  });

  it('reports each login that makes a detour because a proxy does not pass the host on', () => {
    const url = new URL('https://www.example.com/auth/qq/login?returnTo=%2F&origin=checked');
    const login = {
      ...answerOf('', { status: 302, location: authorize(), cookies: [{ ...attempt, value: 'sealed' }] }),
      url,
    };
    const detour = visit({ login, passed: [new URL('https://www.example.com/auth/qq/login')] });
    expect(statusOf(detour).site_origin).toBe('warn');
    expect(statusOf({ ...detour, passed: [new URL('https://example.com/auth/qq/login')] })).not.toHaveProperty(
      'site_origin',
    );
  });

  it('reports processes that send different values, or that do not find the login of another process', () => {
    const other = answerOf('/auth/qq/login', { location: authorize('https://old.example.com/auth/qq/callback') });
    expect(statusOf(visit({ again: [other] })).site_processes).toBe('error');
    const rejected = answerOf('/auth/qq/callback', { status: 400, errorCode: 'ERR_QQ_STATE_UNKNOWN' });
    expect(statusOf(visit({ cancelled: [answerOf('/', { status: 302 }), rejected] })).site_processes).toBe('error');
  });

  it('reports a live site that uses a sandbox', () => {
    const sandbox = answerOf('/auth/qq/login', {
      status: 302,
      location: authorize(CALLBACK, 'http://127.0.0.1:9010'),
    });
    expect(statusOf(visit({ login: sandbox })).site_sandbox).toBe('error');
  });

  it('reads a redirect_uri that was encoded twice', () => {
    const login = answerOf('/auth/qq/login', { status: 302, location: authorize(encodeURIComponent(CALLBACK)) });
    expect(statusOf(visit({ login }))).toMatchObject({ site_redirect_uri: 'error', redirect_uri_encoded: 'error' });
  });
});
