import { describe, expect, it } from '@jest/globals';
import { checkAppId, checkAppKey } from '../../src/cli/doctor/app-credentials.js';
import { checkGraphUrl, graphUrlOf, isRealQQ } from '../../src/cli/doctor/graph-url.js';
import { checkInstallation } from '../../src/cli/doctor/installation.js';
import { checkOwnSecrets } from '../../src/cli/doctor/own-secrets.js';
import { checkRedirectUri } from '../../src/cli/doctor/redirect-uri.js';
import type { Check } from '../../src/cli/doctor/check.js';

const real = { realQQ: true, elsewhere: false };
const sandbox = { realQQ: false, elsewhere: false };
const appKey = '0123456789abcdef0123456789abcdef';

const found = (checks: readonly Check[]) => checks.map(({ level, id }) => `${level} ${id}`);

describe('checkAppId', () => {
  it.each([
    ['101234567', 'ok app_id'],
    [undefined, 'error app_id_missing'],
    ['', 'error app_id_missing'],
    ['your_app_id', 'error app_id_placeholder'],
    ['<APP ID>', 'error app_id_placeholder'],
    ['${QQ_APP_ID}', 'error app_id_placeholder'],
    ['你的APPID', 'error app_id_placeholder'],
    ['"101234567"', 'error app_id_quotes'],
    ['“101234567”', 'error app_id_quotes'],
    ['101234567 ', 'error app_id_blanks'],
    ['101234567\u200b', 'error app_id_blanks'],
    ['tencent101234567', 'error app_id_form'],
    ['wx0123456789', 'warn app_id_form'],
    ['100000001', 'warn app_id_sandbox'],
  ])('says of %j: %s', (value, expected) => {
    expect(found(checkAppId(value, real))).toEqual([expected]);
  });

  it('takes anything for a sandbox, whose APP IDs are anyone’s', () => {
    expect(found(checkAppId('100000001', sandbox))).toEqual(['ok app_id']);
    expect(found(checkAppId('my-app', sandbox))).toEqual(['ok app_id']);
  });

  it('prints it only if it is made of digits: anything else may be the APP Key', () => {
    expect(checkAppId('101234567', real)[0]?.en).toContain('101234567');
    for (const surroundings of [real, sandbox]) {
      expect(JSON.stringify(checkAppId(appKey, surroundings))).not.toContain(appKey);
    }
  });
});

describe('checkAppKey', () => {
  it.each([
    [appKey, 'ok app_key'],
    [undefined, 'error app_key_missing'],
    ['your_app_key', 'error app_key_placeholder'],
    ['changeme', 'error app_key_placeholder'],
    ['xxxxxxxx', 'error app_key_placeholder'],
    [`'${appKey}'`, 'error app_key_quotes'],
    [`${appKey}\n`, 'error app_key_blanks'],
    ['101234567', 'error app_key_is_app_id'],
    [appKey.slice(1), 'warn app_key_form'],
    ['sandbox-app-key-not-a-secret', 'warn app_key_form'],
  ])('says of %j: %s', (value, expected) => {
    const checks = checkAppKey(value, '101234567', real);
    expect(found(checks)).toEqual([expected]);
    if (value) expect(JSON.stringify(checks)).not.toContain(value);
  });

  it('takes any form for a sandbox', () => {
    expect(found(checkAppKey('sandbox-app-key-not-a-secret', '100000001', sandbox))).toEqual(['ok app_key']);
  });
});

describe('checkRedirectUri', () => {
  it.each([
    ['https://login.example.com/auth/qq/callback', ['ok redirect_uri']],
    ['https://login.example.com/callback?from=qq', ['ok redirect_uri']],
    [undefined, ['error redirect_uri_missing']],
    ['', ['error redirect_uri_missing']],
    ['/auth/qq/callback', ['error redirect_uri_relative']],
    ['www.example.com/callback', ['error redirect_uri_relative']],
    ['ftp://www.example.com/callback', ['error redirect_uri_relative']],
    ['https:/login.example.com/callback', ['error redirect_uri_relative']],
    ['https%3A%2F%2Flogin.example.com%2Fcallback', ['error redirect_uri_encoded']],
    ['https://user:word@login.example.com/callback', ['error redirect_uri_credentials']],
    ['https://@login.example.com/callback', ['error redirect_uri_credentials']],
    ['https://login.example.com/callback#top', ['error redirect_uri_fragment']],
    ['https://login.example.com\\callback', ['error redirect_uri_backslash']],
    ['https://login.example.com/call back', ['error redirect_uri_blanks']],
    ['"https://login.example.com/callback"', ['error redirect_uri_quotes']],
    ['https://login.example.com/callback?to=https%253A%252F%252Fa.example', ['error redirect_uri_encoded_twice']],
    ['https://login.example.com', ['warn redirect_uri_no_path']],
    ['https://login.example.com:8443/callback', ['error redirect_uri_port']],
    ['https://login.example.com:443/callback', ['error redirect_uri_port']],
    ['https://login.example.com:/callback', ['error redirect_uri_port']],
    ['http://login.example.com/callback', ['error redirect_uri_http']],
    [
      'http://localhost:3000/callback',
      ['error redirect_uri_local', 'error redirect_uri_port', 'error redirect_uri_http'],
    ],
    ['https://127.1/callback', ['error redirect_uri_local']],
    ['https://203.0.113.7/callback', ['error redirect_uri_ip_address']],
    ['https://[2001:db8::1]/callback', ['error redirect_uri_ip_address']],
    ['https://login.example.com/callback/', ['ok redirect_uri', 'info redirect_uri_slash']],
    ['https://www.example.com/callback', ['ok redirect_uri', 'info redirect_uri_www']],
    ['https://example.com.cn/callback', ['ok redirect_uri', 'info redirect_uri_www']],
  ])('says of %j: %j', (value, expected) => {
    expect(found(checkRedirectUri(value, real))).toEqual(expected);
  });

  it('lets a sandbox have what the real QQ refuses, and says so', () => {
    const checks = checkRedirectUri('http://localhost:3000/auth/qq/callback', sandbox);
    expect(found(checks)).toEqual(['ok redirect_uri', 'info redirect_uri_sandbox']);
    expect(found(checkRedirectUri('http://localhost:3000/callback#a', sandbox))).toEqual([
      'error redirect_uri_fragment',
    ]);
  });

  it('names the other of two hosts that are easily mixed up', () => {
    const twin = (uri: string) => checkRedirectUri(uri, real).find(({ id }) => id === 'redirect_uri_www')?.en;
    expect(twin('https://www.example.com/callback')).toContain('www.example.com and example.com');
    expect(twin('https://example.com/callback')).toContain('example.com and www.example.com');
  });

  it('prints no password', () => {
    expect(JSON.stringify(checkRedirectUri('https://user:word@a.example/callback', real))).not.toContain('word@');
  });
});

