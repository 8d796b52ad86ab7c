import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox.js';
import { errorOf, SandboxVisitor } from './sandbox-visitor.js';

const require = createRequire(import.meta.url);
// `express` is version 5 in this repository and `express4` the other one that the package works with.
jest.unstable_mockModule('express', () => ({ default: require('express4') as unknown }));

describe('the sandbox on Express 4', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    const { startSandbox } = await import('../../src/sandbox.js');
    sandbox = await startSandbox({ autoApprove: true });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('really runs on it', async () => {
    const { version } = require('express4/package.json') as { version: string };
    expect(version).toMatch(/^4\./);
    expect((await import('express')).default).toBe(require('express4'));
  });

  it('logs in from end to end', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    expect((await visitor.me({ access_token })).body).toContain(openid);
    const profile = JSON.parse((await visitor.userInfo({ access_token, openid })).body) as Record<string, string>;
    expect(profile.nickname).toBe(sandbox.users[0]?.nickname);
    const avatar = await visitor.send(new URL(profile.figureurl_qq_2 ?? '').pathname);
    expect([avatar.status, avatar.headers.get('content-type')]).toEqual([200, 'image/png']);
  });

  it('reads forms, queries and paths as on Express 5', async () => {
    const openid = sandbox.users[1]?.openid;
    expect((await visitor.press({ openid })).status).toBe(303);
    expect((await visitor.press({ usercancel: '1' })).location?.search).toBe('?usercancel=1&state=a-state');
    expect(errorOf(await visitor.send('/oauth2.0/me?access_token[a]=b&access_token[]=c'))).toBe(100007);
    expect(sandbox.requests.at(-1)?.query).toEqual({ 'access_token[a]': 'b', 'access_token[]': 'c' });
    expect((await visitor.send('/qqapp/%E0%A4%A/x/40')).status).toBe(400);
    expect((await visitor.send('/nowhere')).status).toBe(404);
    expect((await visitor.send('/oauth2.0/token', { method: 'HEAD' })).status).toBe(405);
    const huge = new URLSearchParams({ code: 'x'.repeat(200_000) });
    expect((await visitor.send('/oauth2.0/token', { method: 'POST', body: huge })).status).toBe(413);
    expect((await visitor.send('/sandbox/style.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  });

  it('fails as it is told to', async () => {
    sandbox.failNext('me', 'http_500');
    sandbox.failNext('me', 'reset');
    expect((await visitor.me({})).status).toBe(500);
    await expect(visitor.me({})).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(errorOf(await visitor.me({}))).toBe(100007);
  });
});
