import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { errorOf, SandboxVisitor } from '../contract/sandbox-visitor.js';

describe('the login page of the sandbox', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox();
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('offers the personas, each with a picture and a button', async () => {
    const { status, body } = await visitor.authorize();
    expect(status).toBe(200);
    for (const { nickname, openid } of sandbox.users) {
      expect(body).toContain(nickname);
      expect(body).toContain(`name="openid" value="${openid}"`);
      const picture = await visitor.send(`/sandbox/portraits/${openid}`);
      expect(picture.headers.get('content-type')).toBe('image/png');
    }
    for (const trait of ['（空昵称）', '表情', '没有 100 像素', '没有 unionid', '占位资料'])
      expect(body).toContain(trait);
  });

  it('is Chinese unless the browser asks for English', async () => {
    const page = async (language: string) => {
      const { body } = await visitor.authorize({}, { headers: { 'Accept-Language': language } });
      return [/<html lang="(.+?)"/.exec(body)?.[1], /<h1>(.+?)</.exec(body)?.[1]];
    };
    for (const language of ['zh-CN,zh;q=0.9,en;q=0.8', '*', 'fr', '']) {
      expect(await page(language)).toEqual(['zh-CN', 'QQ 登录']);
    }
    for (const language of ['en', 'en-US,en;q=0.9,zh-CN;q=0.8']) {
      expect(await page(language)).toEqual(['en', 'Log in with QQ']);
    }
  });

  it('says that it is no real QQ, on the error page too', async () => {
    for (const parameters of [{}, { redirect_uri: 'https://elsewhere.example/' }]) {
      expect((await visitor.authorize(parameters)).body).toContain('沙箱 · 仅供开发，不是真正的 QQ');
    }
  });

  it('is laid out for phones with display=mobile', async () => {
    expect((await visitor.authorize({ display: 'mobile' })).body).toContain('<body class="mobile">');
    expect((await visitor.authorize()).body).toContain('<body>');
  });

  it('cannot be stored, framed, sniffed or scripted, and leaks no address', async () => {
    for (const { headers } of [await visitor.authorize(), await visitor.authorize({ client_id: '1' })]) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|script-src/);
    }
    const { body } = await visitor.authorize();
    expect(body).not.toMatch(/<script|<style|\son\w+=|style=/i);
  });

  it('goes back with a code for the persona whose button was pressed', async () => {
    const openid = sandbox.users[2]?.openid ?? '';
    const { status, location } = await visitor.press({ openid });
    expect(status).toBe(303);
    expect(location?.origin).toBe('http://localhost:3000');
    expect(location?.searchParams.get('state')).toBe('a-state');
    const code = location?.searchParams.get('code') ?? '';
    expect(code).toMatch(/^[0-9A-F]{32}$/);
    const { body } = await visitor.token({ code, need_openid: '1' });
    expect(new URLSearchParams(body).get('openid')).toBe(openid);
  });

  it('carries the request through its form', async () => {
    const { body } = await visitor.authorize({ state: 'a"b', scope: 'get_user_info', unknown: 'dropped' });
    const fields = [...body.matchAll(/type="hidden" name="(.+?)" value="(.*?)"/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(fields)).toEqual({
      response_type: 'code',
      client_id: '100000001',
      redirect_uri: visitor.redirectUri,
      state: 'a&quot;b',
      scope: 'get_user_info',
    });
  });

  it('validates the request again when a button is pressed', async () => {
    const openid = sandbox.users[0]?.openid;
    const elsewhere = await visitor.press({ openid, redirect_uri: 'https://elsewhere.example/' });
    expect(elsewhere.location).toBeUndefined();
    expect(elsewhere.body).toContain('redirect uri is illegal(100010)');
    const unknown = await visitor.press({ openid: '0123456789ABCDEF0123456789ABCDEF' });
    expect([unknown.status, unknown.location]).toEqual([400, undefined]);
    // What stands in the query of a posted form counts for nothing.
    const smuggled = await visitor.send(`/oauth2.0/authorize?response_type=code&openid=${openid ?? ''}`, {
      method: 'POST',
    });
    expect(smuggled.body).toContain('(100000)');
  });

  it('goes back with usercancel=1 when the user cancels', async () => {
    const { location } = await visitor.press({ usercancel: '1' });
    expect(location?.search).toBe('?usercancel=1&state=a-state');
  });

  it('shows hostile nicknames and parameters as text', async () => {
    const nickname = `<script>alert(1)</script>"'&`;
    await using hostile = await startSandbox({ users: [{ nickname }] });
    const state = '"><img src=x onerror=alert(1)>';
    const page = await new SandboxVisitor(hostile).authorize({ state });
    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(page.body).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(page.body).not.toMatch(/<script|<img src=x/);
    const error = await new SandboxVisitor(hostile).authorize({ redirect_uri: `https://${state}` });
    expect(error.body).not.toMatch(/<script|<img src=x/);
    expect(error.body).toContain('&lt;img src=x');
  });
});

