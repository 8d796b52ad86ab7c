import { describe, expect, it } from '@jest/globals';
import { networkFailure, proxyVariable } from '../../src/cli/doctor/network-failure.js';
import { checkAuthorize, checkReach } from '../../src/cli/doctor/reach-qq.js';
import { closest } from '../../src/protocol/closest.js';

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
  ])('returns for %s the hint of a login that fails so', (code, hint) => {
    const failure = networkFailure(failed(code));
    expect(failure.code).toBe(code);
    expect(failure.fix.en).toMatch(hint);
  });

  it('returns the name of a timeout, and unknown for what is no error', () => {
    expect(networkFailure(new DOMException('too slow', 'TimeoutError')).code).toBe('TimeoutError');
    expect(networkFailure('oh').code).toBe('unknown');
  });

  it('quotes no message, which may hold what was sent', () => {
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
  ])('finds for %j: %s', (env, expected) => {
    expect(proxyVariable(graphUrl, env)).toBe(expected);
  });

  it('knows that nothing of this machine goes through a proxy', () => {
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

  it('says nothing for certain where there is no answer', () => {
    expect(checkAuthorize({ thrown: failed('ERR_QQ_BODY_TOO_LARGE') })[0]?.level).toBe('info');
  });
});

describe('closest', () => {
  it.each([
    ['docter', 'doctor'],
    ['exlpain', 'explain'],
    ['box', 'sandbox'],
    ['', 'doctor'],
  ])('takes %j for %s', (written, meant) => {
    expect(closest(written, ['doctor', 'explain', 'sandbox'])).toBe(meant);
  });
});
