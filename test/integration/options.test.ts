import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { QQConnectClient } from '../../src/client.js';
import { isQQConnectError, qqConnect, qqErrorHandler } from '../../src/index.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import { Visitor, startSite } from '../support/site.js';
import { startUpstream } from '../support/upstream.js';
import { collectWarnings } from '../support/warnings.js';
import type { QQConnectError } from '../../src/client.js';
import type { QQConnectEvent, QQConnectOptions } from '../../src/index.js';
import type { Upstream } from '../support/upstream.js';

const GOOD = {
  appId: '100000042',
  appKey: 'a-made-up-app-key',
  redirectUri: 'https://www.example.com/auth/qq/callback',
};

const VARIABLES = ['QQ_APP_ID', 'QQ_APP_KEY', 'QQ_REDIRECT_URI', 'QQ_GRAPH_URL', 'QQ_ENCRYPTION_KEY'];

function complaint(options: Record<string, unknown>): QQConnectError {
  try {
    qqConnect(options);
  } catch (error) {
    if (isQQConnectError(error)) return error;
    throw error;
  }
  throw new Error('these options were accepted');
}

/** Where a login of these options goes. */
async function loginUrl(options: QQConnectOptions, path = '/auth/qq/login'): Promise<URL> {
  const app = express();
  app.use(session({ secret: 's', resave: false, saveUninitialized: false }), qqConnect(options), qqErrorHandler());
  return new URL((await request(app).get(path)).headers.location ?? '');
}

