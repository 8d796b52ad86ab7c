import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SentParameters } from '../support/sent-parameters.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { contents } from '../support/store.js';
import { collectWarnings } from '../support/warnings.js';
import type { LoginDetails, OnLoginResult, QQConnectEvent } from '../../src/index.js';
import type { Site } from '../support/site.js';

declare module 'express-session' {
  interface SessionData {
    cart?: string[];
    account?: number;
  }
}

class Banned extends Error {
  readonly status = 418;
}

describe('onLogin', () => {
  let site: Site;
  let onLogin: (details: LoginDetails) => OnLoginResult | Promise<OnLoginResult>;
  let calls: LoginDetails[];
  let errors: unknown[];
  let events: QQConnectEvent[];

  beforeAll(async () => {
    site = await startSite({
      qq: {
        allowedReturnOrigins: ['https://app.example.com'],
        onEvent: (event) => void events.push(event),
        onLogin: async (details) => {
          calls.push(details);
          return onLogin(details);
        },
      },
      routes: (app) =>
        app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
          errors.push(error);
          next(error);
        }),
    });
    site.app.set('env', 'test'); // Express prints no stack then
  });
  afterAll(() => site.close());

  it('can send the response itself, and the login is completed', async () => {
    onLogin = ({ res }) => {
      res.redirect('/bind');
    };
    const visitor = new Visitor(site);
    expect((await visitor.login()).headers.location).toBe('/bind');
    expect(errors).toEqual([]);
  });

  beforeEach(() => {
    onLogin = () => undefined;
    calls = [];
    errors = [];
    events = [];
  });

  it('is called once for each login, with the user, the tokens and both sessions', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    let cart: unknown;
    onLogin = ({ req }) => void (cart = req.session.cart);
    const callback = await visitor.toCallback();
    await visitor.callback(callback);
    await visitor.callback(callback); // a reload
    expect(calls).toHaveLength(1);
    const [details] = calls;
    const user = site.sandbox.users[0];
    expect(details?.user).toMatchObject({ appId: APP.appId, openid: user?.openid, nickname: user?.nickname });
    expect(details?.tokens).toMatchObject({
      accessToken: expect.stringMatching(/^[0-9A-F]{32}$/),
      refreshToken: expect.stringMatching(/^[0-9A-F]{32}$/),
      expiresAt: expect.any(Number),
      openid: user?.openid,
    });
    expect(details?.previousSession).toEqual({ cart: ['tea'] });
    expect(cart).toEqual(['tea']);
    expect(details?.req.qqUser).toMatchObject({ openid: user?.openid });
  });

  it('runs before anything is stored', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    const before = await contents(site.store);
    let during: unknown;
    onLogin = async () => void (during = await contents(site.store));
    await visitor.login();
    expect(during).toEqual(before);
  });

  it('can write to the new session', async () => {
    const visitor = new Visitor(site);
    onLogin = ({ req }) => void (req.session.account = 7);
    await visitor.login();
    expect((await visitor.agent.get('/session')).body).toMatchObject({ account: 7 });
  });

  it('receives the session of a different QQ user as previousSession, without a copy of its data', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    site.sandbox.nextUser(site.sandbox.users[1]?.openid ?? '');
    await visitor.login();
    expect(calls[1]?.previousSession).toEqual({ cart: ['tea'] });
    expect((await visitor.agent.get('/session')).body).not.toHaveProperty('cart');
  });

  it.each<[string, () => Promise<never>]>([
    [
      'throws',
      () => {
        throw new Banned('no beer');
      },
    ],
    ['rejects', () => Promise.reject(new Banned('no beer'))],
  ])('refuses a login when it %s; its own error passes through untouched', async (_how, refuse) => {
    const stranger = new Visitor(site);
    onLogin = refuse;
    const response = await stranger.login('/private');
    expect(response.status).toBe(418);
    expect(errors).toEqual([expect.any(Banned)]);
    expect((errors[0] as Banned).message).toBe('no beer');
    expect((await stranger.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('keeps an earlier login when it refuses, also after a change of the new session', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    const before = await contents(site.store);
    site.sandbox.nextUser(site.sandbox.users[1]?.openid ?? '');
    onLogin = ({ req }) => {
      req.session.account = 8;
      throw new Banned('no beer');
    };
    const response = await visitor.login();
    expect(response.status).toBe(418);
    expect(String(response.headers['set-cookie'])).not.toContain('connect.sid');
    expect(await contents(site.store)).toEqual(before);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ cart: ['tea'] });
  });

  it('keeps an earlier login when it refuses, also after a change of data in both sessions', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    const before = await contents(site.store);
    onLogin = ({ req }) => {
      req.session.cart?.push('beer');
      throw new Banned('no beer');
    };
    await visitor.login();
    expect(await contents(site.store)).toEqual(before);
  });

  it.each([
    ['/bind-phone?step=1', '/bind-phone?step=1'],
    ['https://app.example.com/welcome', 'https://app.example.com/welcome'],
    ['https://evil.example/', '/private'],
    ['//evil.example', '/private'],
    ['', '/private'],
    [undefined, '/private'],
    [7 as unknown as string, '/private'],
  ])('can return %j as returnTo, and the login redirects to %s', async (returnTo, location) => {
    const visitor = new Visitor(site);
    onLogin = () => ({ returnTo });
    const callback = await visitor.toCallback('/private');
    expect((await visitor.callback(callback)).headers.location).toBe(location);
    expect((await visitor.callback(callback)).headers.location).toBe(location);
  });

  it.each<[string, (details: LoginDetails) => Promise<void>]>([
    ['calls regenerate()', async ({ req }) => new Promise((done) => req.session.regenerate(() => done()))],
    ['calls destroy()', async ({ req }) => new Promise((done) => req.session.destroy(() => done()))],
    ['logs the user out', async ({ req }) => req.qqConnect.logout()],
    [
      'assigns another session',
      async ({ req }) => void (req.session = Object.create(req.session) as typeof req.session),
    ],
  ])('causes an error with the fix when it %s, and the earlier login stays', async (_what, misuse) => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    const sessions = async () =>
      Object.fromEntries(Object.entries(await contents(site.store)).filter(([id]) => !id.startsWith('qqt_')));
    const before = await sessions();
    onLogin = misuse;
    const response = await visitor.login();
    expect(response.status).toBe(500);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_QQ_CONFIGURATION' })]);
    expect(await sessions()).toEqual(before);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ cart: ['tea'], qqConnect: {} });
    expect(events.filter(({ type }) => type === 'login_succeeded')).toHaveLength(1);
  });

  it.each([undefined, null, 'router', 'route', 0, ''])(
    'refuses the login with a typed error when it throws %j, and calls no other handler',
    async (thrown) => {
      onLogin = async () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an application may do
        throw thrown;
      };
      const response = await new Visitor(site).login();
      expect(response.status).toBe(403);
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_QQ_LOGIN_REFUSED', action: 'refuse_user' })]);
      expect(events.at(-1)).toMatchObject({ type: 'login_failed', code: 'ERR_REFUSED_BY_ON_LOGIN' });
    },
  );

  it('can return a body for the JSON response to the callback of a script', async () => {
    const visitor = new Visitor(site);
    onLogin = () => ({ returnTo: '/welcome', body: { api_token: 'made up' } });
    const login = await visitor.agent.get('/auth/qq/login').set('Accept', 'application/json');
    expect(login.status).toBe(200);
    const { url } = login.body as { url: string };
    const response = await visitor.callback(await visitor.atQQ(url)).set('Accept', 'application/json');
    expect(response).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(response.body).toMatchObject({
      user: { openid: site.sandbox.users[0]?.openid },
      returnTo: '/welcome',
      api_token: 'made up',
    });
    expect(response.body).not.toHaveProperty('user.raw');
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('is not called if QQ refuses the login', async () => {
    for (const endpoint of ['token', 'user_info'] as const) {
      site.sandbox.failNext(endpoint, 'http_500');
      await new Visitor(site).login();
    }
    site.sandbox.failNext('authorize', 'cancel');
    await new Visitor(site).login();
    expect(calls).toEqual([]);
  });
});

