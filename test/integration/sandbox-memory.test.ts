import { describe, expect, it } from '@jest/globals';
import { Grants } from '../../src/sandbox/grants.js';
import { Registry } from '../../src/sandbox/registry.js';
import { RequestLog, type LoggedRequest } from '../../src/sandbox/request-log.js';

const capacity = 50_000;
const uri = 'http://localhost:3000/callback';

describe('a sandbox that runs for days', () => {
  const { firstApp: app, firstAccount: account } = new Registry([{ appId: '1', appKey: 'key' }], [{ nickname: 'a' }]);

  it('remembers the newest 50,000 codes and tokens of each kind', () => {
    const grants = new Grants(() => 0, 60);
    const code = () => grants.issueCode(app, account, uri);
    const login = () => grants.redeemCode(code(), app, uri);
    const [forgotten, kept, ...others] = Array.from({ length: capacity + 1 }, login);
    expect(others).toHaveLength(capacity - 1);
    expect(() => grants.login(forgotten?.accessToken ?? '')).toThrow('access token check failed');
    expect(() => grants.refresh(forgotten?.refreshToken ?? '', app)).toThrow('get refresh token error');
    expect(grants.login(kept?.accessToken ?? '').account).toBe(account);
    // The next pair pushes the oldest one out.
    expect(grants.refresh(kept?.refreshToken ?? '', app).login.account).toBe(account);
    expect(() => grants.login(kept?.accessToken ?? '')).toThrow('access token check failed');

    const codes = Array.from({ length: capacity + 1 }, code);
    expect(() => grants.redeemCode(codes[0] ?? '', app, uri)).toThrow('code to access token error');
    expect(grants.redeemCode(codes[1] ?? '', app, uri).login.account).toBe(account);
  });

  it('remembers the newest 10,000 requests', () => {
    const log = new RequestLog();
    for (let at = 0; at < 10_200; at++) log.add({ at } as LoggedRequest);
    expect(log.requests).toHaveLength(10_000);
    expect([log.requests[0]?.at, log.requests.at(-1)?.at]).toEqual([200, 10_199]);
  });
});