describe('the options of qqConnect', () => {
  const { env } = process;
  beforeEach(() => {
    process.env = { ...env };
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  });
  afterEach(() => {
    process.env = env;
  });

  it('are complete with three, and use the real QQ', async () => {
    const url = await loginUrl(GOOD);
    expect(url.origin).toBe('https://graph.qq.com');
    expect(url.searchParams.get('redirect_uri')).toBe(GOOD.redirectUri);
  });

  it('are missing if their value is undefined', async () => {
    const client = new QQConnectClient(GOOD);
    expect((await loginUrl({ ...GOOD, client: undefined, onLogin: undefined })).origin).toBe('https://graph.qq.com');
    expect((await loginUrl({ client, appId: undefined })).searchParams.get('client_id')).toBe(GOOD.appId);
  });

  it('must be an object', () => {
    for (const options of [null, 'options', [GOOD]]) {
      expect(complaint(options as unknown as Record<string, unknown>).message).toContain('must be an object');
    }
  });

  it('are all named in one message, unknown ones and wrong addresses too', () => {
    const wrong = { ...GOOD, defaultReturnTo: '//evil.example', cancelUrl: 'javascript:alert(1)', bogus: 1 };
    const { message } = complaint(wrong);
    for (const name of ['defaultReturnTo', 'cancelUrl', 'bogus']) expect(message).toContain(name);
  });

  it('cannot set the callback to another route of the router', () => {
    const { message } = complaint({ ...GOOD, redirectUri: 'https://www.example.com/auth/qq/login' });
    expect(message).toMatch(/callbackPath.*basePath/);
  });

  it('are read from the environment if they are not given', async () => {
    process.env.QQ_APP_ID = '100000077';
    process.env.QQ_APP_KEY = GOOD.appKey;
    process.env.QQ_REDIRECT_URI = GOOD.redirectUri;
    process.env.QQ_GRAPH_URL = 'http://127.0.0.1:9010';
    process.env.QQ_ENCRYPTION_KEY = `${'1'.repeat(32)}, ${'2'.repeat(32)}`;
    const url = await loginUrl({});
    expect(url.origin).toBe('http://127.0.0.1:9010');
    expect(url.searchParams.get('client_id')).toBe('100000077');
    expect((await loginUrl({ appId: '1' })).searchParams.get('client_id')).toBe('1');
    expect((await loginUrl({ appId: undefined })).searchParams.get('client_id')).toBe('100000077');
  });

  it('are missing where an environment variable is empty', async () => {
    process.env.QQ_APP_ID = '';
    process.env.QQ_GRAPH_URL = '';
    process.env.QQ_ENCRYPTION_KEY = '';
    expect(complaint({ appKey: 'k', redirectUri: GOOD.redirectUri }).message).toContain('appId (QQ_APP_ID) is missing');
    expect((await loginUrl(GOOD)).origin).toBe('https://graph.qq.com');
  });

  it('are all named in one message without a value, with their environment variables', () => {
    const secret = 'the-value-of-everything';
    const wrong: Record<string, unknown> = {
      appId: { secret },
      appKey: [secret],
      redirectUri: secret,
      graphUrl: secret,
      scope: secret,
      unionid: secret,
      timeoutMs: secret,
      axios: secret,
      basePath: secret,
      callbackPath: secret,
      display: secret,
      defaultReturnTo: { secret },
      allowedReturnOrigins: [secret],
      cancelUrl: [secret],
      onLogin: secret,
      onEvent: secret,
      logout: secret,
      tokens: secret,
      encryptionKey: { secret },
      lock: secret,
      apKey: secret,
      clientID: secret,
    };
    const error = complaint(wrong);
    expect(error).toMatchObject({ code: 'ERR_QQ_CONFIGURATION', kind: 'configuration', action: 'fix_configuration' });
    for (const name of Object.keys(wrong)) expect(error.message).toContain(name);
    for (const name of VARIABLES) expect(error.message).toContain(name);
    expect(error.message).not.toContain(secret);
    expect(error.hint.zh).toMatch(/选项/);
  });

  it('are named, all three, in an application without any', () => {
    const { message } = complaint({});
    for (const name of VARIABLES.slice(0, 3)) expect(message).toContain(`(${name}) is missing`);
    expect(message).toContain('回调地址');
  });

  it.each([
    ['basePath', 'auth/qq'],
    ['basePath', '/auth?x'],
    ['basePath', '//auth'],
    ['basePath', '/登录'],
    ['basePath', '/auth/../qq'],
    ['callbackPath', '/auth/"qq"'],
    ['callbackPath', 'https://www.example.com/cb'],
    ['display', 'popup'],
    ['allowedReturnOrigins', 'https://app.example.com'],
    ['allowedReturnOrigins', ['https://app.example.com/path']],
    ['allowedReturnOrigins', ['app.example.com']],
    ['allowedReturnOrigins', ['*']],
    ['allowedReturnOrigins', ['https://*.example.com']],
    ['allowedReturnOrigins', ['ftp://example.com']],
    ['onLogin', {}],
    ['logout', true],
    ['tokens', 'yes'],
    ['encryptionKey', ''],
    ['encryptionKey', []],
    ['encryptionKey', ['a good key of thirty-two characters', '']],
    ['encryptionKey', 'k'.repeat(31)],
    ['encryptionKey', ['k'.repeat(32), 'k'.repeat(31)]],
    ['lock', {}],
    ['client', {}],
    ['sandbox', true],
  ])('refuse for %s the value %j', (name, value) => {
    expect(complaint({ ...GOOD, [name]: value }).message).toContain(name);
  });

  it('refuse another site and the login route as an address, and name both in one message', () => {
    const { message } = complaint({ ...GOOD, defaultReturnTo: 'https://evil.example/', cancelUrl: '/auth/qq/login' });
    expect(message).toContain('defaultReturnTo must be a path of this site');
    expect(message).toContain('cancelUrl must be a path of this site');
    expect(message).not.toContain('evil');
    expect(complaint({ ...GOOD, defaultReturnTo: '//evil.example' }).message).not.toContain('cancelUrl');
    expect(() =>
      qqConnect({
        ...GOOD,
        defaultReturnTo: 'https://app.example.com/x',
        allowedReturnOrigins: ['https://app.example.com'],
      }),
    ).not.toThrow();
  });
});

