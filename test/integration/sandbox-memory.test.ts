import { describe, expect, it } from '@jest/globals';
import { QQ } from '../../src/sandbox/state/qq.js';
import { startSandbox } from '../../src/sandbox.js';

const MAX_ENTRIES = 50_000;
const uri = 'http://localhost:3000/callback';

describe('the memory of the sandbox', () => {
  it('keeps the newest 50,000 codes and tokens of each kind', () => {
    const qq = new QQ({ apps: [{ appId: '1', appKey: 'key' }], users: [{ nickname: 'a' }], clock: () => 0 });
    const { firstApp: app, firstAccount: account, grants } = qq;
    const code = () => grants.issueCode(grants.startLogin(app, account, ['get_user_info']), uri);
    const login = () => grants.redeemCode(code(), app, uri);
    const [forgotten, kept, ...others] = Array.from({ length: MAX_ENTRIES + 1 }, login);
    expect(others).toHaveLength(MAX_ENTRIES - 1);
    expect(() => grants.login(forgotten?.accessToken ?? '')).toThrow('access token check failed');
    expect(() => grants.refresh(forgotten?.refreshToken ?? '', app)).toThrow('get refresh token error');
    expect(grants.login(kept?.accessToken ?? '').account).toBe(account);
    // The next pair replaces the oldest one.
    expect(grants.refresh(kept?.refreshToken ?? '', app).login.account).toBe(account);
    expect(() => grants.login(kept?.accessToken ?? '')).toThrow('access token check failed');

    const codes = Array.from({ length: MAX_ENTRIES + 1 }, code);
    expect(() => grants.redeemCode(codes[0] ?? '', app, uri)).toThrow('code to access token error');
    expect(grants.redeemCode(codes[1] ?? '', app, uri).login.account).toBe(account);
  });

  it('keeps the newest 1,000 requests', async () => {
    let now = 0;
    await using sandbox = await startSandbox({ clock: () => now++ });
    for (let round = 0; round < 103; round++) {
      await Promise.all(Array.from({ length: 10 }, () => fetch(`${sandbox.url}/oauth2.0/me`).then((r) => r.text())));
    }
    expect(sandbox.requests).toHaveLength(1_000);
    expect([sandbox.requests[0]?.at, sandbox.requests.at(-1)?.at]).toEqual([30, 1_029]);
  });

  it('keeps fewer requests when they are large, whatever a web page sends', async () => {
    await using sandbox = await startSandbox();
    const body = new URLSearchParams(
      Array.from({ length: 40 }, (_, at): [string, string] => [`p${at}`, 'x'.repeat(1_500)]),
    ).toString();
    for (let round = 0; round < 12; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async () =>
          (await fetch(`${sandbox.url}/oauth2.0/token`, { method: 'POST', body: new URLSearchParams(body) })).text(),
        ),
      );
    }
    expect(sandbox.requests.length).toBeLessThan(100);
    expect(sandbox.requests.length).toBeGreaterThan(10);
    expect(JSON.stringify(sandbox.requests).length * 2).toBeLessThan(8.1 * 2 ** 20);
  });

  it('cuts long values, and keeps at most 50 parameters of a request', async () => {
    await using sandbox = await startSandbox();
    const many = new URLSearchParams(Array.from({ length: 80 }, (_, at): [string, string] => [`p${at}`, '1']));
    await fetch(`${sandbox.url}/oauth2.0/me?fmt=${'y'.repeat(9_000)}&${many.toString()}`);
    const [request] = sandbox.requests;
    expect(Object.keys(request?.query ?? {})).toHaveLength(50);
    expect(request?.query.fmt).toHaveLength(4_001);
  });
});