describe('the callback of the sandbox', () => {
  const registered = {
    appId: '100000001',
    appKey: 'made-up-key',
    redirectUris: ['https://app.example/auth/qq/callback'],
  };

  it.each([
    'http://localhost:3000/callback',
    'http://localhost/callback',
    'http://127.0.0.1:8080/callback',
    'http://127.8.9.1:8080/callback',
    'https://[::1]:8443/callback',
  ])('may be %s where nothing is registered', async (redirectUri) => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize();
    expect(location?.href).toMatch(/\/callback\?code=[0-9A-F]{32}&state=a-state$/);
  });

  it.each([
    ['the same address', 'https://app.example/auth/qq/callback', true],
    ['a query of its own', 'https://app.example/auth/qq/callback?tenant=7', true],
    ['a trailing slash', 'https://app.example/auth/qq/callback/', false],
    ['another path', 'https://app.example/auth/qq/callback2', false],
    ['another host', 'https://www.app.example/auth/qq/callback', false],
    ['a port', 'https://app.example:8443/auth/qq/callback', false],
    ['a loopback address', 'http://localhost:3000/auth/qq/callback', false],
  ])('held against a registered one, %s', async (_what, redirectUri, accepted) => {
    await using sandbox = await startSandbox({ apps: [registered], autoApprove: true });
    const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize();
    expect(location !== undefined).toBe(accepted);
  });

  it.each([
    ['https://app.example/auth/qq/callback', true],
    ['https://app.example:8443/auth/qq/callback', false],
    ['http://app.example/auth/qq/callback', true],
    ['https://localhost/auth/qq/callback', false],
    ['https://127.0.0.1/auth/qq/callback', false],
    ['http://localhost:3000/auth/qq/callback', false],
  ])('may with strict be %s: %s', async (redirectUri, accepted) => {
    for (const redirectUris of [undefined, [redirectUri]]) {
      const app = { appId: '100000001', appKey: 'made-up-key', ...(redirectUris && { redirectUris }) };
      await using sandbox = await startSandbox({ apps: [app], autoApprove: true, strict: true });
      const answer = await new SandboxVisitor(sandbox, redirectUri).authorize();
      expect(answer.location !== undefined).toBe(accepted);
      expect(answer.body.includes('redirect uri is illegal(100010)')).toBe(!accepted);
    }
  });

  it('keeps a query of its own and the state as sent, and needs no state', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox, 'http://localhost:3000/callback?a=1&b=%2F');
    const state = 'a+b/c=&?#%20 中';
    const { location, headers } = await visitor.authorize({ state });
    expect(headers.get('location')).toMatch(
      /^http:\/\/localhost:3000\/callback\?a=1&b=%2F&code=[0-9A-F]{32}&state=a%2Bb/,
    );
    expect(location?.searchParams.get('state')).toBe(state);
    const stateless = await visitor.authorize({ state: undefined });
    expect(stateless.location?.searchParams.has('state')).toBe(false);
    const code = stateless.location?.searchParams.get('code') ?? '';
    expect(errorOf(await visitor.token({ code }))).toBeUndefined();
  });
});