describe('a redirectUri that QQ refuses', () => {
  it('warn where redirectUri is only the address of the site', () => {
    using warnings = collectWarnings();
    qqConnect({ ...GOOD, redirectUri: 'https://www.example.com/' });
    qqConnect({ ...GOOD, redirectUri: 'https://www.example.com/', graphUrl: 'http://127.0.0.1:9010' });
    expect(warnings).toHaveLength(2);
    for (const { message } of warnings) expect(message).toContain('redirectUri is the front page');
  });

  it.each([
    ['http://www.example.com/auth/qq/callback', ['new registrations need https']],
    ['https://www.example.com:8443/auth/qq/callback', ['has a port']],
    ['http://localhost:3000/auth/qq/callback', ['has a port', 'names this machine', 'uses plain http']],
    ['https://127.0.0.1/auth/qq/callback', ['names this machine']],
    [`https://www.example.com/auth/qq/callback?${'x'.repeat(500)}`, ['is longer than 500 characters']],
  ])('is warned about with the real QQ: %s', (redirectUri, reasons) => {
    using warnings = collectWarnings();
    qqConnect({ ...GOOD, redirectUri });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ type: 'QQConnectWarning', code: 'QQ_REDIRECT_URI' });
    for (const reason of reasons) expect(warnings[0]?.message).toContain(reason);
    expect(warnings[0]?.message).not.toContain('callback');
  });

  it('is not warned about with a sandbox', () => {
    using warnings = collectWarnings();
    qqConnect({ ...GOOD, redirectUri: 'http://localhost:3000/cb', graphUrl: 'http://127.0.0.1:9010' });
    expect(warnings).toHaveLength(0);
  });

  it('causes a warning for each other option that QQ probably refuses', () => {
    using warnings = collectWarnings();
    qqConnect({ ...GOOD, appId: 'my-app', appKey: '100000042', scope: ['get_userinfo'] });
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_APP_ID', 'QQ_APP_KEY', 'QQ_SCOPE']);
    expect(warnings[2]?.message).toContain('nearest: get_user_info');
  });

  it('causes a warning if a sandbox is used in production', () => {
    using warnings = collectWarnings();
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      qqConnect({ ...GOOD, graphUrl: 'http://127.0.0.1:9010' });
    } finally {
      process.env.NODE_ENV = before;
    }
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_GRAPH_URL']);
  });

  it('causes no warning if QQ accepts it', () => {
    using warnings = collectWarnings();
    qqConnect({ ...GOOD, redirectUri: 'https://www.example.com/auth/qq/callback?from=qq' });
    expect(warnings).toHaveLength(0);
  });
});

describe('a shared client', () => {
  it('replaces the options of a client, and the environment is not read', async () => {
    const client = new QQConnectClient({ ...GOOD, graphUrl: 'http://127.0.0.1:9010' });
    process.env.QQ_APP_ID = '100000077';
    try {
      expect((await loginUrl({ client })).searchParams.get('client_id')).toBe(GOOD.appId);
    } finally {
      delete process.env.QQ_APP_ID;
    }
  });

  it.each(Object.entries({ ...GOOD, graphUrl: 'https://graph.qq.com', scope: ['x'], unionid: true, timeoutMs: 1 }))(
    'cannot be used together with %s',
    (name, value) => {
      const client = new QQConnectClient(GOOD);
      const { message } = complaint({ client, [name]: value });
      expect(message).toMatch(new RegExp(`${name} (\\(\\w+\\) )?is an option of the client`));
    },
  );

  it('logs in', async () => {
    await using other = await startSite();
    const { appId, appKey } = other.sandbox.apps[0] ?? GOOD;
    const redirectUri = `${other.url}/auth/qq/callback`;
    const client = new QQConnectClient({ appId, appKey, redirectUri, graphUrl: other.sandbox.url });
    const app = express();
    app.use(
      session({ secret: 's', resave: false, saveUninitialized: false }),
      qqConnect({ client, tokens: 'discard' }),
    );
    app.use(qqErrorHandler());
    const agent = request.agent(app);
    const login = await agent.get('/auth/qq/login?returnTo=/x');
    const callback = await new Visitor(other).atQQ(login.headers.location ?? '');
    expect((await agent.get(callback.pathname + callback.search)).headers.location).toBe('/x');
    expect((await agent.get('/auth/qq/user')).status).toBe(200);
  });
});

