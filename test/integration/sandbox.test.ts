import { inspect } from 'node:util';
import { crc32, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { QQConnectClient } from '../../src/client.js';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { startSandbox, type Sandbox, type SandboxEndpoint, type SandboxFault } from '../../src/sandbox.js';
import { QQ } from '../../src/sandbox/state/qq.js';
import { SandboxVisitor, errorOf, readTokens, type Answered } from '../contract/sandbox-visitor.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { QQConnectOptions } from '../../src/index.js';

describe('failNext of the sandbox', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  /** A request to each endpoint that would succeed. */
  async function ask(endpoint: SandboxEndpoint, signal?: AbortSignal): Promise<Answered> {
    const init = { ...(signal && { signal }) };
    if (endpoint === 'authorize') return visitor.authorize({}, init);
    const openid = sandbox.users[0]?.openid ?? '';
    if (endpoint === 'avatar') return visitor.send(`/qqapp/100000001/${openid}/40`, init);
    if (endpoint === 'token') {
      const body = new URLSearchParams(visitor.tokenRequest({ code: await visitor.code() }) as Record<string, string>);
      return visitor.send('/oauth2.0/token', { method: 'POST', body, ...init });
    }
    const { accessToken } = await visitor.login();
    if (endpoint === 'me') return visitor.send(`/oauth2.0/me?access_token=${accessToken}`, init);
    const query = `access_token=${accessToken}&oauth_consumer_key=100000001&openid=${openid}`;
    return visitor.send(`/user/get_user_info?${query}`, init);
  }

  const endpoints: SandboxEndpoint[] = ['token', 'me', 'user_info', 'avatar', 'authorize'];
  /** A code is fetched on the way to token, so a fault of authorize must not be waiting. */
  const failing = (endpoint: SandboxEndpoint, fault: SandboxFault, signal?: AbortSignal) => {
    sandbox.failNext(endpoint, fault);
    return ask(endpoint, signal);
  };

  it.each(endpoints)('makes %s answer status 500 with a page, once', async (endpoint) => {
    const { status, body } = await failing(endpoint, 'http_500');
    expect(status).toBe(500);
    expect(body).toContain('500 Internal Server Error');
    expect((await ask(endpoint)).status).toBeLessThan(400);
    expect(sandbox.requests.at(-1)?.fault).toBeUndefined();
  });

  it.each(endpoints)("makes %s answer a gateway's page with status 200", async (endpoint) => {
    const { status, headers, body } = await failing(endpoint, 'html');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toMatch(/^<html>/);
  });

  it.each(endpoints)('makes %s answer an empty body with status 200', async (endpoint) => {
    const { status, body, location } = await failing(endpoint, 'empty');
    expect([status, body, location]).toEqual([200, '', undefined]);
  });

  it.each(['token', 'me', 'user_info', 'avatar'] as const)('makes %s answer half of its body', async (endpoint) => {
    const { status, headers, body } = await failing(endpoint, 'truncated');
    const whole = await ask(endpoint);
    const length = Number(whole.headers.get('content-length'));
    expect(status).toBe(200);
    expect(Number(headers.get('content-length'))).toBe(Math.floor(length / 2));
    if (endpoint === 'me') expect(body).toBe(whole.body.slice(0, body.length));
    const logged = sandbox.requests.findLast(({ fault }) => fault === 'truncated')?.responseBody;
    expect(logged).toMatch(
      endpoint === 'avatar' ? /^\[image\/png, \d+ bytes\]$/ : /^(callback\(|\{|access_token=\*\*\*)/,
    );
  });

  it.each(endpoints)('makes %s reset the connection', async (endpoint) => {
    const error: unknown = await failing(endpoint, 'reset').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } });
    expect(sandbox.requests.at(-1)).toMatchObject({ endpoint, status: undefined, fault: 'reset' });
  });

  it.each(endpoints)('makes %s never answer', async (endpoint) => {
    const abort = new AbortController();
    const answer = failing(endpoint, 'timeout', abort.signal).catch((reason: unknown) => (reason as Error).name);
    const arrived = () =>
      sandbox.requests.some((request) => request.endpoint === endpoint && request.fault === 'timeout');
    while (!arrived()) await new Promise((resolve) => setTimeout(resolve, 5));
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'))]);
    expect(first).toBe('still waiting');
    abort.abort();
    expect(await answer).toBe('AbortError');
    expect(sandbox.requests.at(-1)?.status).toBeUndefined();
  });

  it("answers an error in the endpoint's own format", async () => {
    const token = await failing('token', { error: 100020 });
    expect(token.body).toBe('callback( {"error":100020,"error_description":"code is reused error"} );\n');
    expect(errorOf(await failing('me', { error: 100016 }))).toBe(100016);
    expect((await failing('user_info', { error: -23 })).body).toBe('{"ret":-23,"msg":"token is invalid"}');
    expect((await failing('user_info', { error: 4711 })).body).toBe('{"ret":4711,"msg":"error 4711"}');
    const { location } = await failing('authorize', { error: 100030 });
    expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
      error: '100030',
      error_description: 'this api without user authorization',
      state: 'a-state',
    });
    expect((await failing('avatar', { error: 1 })).headers.get('x-info')).toMatch(/^notexist:/);
  });

  it('cancels at authorize, with and without the page', async () => {
    const { location } = await failing('authorize', 'cancel');
    expect(location?.search).toBe('?usercancel=1&state=a-state');
    await using manual = await startSandbox();
    manual.failNext('authorize', 'cancel');
    expect((await new SandboxVisitor(manual).authorize()).location?.search).toBe('?usercancel=1&state=a-state');
  });

  it('does not redirect to a wrong address with any fault', async () => {
    for (const fault of ['cancel', { error: 100030 }] as const) {
      sandbox.failNext('authorize', fault);
      const { location, body } = await visitor.authorize({ redirect_uri: 'https://elsewhere.example/' });
      expect(location).toBeUndefined();
      expect(body).toContain('(100010)');
    }
  });

  it.each(['reset', 'empty', 'truncated'] as const)('uses the code whose response %s loses', async (fault) => {
    const code = await visitor.code();
    sandbox.failNext('token', fault);
    await visitor.token({ code }).catch(() => undefined);
    expect(errorOf(await visitor.token({ code }))).toBe(100020);
    const { refreshToken } = await visitor.login();
    sandbox.failNext('token', fault);
    await visitor.refresh(refreshToken).catch(() => undefined);
    expect(errorOf(await visitor.refresh(refreshToken))).toBe(100021);
  });

  it.each(['http_500', 'html', { error: 100032 }] as const)(
    'keeps the code valid that %j did not reach',
    async (fault) => {
      const code = await visitor.code();
      sandbox.failNext('token', fault);
      await visitor.token({ code });
      expect(readTokens((await visitor.token({ code })).body).accessToken).toMatch(/^[0-9A-F]{32}$/);
    },
  );

  it('keeps a queue for each endpoint, in order', async () => {
    sandbox.failNext('me', { error: 100013 });
    sandbox.failNext('me', { error: 100014 });
    sandbox.failNext('user_info', { error: 1002 });
    const numbers = [await visitor.me({}), await visitor.me({}), await visitor.userInfo({}), await visitor.me({})];
    expect(numbers.map(errorOf)).toEqual([100013, 100014, 1002, 100007]);
  });

  it('is not used by the avatars of the login page', async () => {
    await using manual = await startSandbox();
    manual.failNext('avatar', 'http_500');
    const picture = /src="(.+?)"/.exec((await new SandboxVisitor(manual).authorize()).body)?.[1] ?? '';
    expect((await new SandboxVisitor(manual).send(picture)).status).toBe(200);
    expect(manual.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize']);
  });

  it('refuses an unknown endpoint or fault', () => {
    expect(() => sandbox.failNext('profile' as SandboxEndpoint, 'reset')).toThrow(
      /Unknown endpoint "profile"; there are/,
    );
    for (const fault of ['boom', { error: '1' }, { code: 1 }, undefined, null]) {
      expect(() => sandbox.failNext('me', fault as SandboxFault)).toThrow(/^Unknown fault .+; there are/);
    }
    expect(() => sandbox.failNext('me', 'cancel')).toThrow('Only authorize can be cancelled, not me');
  });
});

