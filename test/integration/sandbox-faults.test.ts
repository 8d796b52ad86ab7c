import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox, type SandboxEndpoint, type SandboxFault } from '../../src/sandbox.js';
import { errorOf, readTokens, SandboxVisitor, type Answered } from '../contract/sandbox-visitor.js';

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

  it.each(endpoints)('makes %s answer nothing at all with status 200', async (endpoint) => {
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

  it('never calls back a wrong address, whatever is to fail', async () => {
    for (const fault of ['cancel', { error: 100030 }] as const) {
      sandbox.failNext('authorize', fault);
      const { location, body } = await visitor.authorize({ redirect_uri: 'https://elsewhere.example/' });
      expect(location).toBeUndefined();
      expect(body).toContain('(100010)');
    }
  });

  it.each(['reset', 'empty', 'truncated'] as const)('spends the code whose answer %s loses', async (fault) => {
    const code = await visitor.code();
    sandbox.failNext('token', fault);
    await visitor.token({ code }).catch(() => undefined);
    expect(errorOf(await visitor.token({ code }))).toBe(100020);
    const { refreshToken } = await visitor.login();
    sandbox.failNext('token', fault);
    await visitor.refresh(refreshToken).catch(() => undefined);
    expect(errorOf(await visitor.refresh(refreshToken))).toBe(100021);
  });

  it.each(['http_500', 'html', { error: 100032 }] as const)('leaves the code good that %j kept out', async (fault) => {
    const code = await visitor.code();
    sandbox.failNext('token', fault);
    await visitor.token({ code });
    expect(readTokens((await visitor.token({ code })).body).accessToken).toMatch(/^[0-9A-F]{32}$/);
  });

  it('keeps a queue for each endpoint, in order', async () => {
    sandbox.failNext('me', { error: 100013 });
    sandbox.failNext('me', { error: 100014 });
    sandbox.failNext('user_info', { error: 1002 });
    const numbers = [await visitor.me({}), await visitor.me({}), await visitor.userInfo({}), await visitor.me({})];
    expect(numbers.map(errorOf)).toEqual([100013, 100014, 1002, 100007]);
  });

  it('is not used up by the pictures of the login page', async () => {
    await using manual = await startSandbox();
    manual.failNext('avatar', 'http_500');
    const picture = /src="(.+?)"/.exec((await new SandboxVisitor(manual).authorize()).body)?.[1] ?? '';
    expect((await new SandboxVisitor(manual).send(picture)).status).toBe(200);
    expect(manual.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize']);
  });

  it('refuses what it does not know', () => {
    expect(() => sandbox.failNext('profile' as SandboxEndpoint, 'reset')).toThrow(
      /Unknown endpoint "profile"; there are/,
    );
    for (const fault of ['boom', { error: '1' }, { code: 1 }, undefined, null]) {
      expect(() => sandbox.failNext('me', fault as SandboxFault)).toThrow(/^Unknown fault .+; there are/);
    }
    expect(() => sandbox.failNext('me', 'cancel')).toThrow('Only authorize can be cancelled, not me');
  });
});