describe('the options of a QQConnectClient', () => {
  function make(options: Record<string, unknown>): QQConnectClient {
    return new QQConnectClient({ ...GOOD, ...options });
  }

  function complaint(options: Record<string, unknown>): QQConnectError {
    try {
      make(options);
    } catch (error) {
      return error as QQConnectError;
    }
    throw new Error('these options were accepted');
  }

  it('are complete with three, and the rest has defaults', () => {
    expect(new QQConnectClient(GOOD)).toMatchObject({
      appId: GOOD.appId,
      redirectUri: GOOD.redirectUri,
      graphUrl: 'https://graph.qq.com',
      timeoutMs: 5_000,
    });
  });

  it.each(['https://graph.example', 'https://graph.example:8443/qq', 'http://127.0.0.1:9010', 'http://localhost:9010'])(
    'accept %s as graphUrl',
    (graphUrl) => {
      expect(make({ graphUrl }).graphUrl).toBe(graphUrl);
    },
  );

  it.each(['http://[::1]:9010', 'http://127.9.8.7', 'http://qq.localhost:1'])(
    'accept %s, a loopback address, as graphUrl',
    (graphUrl) => {
      expect(make({ graphUrl }).graphUrl).toBe(graphUrl);
    },
  );

  it('accept a graphUrl with slashes at its end, and remove them', () => {
    expect(make({ graphUrl: 'https://graph.example//' }).graphUrl).toBe('https://graph.example');
  });

  it.each([
    'http://graph.qq.com',
    'http://10.0.0.1:9010',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'ftp://127.0.0.1',
    'graph.qq.com',
    '//graph.qq.com',
    '',
    'https://user:pass-word@graph.qq.com',
    'https://graph.qq.com/?x=1',
    'https://graph.qq.com/#x',
    7,
    null,
  ])('refuse %p as graphUrl', (graphUrl) => {
    const { message } = complaint({ graphUrl });
    expect(message).toContain('graphUrl must ');
    expect(message).not.toMatch(/evil|pass-word|10\.0/);
  });

  it.each([
    ['/auth/qq/callback', 'must be an absolute'],
    ['www.example.com/cb', 'must be an absolute'],
    ['javascript:alert(1)', 'must be an absolute'],
    ['https://me:pass-word@www.example.com/cb', 'must not contain a user name or password'],
    ['https://www.example.com/cb#here', 'must not contain a #'],
    ['https://www.example.com/c b', 'must not contain a blank'],
    ['https://www.example.com/cb;https://m.example.com/cb', 'must be one address only'],
    ['', 'is missing'],
    [undefined, 'is missing'],
    [7, 'must be a string'],
  ])('refuse %p as redirectUri', (redirectUri, why) => {
    const { message } = complaint({ redirectUri });
    expect(message).toContain(`redirectUri ${why}`);
    expect(message).not.toMatch(/pass-word|www\.example/);
  });

  it.each([
    ['appId', 100000042],
    ['appId', ''],
    ['appKey', undefined],
    ['scope', 'get_user_info'],
    ['scope', []],
    ['scope', ['']],
    ['unionid', 1],
    ['timeoutMs', 0],
    ['timeoutMs', -1],
    ['timeoutMs', 1.5],
    ['timeoutMs', Infinity],
    ['timeoutMs', '5000'],
    ['axios', {}],
    ['nosuch', true],
  ])('refuse for %s the value %p', (name, value) => {
    expect(complaint({ [name]: value })).toMatchObject({
      name: 'QQConfigurationError',
      code: 'ERR_QQ_CONFIGURATION',
      status: 500,
      action: 'fix_configuration',
      message: expect.stringContaining(name),
    });
  });

  it('are all named in one message without a value if all are wrong', () => {
    const secret = 'the-value-of-everything';
    const names = ['appId', 'appKey', 'redirectUri', 'graphUrl', 'scope', 'unionid', 'timeoutMs', 'axios', 'apKey'];
    const { message } = complaint({
      ...Object.fromEntries(names.map((name) => [name, secret])),
      appId: { secret },
      appKey: [secret],
    });
    for (const name of names) expect(message).toContain(name);
    expect(message).not.toContain(secret);
    expect(message.split(';')).toHaveLength(names.length);
  });

  it('can contain an axios instance, and any non-empty APP ID', () => {
    expect(make({ axios: axios.create(), appId: 'no-digits' }).appId).toBe('no-digits');
  });

  it('are read without the white space around them', () => {
    const client = new QQConnectClient({
      appId: ` ${GOOD.appId}\n`,
      appKey: `${GOOD.appKey} `,
      redirectUri: `\uFEFF${GOOD.redirectUri}\r\n`,
      graphUrl: ' https://graph.example/ ',
      scope: [' get_user_info '],
    });
    expect(client).toMatchObject({
      appId: GOOD.appId,
      redirectUri: GOOD.redirectUri,
      graphUrl: 'https://graph.example',
    });
    expect(client.buildAuthorizationUrl({ state: 's' }).searchParams.get('scope')).toBe('get_user_info');
  });

  it('throw an error that names the option for each example that can never work, and for no other', () => {
    const examples = configurationExamples.filter(
      ({ option, value }) => option !== 'encryptionKey' && value.trim() !== '',
    );
    const offenders = examples.filter(({ option, value, verdict }) => {
      const options = { [option]: option === 'scope' ? [value] : value };
      if (verdict !== 'error') return !(make(options) instanceof QQConnectClient);
      const { code, message } = complaint(options);
      return code !== 'ERR_QQ_CONFIGURATION' || !message.includes(option);
    });
    expect(offenders).toEqual([]);
  });
});