const minute = 60_000;
const day = 86_400_000;

describe('the lifetime of codes and tokens of the sandbox', () => {
  let now = Date.UTC(2030, 0, 1);
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true, clock: () => now });
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('a code is valid for 10 minutes', async () => {
    const [early, late] = [await visitor.code(), await visitor.code()];
    now += 10 * minute - 1;
    expect(errorOf(await visitor.token({ code: early }))).toBeUndefined();
    now += 1;
    expect(errorOf(await visitor.token({ code: late }))).toBe(100067);
    expect(errorOf(await visitor.token({ code: early }))).toBe(100020);
  });

  it('a code that expired long ago is answered as an unknown one', async () => {
    const code = await visitor.code();
    now += 71 * minute;
    await visitor.code();
    expect(errorOf(await visitor.token({ code }))).toBe(100019);
  });

  it('a code is accepted once of two concurrent requests', async () => {
    const code = await visitor.code();
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.token({ code })));
    const errors = answers.map(errorOf);
    expect(errors.filter((error) => error === undefined)).toHaveLength(1);
    expect(errors.filter((error) => error === 100020)).toHaveLength(19);
  });

  it('a refresh token is accepted once of two concurrent requests, and the next one is returned', async () => {
    const { refreshToken } = await visitor.login();
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.refresh(refreshToken)));
    const [success, ...others] = answers.filter((answer) => errorOf(answer) === undefined);
    expect(others).toHaveLength(0);
    expect(answers.map(errorOf).filter((error) => error === 100021)).toHaveLength(19);
    const next = readTokens(success?.body ?? '');
    expect(next.refreshToken).not.toBe(refreshToken);
    expect(errorOf(await visitor.refresh(next.refreshToken))).toBeUndefined();
  });

  it('a refresh keeps the old access token valid', async () => {
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

  it('a refresh is possible for 90 days from the login', async () => {
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

  it('a user who withdraws the permission revokes every token', async () => {
    const { accessToken: access_token, refreshToken, openid } = await visitor.login();
    sandbox.revoke(openid);
    expect(errorOf(await visitor.me({ access_token }))).toBe(100015);
    expect(errorOf(await visitor.userInfo({ access_token, openid }))).toBe(100030);
    expect(errorOf(await visitor.refresh(refreshToken))).toBe(100038);
    const again = await visitor.login();
    expect(errorOf(await visitor.me({ access_token: again.accessToken }))).toBeUndefined();
    expect(() => sandbox.revoke('unknown')).toThrow(TypeError);
  });

  it('an access token is valid as long as the option says', async () => {
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
  it('keep openid and unionid over a restart and in another order', async () => {
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

  it('log in in the order of nextUser(), otherwise the first one does', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    const [first, second, third] = sandbox.users.map(({ openid }) => openid) as [string, string, string];
    sandbox.nextUser(third);
    sandbox.nextUser(second);
    const openids = [await visitor.login(), await visitor.login(), await visitor.login()].map(({ openid }) => openid);
    expect(openids).toEqual([third, second, first]);
    expect(() => sandbox.nextUser('unknown')).toThrow(/No user of the sandbox has the openid "unknown"/);
  });

  it('have the fields of the option users', async () => {
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

interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
  readonly palette: string;
}

/** Reads a PNG as strictly as a browser would: magic bytes, checksums, order of chunks, amount of data. */
function readPng(file: Buffer): Image {
  expect(file.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    chunks.set(type, file.subarray(at + 8, end));
    at = end + 4;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR') ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 3, 0, 0, 0]);
  const pixels = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  expect(pixels).toHaveLength(height * (width + 1));
  return { width, height, pixels, palette: chunks.get('PLTE')?.toString('hex') ?? '' };
}

describe('the avatars of the sandbox', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  async function fetchAvatar(path: string): Promise<{ response: Response; file: Buffer }> {
    const response = await fetch(sandbox.url + path);
    return { response, file: Buffer.from(await response.arrayBuffer()) };
  }

  function user(id: string): string {
    return sandbox.users.find((candidate) => candidate.id === id)?.openid ?? '';
  }

  it.each([
    ['qqapp', 40],
    ['qqapp', 100],
    ['qqapp', 140],
    ['qqapp', 640],
    ['qzapp', 30],
    ['qzapp', 50],
    ['qzapp', 100],
  ])('are real images at /%s/APPID/OPENID/%i', async (kind, size) => {
    const { response, file } = await fetchAvatar(`/${kind}/100000001/${user('ordinary')}/${size}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('max-age=2592000');
    expect(readPng(file)).toMatchObject({ width: size, height: size });
  });

  it('are the original at size 0, and 404 at other sizes', async () => {
    expect(readPng((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/0`)).file).width).toBe(640);
    for (const size of ['41', 'x', '-1', '__proto__', 'constructor']) {
      expect((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/${size}`)).response.status).toBe(404);
    }
  });

  it('differ from user to user and stay the same from request to request', async () => {
    const images = await Promise.all(
      sandbox.users.map(async ({ openid }) =>
        (await fetchAvatar(`/qqapp/100000001/${openid}/40`)).file.toString('hex'),
      ),
    );
    expect(new Set(images).size).toBe(sandbox.users.length);
    const again = await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/40`);
    expect(again.file.toString('hex')).toBe(images[0]);
  });

  it('are not enlarged for a user who has only a small one', async () => {
    for (const size of [100, 640]) {
      const { file } = await fetchAvatar(`/qqapp/100000001/${user('small-avatar')}/${size}`);
      expect(readPng(file).width).toBe(40);
    }
  });

  it('are a placeholder with status 200 for an unknown openid', async () => {
    const unknown = '0123456789ABCDEF0123456789ABCDEF';
    for (const path of [`/qqapp/100000001/${unknown}/100`, `/qqapp/1/${user('ordinary')}/100`]) {
      const { response, file } = await fetchAvatar(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-info')).toMatch(/^notexist:/);
      expect(response.headers.get('last-modified')).toContain('1990');
      expect(readPng(file).width).toBe(100);
    }
  });

  it('follow the host name that the client used', async () => {
    const visitor = new SandboxVisitor(sandbox);
    const openid = user('ordinary');
    const { location } = await visitor.press({ openid });
    const { body } = await visitor.token({ code: location?.searchParams.get('code') ?? '' });
    const { port } = new URL(sandbox.url);
    const query = new URLSearchParams({
      access_token: readTokens(body).accessToken,
      oauth_consumer_key: '100000001',
      openid,
    });
    const profile = (await (
      await fetch(`http://localhost:${port}/user/get_user_info?${query.toString()}`)
    ).json()) as object;
    expect(profile).toMatchObject({ figureurl_qq_2: `http://localhost:${port}/qqapp/100000001/${openid}/100` });
  });
});

describe('the image hosts of the sandbox', () => {
  it('return the picture of a QQ number by number and by key, in the size that getface was asked for', async () => {
    await using sandbox = await startSandbox();
    const get = async (path: string) => (await fetch(sandbox.url + path, { redirect: 'manual' })).text();
    const sizes = await Promise.all(
      ['', '&imgtype=1', '&imgtype=3', '&imgtype=4', '&imgtype=5', '&imgtype=9'].map(async (type) => {
        const url = JSON.parse(/\((.*)\)/.exec(await get(`/getface?uin=12345${type}`))?.[1] ?? '{}') as Record<
          string,
          string
        >;
        return new URL(url['12345'] ?? '').searchParams.get('s');
      }),
    );
    expect(sizes).toEqual(['40', '40', '100', '140', '640', '40']);
    const face = await fetch(`${sandbox.url}/pub/get_face?img_type=3&uin=12345`, { redirect: 'manual' });
    const target = new URL(face.headers.get('location') ?? '');
    expect(target.searchParams.get('s')).toBe('100');
    expect(await get(target.pathname + target.search)).toBe(await get('/g?b=qq&nk=12345&s=100'));
    expect(await get('/getface?uin=1&imgtype=3')).toBe('pt.setHeader({"":""})');
  });

  it.each([
    ['/g?b=qq&nk=12345&s=140', 140],
    ['/g?b=qq&nk=12345&s=160', 140],
    ['/g?b=qq&nk=12345&s=3', 100],
    ['/headimg_dl?dst_uin=12345&spec=640', 640],
    ['/gh/12345/12345/100', 100],
    ['/qzone/12345/12345/50', 50],
    ['/g?b=qq&nk=12&s=640', 100],
  ])('serve %s as a PNG of %i px', async (path, width) => {
    await using sandbox = await startSandbox();
    const file = Buffer.from(await (await fetch(sandbox.url + path)).arrayBuffer());
    expect(readPng(file)).toMatchObject({ width, height: width });
  });
});

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

  it('shows neither keys nor tokens when it is printed', async () => {
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

  it('closes with hanging requests and idle connections, and more than once', async () => {
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

  it('keeps fewer requests if they are large', async () => {
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

function createApp(sandbox: Sandbox, options: QQConnectOptions = {}) {
  const app = express();
  app.use(session({ secret: 'made-up-session-secret', resave: false, saveUninitialized: false }));
  app.use(qqConnect({ ...sandbox.credentials, redirectUri: 'http://localhost/auth/qq/callback', ...options }));
  app.get('/private', requireQQUser(), (req, res) => void res.json({ openid: req.qqUser?.openid }));
  app.use(qqErrorHandler());
  return app;
}

describe('sandbox.credentials', () => {
  it('are the options of the router and the client, also for an application with redirect URIs', async () => {
    const redirectUri = 'https://www.example.com/auth/qq/callback';
    const apps = [{ appId: '7', appKey: 'made-up', name: 'Shop', redirectUris: [redirectUri] }];
    await using sandbox = await startSandbox({ apps, autoApprove: true });
    expect(sandbox.credentials).toEqual({ appId: '7', appKey: 'made-up', graphUrl: sandbox.url });
    const client = new QQConnectClient({ ...sandbox.credentials, redirectUri });
    const url = client.buildAuthorizationUrl({ state: 'a-state' });
    const { headers } = await fetch(url, { redirect: 'manual' });
    const tokens = await client.authorizationCodeGrant(headers.get('location') ?? '', { expectedState: 'a-state' });
    expect((await client.fetchUser(tokens)).nickname).toBe('林小满');
    expect(() => qqConnect({ ...sandbox.credentials, redirectUri })).not.toThrow();
  });
});

describe('sandbox.loginAs()', () => {
  it.each([true, false])('logs a supertest agent in, with autoApprove: %s', async (autoApprove) => {
    await using sandbox = await startSandbox({ autoApprove });
    const app = createApp(sandbox);
    const [first, second] = sandbox.users.map(({ openid }) => openid);
    const agent = request.agent(app);
    await agent.get('/private').set('Accept', 'application/json').expect(401);
    expect((await sandbox.loginAs(agent)).status).toBe(302);
    expect((await agent.get('/private').expect(200)).body).toEqual({ openid: first });
    const another = request.agent(app);
    await sandbox.loginAs(another, second);
    expect((await another.get('/private').expect(200)).body).toEqual({ openid: second });
    expect((await agent.get('/private').expect(200)).body).toEqual({ openid: first });
  });

  it('accepts the path of the login route', async () => {
    await using sandbox = await startSandbox();
    const agent = request.agent(createApp(sandbox, { basePath: '/qq', redirectUri: 'http://localhost/qq/callback' }));
    await expect(sandbox.loginAs(agent)).rejects.toThrow(
      '/auth/qq/login answered 404 and did not redirect to the sandbox. Pass { loginPath }',
    );
    await sandbox.loginAs(agent, undefined, { loginPath: '/qq/login?returnTo=/private' });
    await agent.get('/private').expect(200);
  });

  it('throws an error with the reason of a failed login, without a secret', async () => {
    await using sandbox = await startSandbox();
    const app = createApp(sandbox);
    await expect(sandbox.loginAs(request.agent(app), 'unknown')).rejects.toThrow(TypeError);
    sandbox.failNext('token', { error: 100020 });
    const failure: unknown = await sandbox.loginAs(request.agent(app)).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/the application answered the callback \/auth\/qq\/callback with \d{3}/);
    expect(String(failure)).not.toMatch(/code=|state=/);
    const foreign = createApp(sandbox, { redirectUri: 'https://www.example.com/auth/qq/callback' });
    await expect(sandbox.loginAs(request.agent(foreign))).rejects.toThrow(
      /refused the authorization request|redirected 5 times/,
    );
  });

  it('returns the response of the application to a cancel', async () => {
    await using sandbox = await startSandbox();
    sandbox.failNext('authorize', 'cancel');
    const response = await sandbox.loginAs(request.agent(createApp(sandbox)));
    expect(response.headers.location).toContain('qq_login=cancelled');
  });
});

describe('failNext with times', () => {
  it('makes that number of requests fail', async () => {
    await using sandbox = await startSandbox();
    const visitor = new SandboxVisitor(sandbox);
    sandbox.failNext('me', { error: 100032 }, { times: 3 });
    sandbox.failNext('me', { error: 100014 });
    const errors = [];
    for (let round = 0; round < 5; round++) errors.push(errorOf(await visitor.me({})));
    expect(errors).toEqual([100032, 100032, 100032, 100014, 100007]);
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses times: %s', async (times) => {
    await using sandbox = await startSandbox();
    expect(() => sandbox.failNext('me', 'reset', { times })).toThrow(TypeError);
  });
});

describe('strict', () => {
  const examples = configurationExamples.filter(({ strict }) => strict !== undefined);

  it.each(examples.map(({ option, what, value, strict }) => [strict, option, what, value] as const))(
    'gives the verdict %s for %s with %s',
    async (verdict, option, _what, value) => {
      const redirectUri = option === 'redirectUri' ? value : 'https://www.example.com/auth/qq/callback';
      const appId = option === 'appId' ? value : '100000042';
      await using sandbox = await startSandbox({
        apps: [{ appId, appKey: 'made-up' }],
        autoApprove: true,
        strict: true,
      });
      const scope = option === 'scope' ? value : undefined;
      const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize({ scope });
      expect(location === undefined ? 'refuses' : 'accepts').toBe(verdict);
    },
  );
});

describe('the login page', () => {
  it("shows the application's name and icon", async () => {
    const icon = 'https://cdn.example.com/icon.png';
    const app = { appId: '7', appKey: 'made-up', name: '<b>小店</b>', icon };
    await using sandbox = await startSandbox({ apps: [app] });
    const { body, headers } = await new SandboxVisitor(sandbox).authorize();
    expect(body).toContain('&lt;b&gt;小店&lt;/b&gt;');
    expect(body).toContain(`<img class="icon" src="${icon}"`);
    expect(headers.get('content-security-policy')).toContain("img-src 'self' https://cdn.example.com;");
    for (const bad of ['javascript:alert(1)', '/icon.png', 'data:text/html,x'])
      await expect(startSandbox({ apps: [{ ...app, icon: bad }] })).rejects.toThrow(/^apps: icon of 7 must be/);
  });

  it('links to the console', async () => {
    await using sandbox = await startSandbox();
    const visitor = new SandboxVisitor(sandbox);
    for (const { body } of [await visitor.authorize(), await visitor.authorize({ client_id: '1' })])
      expect(body).toContain('<a href="/">控制台</a>');
  });
});