describe('checkGraphUrl', () => {
  it.each([
    [{}, 'ok graph_url'],
    [{ QQ_GRAPH_URL: '' }, 'ok graph_url'],
    [{ QQ_GRAPH_URL: 'https://graph.qq.com/' }, 'ok graph_url'],
    [{ QQ_GRAPH_URL: 'http://127.0.0.1:9010' }, 'ok graph_url'],
    [{ QQ_GRAPH_URL: 'http://127.0.0.1:9010', NODE_ENV: 'production' }, 'warn graph_url_sandbox_in_production'],
    [{ QQ_GRAPH_URL: 'https://graph.example.com' }, 'warn graph_url_other'],
    [{ QQ_GRAPH_URL: 'http://graph.qq.com' }, 'error graph_url_form'],
    [{ QQ_GRAPH_URL: 'graph.qq.com' }, 'error graph_url_form'],
  ])('says of %j: %s', (env, expected) => {
    expect(found(checkGraphUrl(env))).toEqual([expected]);
  });

  it('takes every other machine for the real QQ', () => {
    expect(isRealQQ(graphUrlOf({}))).toBe(true);
    expect(isRealQQ(graphUrlOf({ QQ_GRAPH_URL: 'https://graph.example.com' }))).toBe(true);
    expect(isRealQQ(graphUrlOf({ QQ_GRAPH_URL: 'http://localhost:9010' }))).toBe(false);
  });
});

describe('checkOwnSecrets', () => {
  const long = 'k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y';

  it.each([
    [{}, ['info encryption_key']],
    [{ QQ_ENCRYPTION_KEY: long }, ['ok encryption_key']],
    [{ QQ_ENCRYPTION_KEY: `${long},${long}` }, ['ok encryption_key']],
    [{ QQ_ENCRYPTION_KEY: `${long},` }, ['error encryption_key_empty']],
    [{ QQ_ENCRYPTION_KEY: 'short' }, ['warn encryption_key_weak']],
    [{ QQ_ENCRYPTION_KEY: `${long},short` }, ['warn encryption_key_weak']],
    [{ QQ_ENCRYPTION_KEY: appKey, QQ_APP_KEY: appKey }, ['warn encryption_key_weak']],
    [{ SESSION_SECRET: long }, ['info encryption_key', 'ok session_secret']],
    [{ SESSION_SECRET: 'secret' }, ['info encryption_key', 'warn session_secret_weak']],
    [{ SESSION_SECRET: '' }, ['info encryption_key', 'error session_secret_empty']],
  ])('says of %j: %j', (env, expected) => {
    const checks = checkOwnSecrets(env, true);
    expect(found(checks)).toEqual(expected);
    expect(JSON.stringify(checks)).not.toContain(long);
  });

  it('asks for no session secret where a sandbox plays QQ', () => {
    expect(found(checkOwnSecrets({ SESSION_SECRET: '' }, false))).toEqual(['info encryption_key']);
  });
});

describe('checkInstallation', () => {
  const good = { node: '22.12.0', express: '5.1.0', 'express-session': '1.18.1' };

  it.each([
    ['20.19.0', 'ok'],
    ['20.18.3', 'error'],
    ['21.7.0', 'error'],
    ['22.11.0', 'error'],
    ['22.12.0', 'ok'],
    ['24.0.0', 'ok'],
    ['18.20.0', 'error'],
  ])('says of Node %s: %s', (node, level) => {
    expect(found(checkInstallation({ ...good, node }))[0]).toBe(`${level} node`);
  });

  it.each([
    ['4.18.0', 'ok express'],
    ['5.0.0', 'ok express'],
    ['4.17.3', 'error express_version'],
    ['3.21.2', 'error express_version'],
    [undefined, 'warn express_missing'],
  ])('says of express %s: %s', (express, expected) => {
    expect(found(checkInstallation({ ...good, express }))[1]).toBe(expected);
  });

  it.each([
    ['1.17.3', 'ok express_session'],
    ['1.17.2', 'error express_session_version'],
    [undefined, 'warn express_session_missing'],
  ])('says of express-session %s: %s', (version, expected) => {
    expect(found(checkInstallation({ ...good, 'express-session': version }))[2]).toBe(expected);
  });
});