describe('warnings of a running router', () => {
  const WRONG_KEY = JSON.stringify({ error: 100009, error_description: 'client secret is illegal' });
  const QZUSER = JSON.stringify({
    ret: 0,
    msg: '',
    is_lost: 0,
    nickname: 'qzuser',
    figureurl: 'http://qzapp.qlogo.cn/qzapp/111111/942FEA70050EEAFBD4DCE2C1FC775E56/30',
  });

  let upstream: Upstream;
  let warnings: ReturnType<typeof collectWarnings>;
  beforeEach(async () => {
    upstream = await startUpstream();
    warnings = collectWarnings();
  });
  afterEach(async () => {
    warnings[Symbol.dispose]();
    await upstream.close();
  });

  const production = { before: (app: { set(name: string, value: string): unknown }) => app.set('env', 'production') };

  describe('a failure that means wrong configuration', () => {
    it('causes one warning in production, with the number and the fix', async () => {
      await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
      upstream.always('token', WRONG_KEY);
      for (let time = 0; time < 2; time += 1) expect((await new Visitor(site).login()).status).toBe(500);
      expect([...warnings]).toMatchObject([{ code: 'QQ_CONFIGURATION' }]);
      expect(warnings[0]?.message).toMatch(/100009.*APP Key/s);
    });

    it('causes a warning without the text of the callback, which the browser sent', async () => {
      await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
      const visitor = new Visitor(site);
      const callback = await visitor.toCallback();
      const state = callback.searchParams.get('state') ?? '';
      await visitor.agent.get(`/auth/qq/callback?error=100010&error_description=a+text&state=${state}`);
      expect(warnings[0]?.message).toMatch(/callback: QQ returned the error 100010\. /);
      expect(warnings[0]?.message).not.toContain('a text');
    });

    it('causes no warning if QQ fails for a short time', async () => {
      await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
      upstream.always('token', JSON.stringify({ error: 100032, error_description: 'busy' }));
      await new Visitor(site).login();
      expect([...warnings]).toEqual([]);
    });

    it('names the APP ID where QQ cannot parse oauth_consumer_key', async () => {
      await using site = await startSite({ qq: { graphUrl: upstream.url } });
      upstream.always(
        'user_info',
        JSON.stringify({ ret: 1, msg: "1 error(s) decoding:\n\n* cannot parse 'oauth_consumer_key' as uint" }),
      );
      const response = await new Visitor(site).login();
      expect(response.text).toContain('QQ_APP_ID');
      expect(warnings[0]?.message).toContain('QQ_APP_ID');
    });
  });

  describe("QQ's placeholder profile", () => {
    it('gives no nickname and no avatar, and causes an event and a warning', async () => {
      const events: QQConnectEvent[] = [];
      await using site = await startSite({
        qq: { graphUrl: upstream.url, onEvent: (event) => void events.push(event) },
      });
      upstream.always('user_info', QZUSER);
      const visitor = new Visitor(site);
      await visitor.login();
      const user = await visitor.agent.get('/auth/qq/user');
      expect(user.body).toMatchObject({ nickname: '' });
      expect(user.body).not.toHaveProperty('avatarUrl');
      expect(user.body).not.toHaveProperty('figureurl');
      expect(events.map(({ type }) => type)).toEqual(['login_started', 'profile_placeholder', 'login_succeeded']);
      expect([...warnings]).toMatchObject([{ code: 'QQ_PROFILE_PLACEHOLDER' }]);
    });

    it('does not replace the profile of a user', async () => {
      await using site = await startSite({ qq: { graphUrl: upstream.url } });
      const visitor = new Visitor(site);
      await visitor.login();
      const before = await visitor.agent.get('/auth/qq/user');
      upstream.always('user_info', QZUSER);
      expect((await visitor.agent.post('/auth/qq/refresh')).body).toEqual(before.body);
    });
  });

  describe('the clock', () => {
    it.each([
      ['behind', 3_600_000],
      ['ahead of', -3_600_000],
    ])('causes one warning where it is an hour %s that of QQ', async (where, aheadMs) => {
      await using site = await startSite({ qq: { graphUrl: upstream.url } });
      const date = new Date(Date.now() + aheadMs).toUTCString();
      const body = upstream.usual('token') as (request: object) => string;
      upstream.always('token', (request) => ({ headers: { date }, body: body(request) }));
      for (let time = 0; time < 2; time += 1) await new Visitor(site).login();
      expect([...warnings]).toMatchObject([{ code: 'QQ_CLOCK' }]);
      expect(warnings[0]?.message).toMatch(`60 minutes ${where}`);
    });
  });

  describe('a POST to the callback', () => {
    it('is refused with the request to send instead', async () => {
      await using site = await startSite();
      const response = await new Visitor(site).agent
        .post('/auth/qq/callback')
        .set('Accept', 'application/json')
        .send({});
      expect(response.status).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
      expect(response.text).toContain('location.search');
    });
  });
});
