import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getNamed, startNamedSandbox } from '../support/named-sandbox.js';

describe('express-qq-connect sandbox --as graph.qq.com', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'qq-sandbox-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const authorize = new URLSearchParams({
    response_type: 'code',
    client_id: '100000001',
    redirect_uri: 'http://localhost:3000/auth/qq/callback',
    state: 'a-state',
  });
  const tokenRequest = (code: string) =>
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: '100000001',
      client_secret: 'sandbox-app-key-not-a-secret',
      redirect_uri: 'http://localhost:3000/auth/qq/callback',
      need_openid: '1',
      code,
    });

  it('logs in over TLS under that name, and avatar URLs have it too', async () => {
    await using sandbox = await startNamedSandbox(['--auto-approve'], home);
    const get = (path: string, host = 'graph.qq.com') =>
      getNamed(`https://${host}${path}`, { port: sandbox.port, ca: readFileSync(sandbox.caFile, 'utf8') });
    const { headers } = await get(`/oauth2.0/authorize?${authorize.toString()}`);
    const code = new URL(headers.location ?? '').searchParams.get('code') ?? '';
    const tokens = new URLSearchParams((await get(`/oauth2.0/token?${tokenRequest(code).toString()}`)).body);
    const query = new URLSearchParams({
      access_token: tokens.get('access_token') ?? '',
      openid: tokens.get('openid') ?? '',
      oauth_consumer_key: '100000001',
    });
    const profile = JSON.parse((await get(`/user/get_user_info?${query.toString()}`)).body) as Record<string, string>;
    expect(profile.figureurl_qq_2).toBe(`https://graph.qq.com/qqapp/100000001/${tokens.get('openid')}/100`);
    const avatar = await get(new URL(profile.figureurl_qq_2 ?? '').pathname, 'thirdqq.qlogo.cn');
    expect([avatar.status, avatar.headers['content-type']]).toEqual([200, 'image/png']);
    expect((await get('/g?b=qq&nk=12345&s=100', 'q1.qlogo.cn')).status).toBe(200);
  });

  it('prints the hosts line, and the setting by which each language trusts its CA', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const output = sandbox.output();
    expect(output).toMatch(/^127\.0\.0\.1 graph\.qq\.com q\.qlogo\.cn .*thirdqq\.qlogo\.cn/m);
    for (const text of [
      `NODE_EXTRA_CA_CERTS=${sandbox.caFile}`,
      `REQUESTS_CA_BUNDLE=${sandbox.bundleFile}`,
      `SSL_CERT_FILE=${sandbox.bundleFile}`,
      `-d curl.cainfo=${sandbox.bundleFile} -d openssl.cafile=${sandbox.bundleFile}`,
      `-file ${sandbox.caFile}`,
      '-Djavax.net.ssl.trustStore=',
    ])
      expect(output).toContain(text);
    expect(output).not.toContain('PRIVATE KEY');
  });

  it('keeps its CA for the next start, and makes a new one for a further name', async () => {
    const read = () => readFileSync(join(home, '.express-qq-connect', 'ca.pem'), 'utf8');
    const before = read();
    await (await startNamedSandbox([], home))[Symbol.asyncDispose]();
    expect(read()).toBe(before);
    await using sandbox = await startNamedSandbox(['--name', 'sandbox'], home);
    expect(read()).not.toBe(before);
    expect(sandbox.output()).toContain('A new CA certificate was made');
    const answer = await getNamed('https://sandbox/', { port: sandbox.port, ca: read() });
    expect(answer.status).toBe(200);
  });

  it('stores no key of the CA, and the key of its certificate for the user alone', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const certificate = new X509Certificate(readFileSync(join(sandbox.folder, 'cert.pem')));
    const ca = new X509Certificate(readFileSync(sandbox.caFile));
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    const key = join(sandbox.folder, 'key.pem');
    expect(certificate.checkHost('graph.qq.com')).toBe('graph.qq.com');
    expect(certificate.checkHost('example.com')).toBeUndefined();
    if (process.platform !== 'win32') expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(sandbox.bundleFile, 'utf8').match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
  });

  it('refuses a host name that was not given', async () => {
    await using sandbox = await startNamedSandbox([], home);
    const ca = readFileSync(sandbox.caFile, 'utf8');
    const answer = getNamed('https://evil.example/', { port: sandbox.port, ca });
    await expect(answer).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('says when it cannot store a certificate', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    await expect(startNamedSandbox([], file)).rejects.toThrow(/Cannot read or write .*file.*check the permissions/);
  });
});
