import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { SandboxVisitor } from '../contract/sandbox-visitor.js';

describe('a running sandbox', () => {
  it('listens on the loopback address only, on the given port or a free one', async () => {
    await using sandbox = await startSandbox();
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await sandbox.close();
    await using successor = await startSandbox({ port });
    expect(successor.url).toBe(sandbox.url);
  });

  it('logs requests in order, with parameters, outcome, duration and login, and without secrets', async () => {
    let now = 1_000;
    await using sandbox = await startSandbox({ autoApprove: true, clock: () => now++ });
    const visitor = new SandboxVisitor(sandbox);
    const { accessToken: access_token, openid } = await visitor.login();
    await visitor.userInfo({ access_token, openid });
    await visitor.send('/nowhere');
    const [authorize, token, userInfo, nowhere] = sandbox.requests;
    expect(sandbox.requests).toHaveLength(4);
    expect(authorize).toMatchObject({ endpoint: 'authorize', method: 'GET', path: '/oauth2.0/authorize', status: 302 });
    expect(authorize?.query).toMatchObject({ state: 'a-state', client_id: '100000001' });
    expect(token).toMatchObject({ endpoint: 'token', body: {}, status: 200, error: undefined });
    expect(userInfo).toMatchObject({
      endpoint: 'user_info',
      query: { access_token: expect.stringMatching(/^\*{3}\w{6}$/) as unknown, openid },
      status: 200,
    });
    expect([authorize, token, userInfo, nowhere].map((request) => request?.login)).toEqual([1, 1, 1, undefined]);
    for (const request of sandbox.requests) expect(request.durationMs).toBeGreaterThanOrEqual(0);
    expect(authorize?.location).toMatch(/callback\?code=\*{3}\w{6}&state=a-state$/);
    expect(token?.responseBody).toMatch(
      /^access_token=\*{3}\w{6}&expires_in=5184000&refresh_token=\*{3}\w{6}&openid=[0-9A-F]{32}$/,
    );
    // The same secret has the same letters.
    expect(token?.responseBody).toContain(`access_token=${userInfo?.query.access_token}&`);
    expect(authorize?.location).toContain(`code=${token?.query.code}&`);
    expect(userInfo?.responseBody).toContain('林小满');
    expect(nowhere).toMatchObject({ endpoint: 'other', path: '/nowhere', status: 404 });
    expect(sandbox.requests.map(({ at }) => at)).toEqual(
      [...sandbox.requests.map(({ at }) => at)].sort((a, b) => a - b),
    );
    const form = visitor.tokenRequest({ code: 'x' }) as Record<string, string>;
    await visitor.send('/oauth2.0/token', { method: 'POST', body: new URLSearchParams(form) });
    const hidden = expect.stringMatching(/^\*{3}\w{6}$/) as unknown;
    const sent = { ...form, client_secret: hidden, code: hidden };
    expect(sandbox.requests.at(-1)).toMatchObject({ query: {}, body: sent, error: 100019, login: undefined });
  });

  it('prints neither keys nor tokens, however it is printed', async () => {
    const appKey = 'made-up-key-that-stays-inside';
    await using sandbox = await startSandbox({ apps: [{ appId: '1', appKey }], autoApprove: true });
    const { accessToken, refreshToken } = await new SandboxVisitor(sandbox).login();
    expect(accessToken).toMatch(/^[0-9A-F]{32}$/);
    const prints = [
      inspect(sandbox, { depth: null, showHidden: true }),
      inspect({ sandbox }, { customInspect: false, depth: null, showHidden: true, getters: false }),
      JSON.stringify({ sandbox }),
      JSON.stringify({ ...sandbox }),
    ];
    for (const print of prints) {
      for (const secret of [appKey, accessToken, refreshToken]) expect(print).not.toContain(secret);
    }
    expect(inspect(sandbox)).toBe(`Sandbox { url: '${sandbox.url}' }`);
  });

  it('closes at once, hanging requests and idle connections and all, and more than once', async () => {
    const sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    await visitor.login();
    sandbox.failNext('me', 'timeout');
    const hanging = visitor.me({}).catch((error: unknown) => error);
    while (sandbox.requests.at(-1)?.fault !== 'timeout') await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([sandbox.close(), sandbox.close()]);
    expect(await hanging).toMatchObject({ name: 'TypeError' });
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });
});