describe('onEvent', () => {
  let site: Site;
  let events: QQConnectEvent[];
  let listen: (event: QQConnectEvent) => void;
  let refuse: boolean;

  beforeAll(async () => {
    site = await startSite({
      qq: {
        onEvent: (event) => listen(event),
        onLogin: () => {
          if (refuse) throw new Error('no beer');
        },
      },
    });
  });
  afterAll(() => site.close());
  beforeEach(() => {
    events = [];
    listen = (event) => void events.push(event);
    refuse = false;
  });
  const durationMs = expect.any(Number);

  it('receives login_started, login_succeeded and logged_out', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    expect(events).toEqual([{ type: 'login_started' }]);
    await visitor.callback(callback);
    expect(events[1]).toEqual({ type: 'login_succeeded', durationMs });
    await visitor.callback(callback); // a reload is no login
    await visitor.agent.post('/auth/qq/logout');
    await visitor.agent.post('/auth/qq/logout');
    expect(events.slice(2)).toEqual([{ type: 'logged_out' }]);
  });

  it('receives login_started when a guard starts a login', async () => {
    await new Visitor(site).agent.get('/private').set('Accept', 'text/html');
    expect(events).toEqual([{ type: 'login_started' }]);
  });

  it('receives login_cancelled', async () => {
    site.sandbox.failNext('authorize', 'cancel');
    await new Visitor(site).login();
    expect(events.map(({ type }) => type)).toEqual(['login_started', 'login_cancelled']);
  });

  it('receives login_failed with code, step, QQ’s number and duration', async () => {
    site.sandbox.failNext('token', { error: 100020 });
    await new Visitor(site).login();
    expect(events[1]).toEqual({
      type: 'login_failed',
      code: 'ERR_QQ_RESPONSE',
      step: 'token',
      qqCode: 100020,
      durationMs,
    });
    site.sandbox.failNext('user_info', 'http_500');
    await new Visitor(site).login();
    expect(events[3]).toEqual({ type: 'login_failed', code: 'ERR_QQ_HTTP_STATUS', step: 'user_info', durationMs });
  });

  it('receives login_failed, without the reason, when onLogin throws', async () => {
    refuse = true;
    await new Visitor(site).login();
    expect(events[1]).toEqual({ type: 'login_failed', code: 'ERR_REFUSED_BY_ON_LOGIN', step: 'session', durationMs });
  });

  it('receives no secret and no user data', async () => {
    const visitor = new Visitor(site);
    using sentTo = new SentParameters(site.sandbox);
    await visitor.login();
    site.sandbox.failNext('token', 'truncated');
    await visitor.login();
    const heard = JSON.stringify(events);
    const sent = sentTo.queries.flatMap((query) => [query.code, query.access_token, query.openid]);
    for (const secret of [APP.appKey, ...sent]) if (secret !== undefined) expect(heard).not.toContain(secret);
    expect(sent.filter(Boolean).length).toBeGreaterThan(2);
  });

  it('can return a promise that rejects without an effect on the process', async () => {
    using warnings = collectWarnings();
    const other = await startSite({ qq: { onEvent: async () => Promise.reject(new Error('metrics are down')) } });
    try {
      expect((await new Visitor(other).login('/private')).headers.location).toBe('/private');
    } finally {
      await other.close();
    }
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_ON_EVENT']);
  });

  it('does not affect the login by an exception, which causes a warning', async () => {
    using warnings = collectWarnings();
    listen = () => {
      throw new Error('a secret of the listener');
    };
    expect((await new Visitor(site).login('/private')).headers.location).toBe('/private');
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_ON_EVENT']);
    expect(warnings[0]?.type).toBe('QQConnectWarning');
    expect(warnings[0]?.message).toContain('login_started');
    expect(JSON.stringify(warnings)).not.toContain('a secret');
  });
});
