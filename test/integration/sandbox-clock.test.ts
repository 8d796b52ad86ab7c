import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { errorOf, readTokens, SandboxVisitor } from '../contract/sandbox-visitor.js';

const minute = 60_000;
const day = 86_400_000;

describe('what the sandbox hands out lives as long as it should', () => {
  let now = Date.UTC(2030, 0, 1);
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true, clock: () => now });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('a code is good for ten minutes', async () => {
    const [early, late] = [await visitor.code(), await visitor.code()];
    now += 10 * minute - 1;
    expect(errorOf(await visitor.token({ code: early }))).toBeUndefined();
    now += 1;
    expect(errorOf(await visitor.token({ code: late }))).toBe(100067);
    expect(errorOf(await visitor.token({ code: early }))).toBe(100020);
  });

  it('a code long past is as if it had never been', async () => {
    const code = await visitor.code();
    now += 71 * minute;
    await visitor.code();
    expect(errorOf(await visitor.token({ code }))).toBe(100019);
  });

  it('accepts a code once, of two requests at the same moment', async () => {
    const code = await visitor.code();
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.token({ code })));
    const errors = answers.map(errorOf);
    expect(errors.filter((error) => error === undefined)).toHaveLength(1);
    expect(errors.filter((error) => error === 100020)).toHaveLength(19);
  });

  it('accepts a refresh token once, of two requests at the same moment, and returns the next one', async () => {
    const { refreshToken } = await visitor.login();
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.refresh(refreshToken)));
    const [success, ...others] = answers.filter((answer) => errorOf(answer) === undefined);
    expect(others).toHaveLength(0);
    expect(answers.map(errorOf).filter((error) => error === 100021)).toHaveLength(19);
    const next = readTokens(success?.body ?? '');
    expect(next.refreshToken).not.toBe(refreshToken);
    expect(errorOf(await visitor.refresh(next.refreshToken))).toBeUndefined();
  });

  it('a refresh leaves the old access token as it is', async () => {
    const { accessToken, refreshToken } = await visitor.login();
    const next = readTokens((await visitor.refresh(refreshToken)).body);
    expect(next.accessToken).not.toBe(accessToken);
    for (const access_token of [accessToken, next.accessToken]) {
      expect(errorOf(await visitor.me({ access_token }))).toBeUndefined();
    }
  });

  it('an access token expires after 60 days', async () => {
    const { accessToken: access_token, openid } = await visitor.login();
    now += 60 * day - 1;
    expect(errorOf(await visitor.me({ access_token }))).toBeUndefined();
    now += 1;
    expect(errorOf(await visitor.me({ access_token }))).toBe(100014);
    expect(errorOf(await visitor.userInfo({ access_token, openid }))).toBe(-23);
  });

  it('refreshing goes on for 90 days from the login, then no more', async () => {
    let { refreshToken } = await visitor.login();
    for (let round = 1; round <= 9; round++) {
      now += 9 * day;
      const answer = await visitor.refresh(refreshToken);
      expect(errorOf(answer)).toBeUndefined();
      ({ refreshToken } = readTokens(answer.body));
    }
    now += 9 * day;
    expect(errorOf(await visitor.refresh(refreshToken))).toBe(100037);
  });

  it('a user who takes the permission back revokes every token', async () => {
    const { accessToken: access_token, refreshToken, openid } = await visitor.login();
    sandbox.revoke(openid);
    expect(errorOf(await visitor.me({ access_token }))).toBe(100015);
    expect(errorOf(await visitor.userInfo({ access_token, openid }))).toBe(100030);
    expect(errorOf(await visitor.refresh(refreshToken))).toBe(100038);
    const again = await visitor.login();
    expect(errorOf(await visitor.me({ access_token: again.accessToken }))).toBeUndefined();
    expect(() => sandbox.revoke('unknown')).toThrow(TypeError);
  });

  it('access tokens live as long as told', async () => {
    await using short = await startSandbox({ autoApprove: true, clock: () => now, expiresIn: 60 });
    const client = new SandboxVisitor(short);
    const { body } = await client.token({ code: await client.code(), fmt: 'json' });
    const { access_token, expires_in } = JSON.parse(body) as Record<string, string>;
    expect(expires_in).toBe('60');
    now += minute;
    expect(errorOf(await client.me({ access_token }))).toBe(100014);
  });
});

describe('users of the sandbox', () => {
  it('keep openid and unionid over a restart, whatever their position', async () => {
    const [ann, ben] = [
      { id: 'ann', nickname: 'Ann' },
      { id: 'ben', nickname: 'Ben' },
    ];
    await using before = await startSandbox({ users: [ann, ben] });
    await using after = await startSandbox({ users: [ben, ann] });
    expect(after.users.map(({ openid }) => openid)).toEqual(before.users.map(({ openid }) => openid).reverse());
    expect(after.users[1]?.unionid).toBe(before.users[0]?.unionid);
  });

  it('have another openid at each application and the same unionid', async () => {
    const apps = ['100000001', '100000002'].map((appId) => ({ appId, appKey: `made-up-key-of-${appId}` }));
    await using sandbox = await startSandbox({ apps, autoApprove: true });
    const identities = await Promise.all(
      apps.map(async ({ appId, appKey }) => {
        const visitor = new SandboxVisitor(sandbox);
        const { location } = await visitor.authorize({ client_id: appId });
        const code = location?.searchParams.get('code') ?? '';
        const { body } = await visitor.token({ code, client_id: appId, client_secret: appKey });
        const me = await visitor.me({ access_token: readTokens(body).accessToken, unionid: '1', fmt: 'json' });
        return JSON.parse(me.body) as Record<string, string>;
      }),
    );
    expect(identities.map(({ client_id }) => client_id)).toEqual(['100000001', '100000002']);
    expect(new Set(identities.map(({ openid }) => openid)).size).toBe(2);
    expect(new Set(identities.map(({ unionid }) => unionid)).size).toBe(1);
  });

  it('log in by turns as nextUser says, else the first does', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    const [first, second, third] = sandbox.users.map(({ openid }) => openid) as [string, string, string];
    sandbox.nextUser(third);
    sandbox.nextUser(second);
    const openids = [await visitor.login(), await visitor.login(), await visitor.login()].map(({ openid }) => openid);
    expect(openids).toEqual([third, second, first]);
    expect(() => sandbox.nextUser('unknown')).toThrow(/No user of the sandbox has the openid "unknown"/);
  });

  it('are what they were told to be, field by field', async () => {
    const openid = 'any-string';
    const users = [
      { nickname: '阿哲', openid, figureurl_qq_2: '', city: null, is_lost: 1, figureurl: 'http://a.example/1' },
    ];
    await using sandbox = await startSandbox({ users, autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    const { accessToken: access_token } = await visitor.login();
    const fields = JSON.parse((await visitor.userInfo({ access_token, openid })).body) as Record<string, unknown>;
    expect(fields).toMatchObject({ nickname: '阿哲', figureurl_qq_2: '', is_lost: 1, figureurl: 'http://a.example/1' });
    expect(fields).toMatchObject({ gender: '男', gender_type: 2, province: '广东', year: '1990' });
    expect(Object.keys(fields)).not.toContain('city');
    expect(Object.keys(fields)).not.toContain('figureurl_qq');
  });
});
