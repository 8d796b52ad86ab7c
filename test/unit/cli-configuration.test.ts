import { describe, expect, it } from '@jest/globals';
import { checkConfiguration, graphUrlOf } from '../../src/cli/doctor/configuration.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { Check } from '../../src/cli/doctor/check.js';

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
  ])('reports of the APP ID in %j: %j', (env, expected) => {
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
  ])('reports of the APP Key in %j: %j', (env, expected) => {
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
  ])('reports of the redirect URI %j: %j', (QQ_REDIRECT_URI, expected) => {
    expect(findings({ QQ_REDIRECT_URI }, 'redirect_uri')).toEqual(expected);
  });

  it('accepts for a sandbox what the real QQ refuses, with a note', () => {
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
  ])('reports of where logins go in %j: %s', (env, expected) => {
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
  ])('reports of the application’s own secrets in %j: %j', (env, expected) => {
    expect([...findings(env, 'encryption_key'), ...findings(env, 'session_secret')]).toEqual(expected);
    expect(JSON.stringify(checkConfiguration({ ...good, ...env }, false))).not.toContain(long);
  });
});
