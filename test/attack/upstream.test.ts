import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isQQConnectError } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { contents } from '../support/store.js';
import { MADE_UP, hang, reset, startUpstream } from '../support/upstream.js';
import { sessionCookie } from './support/cookies.js';
import { faultMatrix } from './support/fault-table.js';
import { hostileAnswers, tooLarge } from './support/hostile.js';
import { startWatchedSite } from './support/watched-site.js';
import type { AddressInfo } from 'node:net';
import type { QQConnectError } from '../../src/index.js';
import type { Site } from '../support/site.js';
import type { Upstream, UpstreamAnswer, UpstreamEndpoint } from '../support/upstream.js';
import type { WatchedSite } from './support/watched-site.js';

const TIMEOUT = 1_000;

const steps = ['token', 'me', 'user_info'] as const;

describe.each(steps)('a hostile server at the step %s, answering with', (step) => {
  let site: WatchedSite;
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startWatchedSite({ qq: { graphUrl: upstream.url, timeoutMs: TIMEOUT, unionid: step === 'me' } });
    for (const secret of [MADE_UP.code, MADE_UP.accessToken, MADE_UP.refreshToken]) site.watch.secret('token', secret);
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });
  afterEach(() => {
    expect(Object.prototype).not.toHaveProperty('openid');
    expect(Object.prototype).not.toHaveProperty('access_token');
  });

  it.each(hostileAnswers)('%s logs no user in, ends within the timeout and names its step', async (_what, answer) => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    upstream.next(step, answer);
    const response = await visitor.callback(callback).set('Accept', 'application/json');
    expect(response.status).toBeGreaterThanOrEqual(401);
    expect(response.body).toMatchObject({ error: expect.stringMatching(/^ERR_QQ_/), step });
    expect(sessionCookie(response)).toBe('');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });
});

describe('a hostile server', () => {
  let site: WatchedSite;
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startWatchedSite({ qq: { graphUrl: upstream.url, timeoutMs: TIMEOUT } });
    for (const secret of [MADE_UP.code, MADE_UP.accessToken, MADE_UP.refreshToken]) site.watch.secret('token', secret);
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });

  it.each([301, 302, 303, 307, 308])(
    'that redirects to another host with status %i is not followed',
    async (status) => {
      let followed = 0;
      const elsewhere = createServer((_req, res) => {
        followed += 1;
        res.end(`{"access_token":"${MADE_UP.accessToken}","openid":"${MADE_UP.openid}","ret":0,"nickname":"x"}`);
      });
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
      const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/oauth2.0/token`;
      const good = JSON.stringify({ access_token: MADE_UP.accessToken, openid: MADE_UP.openid, ret: 0, nickname: 'x' });
      for (const step of ['token', 'user_info'] as const) {
        upstream.next(step, { status, headers: { location }, body: good });
        const visitor = new Visitor(site);
        expect((await visitor.login()).status).toBe(502);
        expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
      }
      expect(followed).toBe(0);
      await new Promise((resolve) => elsewhere.close(resolve));
    },
  );

  it.each(hostileAnswers.filter(([name]) => tooLarge.includes(name)))(
    'that sends %s is read up to 64 KiB',
    async (_name, answer) => {
      await using patient = await startWatchedSite({ qq: { graphUrl: upstream.url, timeoutMs: 15_000 } });
      upstream.next('token', answer);
      const visitor = new Visitor(patient);
      const response = await visitor.callback(await visitor.toCallback()).set('Accept', 'application/json');
      expect([response.status, (response.body as { error?: string }).error]).toEqual([502, 'ERR_QQ_BODY_TOO_LARGE']);
    },
  );

  it('that sends a body without an end keeps no connection', async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    upstream.next('token', (_request, res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write('x'), 10);
      res.once('close', () => {
        clearInterval(timer);
        closed();
      });
      return undefined;
    });
    expect((await new Visitor(site).login()).status).toBe(504);
    await gone;
  });

  it('that fails gets no second token request', async () => {
    for (const answer of ['hang', 'reset', { status: 500, body: '' }, '{"error":100017}'] as UpstreamAnswer[]) {
      const before = upstream.asked('token').length;
      upstream.next('token', answer);
      await new Visitor(site).login();
      expect(upstream.asked('token').length - before).toBe(1);
    }
  });

  it.each([
    ["another application's token", { client_id: '100000099', openid: MADE_UP.openid }],
    ['no openid', { client_id: MADE_UP.appId }],
    ['an empty openid', { client_id: MADE_UP.appId, openid: '' }],
    ['an openid that is a number', { client_id: MADE_UP.appId, openid: 42 }],
    ['an openid that is null', { client_id: MADE_UP.appId, openid: null }],
    ['an openid that is an array', { client_id: MADE_UP.appId, openid: [MADE_UP.openid] }],
    ['another openid than the token had', { client_id: MADE_UP.appId, openid: 'F'.repeat(32) }],
  ])('whose me answers with %s logs no user in', async (_what, body) => {
    await using strict = await startWatchedSite({ qq: { graphUrl: upstream.url, unionid: true } });
    upstream.next('me', `callback( ${JSON.stringify(body)} );`);
    const visitor = new Visitor(strict);
    expect((await visitor.login()).status).toBe(502);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it.each(['1e400', '1e300', '1e306', '9007199254740993', '-5', '"abc"', '" "', 'null', '[]', '{}', 'true'])(
    'that returns %s as expires_in causes no refresh',
    async (expires) => {
      await using strict = await startWatchedSite({
        qq: { graphUrl: upstream.url },
        routes: (app) => {
          app.get('/token', (req, res, next) => {
            req.qqConnect.accessToken().then(() => res.send('there is one'), next);
          });
        },
      });
      upstream.next('token', `{"access_token":"${MADE_UP.accessToken}","openid":"X","expires_in":${expires}}`);
      const visitor = new Visitor(strict);
      expect((await visitor.login('/private')).status).toBe(302);
      const asked = upstream.asked('token').length;
      expect((await visitor.agent.get('/token')).text).toBe('there is one');
      expect(upstream.asked('token')).toHaveLength(asked);
    },
  );
});

describe('a server that repeats secrets in its messages', () => {
  // Short, and with characters that a query encodes: nothing in it looks like a secret by itself.
  const appKey = 'p@ss w0rd/+k=';
  const says: [string, (query: URLSearchParams) => string][] = [
    ['the APP Key', (query) => query.get('client_secret') ?? ''],
    ['the request line', (query) => `GET /oauth2.0/token?${query.toString()} HTTP/1.1`],
    ['the request line, encoded another way', (query) => encodeURIComponent(query.get('client_secret') ?? '')],
    ['the code', (query) => `code ${query.get('code') ?? query.get('access_token') ?? ''} is bad`],
    ['the code in small letters', (query) => (query.get('code') ?? query.get('access_token') ?? '').toLowerCase()],
    ['HTML around it', (query) => `<b>${query.get('code') ?? query.get('access_token') ?? ''}</b>`],
  ];
  const forms: [string, (text: string) => UpstreamAnswer][] = [
    ['error_description', (text) => JSON.stringify({ error: 100019, ret: 100019, error_description: text, msg: text })],
    ['the error itself', (text) => JSON.stringify({ error: text, ret: text })],
    ['a form', (text) => new URLSearchParams({ error: '100019', error_description: text }).toString()],
    ['a page of status 500', (text) => ({ status: 500, body: `<html>${text}</html>` })],
    [
      'a header that breaks the connection',
      (text) => (_request, res) => {
        res.socket?.end(`HTTP/1.1 200 OK\r\nX-\u0000: ${text}\r\n\r\n`);
        return undefined;
      },
    ],
  ];

  it.each(says.flatMap(([what, text]) => forms.map(([form, make]) => [what, form, text, make] as const)))(
    '(%s, in %s) does not put them into an error, page or log',
    async (_what, _form, text, make) => {
      await using upstream = await startUpstream();
      await using site = await startWatchedSite({ qq: { graphUrl: upstream.url, appKey } });
      for (const secret of [appKey, encodeURIComponent(appKey), MADE_UP.code, MADE_UP.accessToken]) {
        site.watch.secret('repeated', secret);
        site.watch.secret('repeated', secret.toLowerCase());
        site.watch.secret('repeated', secret.replaceAll('%20', '+'));
      }
      for (const step of ['token', 'user_info'] as const) {
        upstream.next(step, (request) => make(text(request.query)));
        for (const accept of ['text/html', 'application/json']) {
          const visitor = new Visitor(site);
          const response = await visitor.callback(await visitor.toCallback()).set('Accept', accept);
          expect([401, 302, 502, 500, 200]).toContain(response.status); // 200: a nickname in the JSON of a script's callback
        }
      }
      await new Promise(setImmediate);
      expect(site.watch.leaks()).toEqual([]);
      expect(site.errors.length).toBeGreaterThan(0);
    },
  );
});

const { accessToken, appId, openid, nickname } = MADE_UP;

type Step = 'token' | 'me' | 'user_info';

interface Expected {
  code: string;
  action: QQConnectError['action'];
  qqCode?: number;
}

const good = { access_token: accessToken, client_id: appId, openid, ret: 0, nickname };

const body = (changes: object): string => JSON.stringify({ ...good, ...changes });

const noAnswer: Expected = { code: 'ERR_QQ_INVALID_RESPONSE', action: 'try_later' };

const noOpenid: Expected = { code: 'ERR_QQ_OPENID_MISSING', action: 'try_later' };

const said = (qqCode: number, action: Expected['action']): Expected => ({ code: 'ERR_QQ_RESPONSE', action, qqCode });

// The decoder's tests have every malformed body; here each row ends in another way.
const everywhere: [string, UpstreamAnswer, Expected][] = [
  ['returns an error', 'callback( {"error":100016,"error_description":"x"} );\n', said(100016, 'login_again')],
  ['returns an undocumented error code', body({ ret: 2021, msg: 'x' }), said(2021, 'login_again')],
  ['returns status 500', { status: 500, body: body({}) }, { code: 'ERR_QQ_HTTP_STATUS', action: 'try_later' }],
  ['returns half of the body', body({}).slice(0, -8), noAnswer],
  ['resets the connection', reset, { code: 'ERR_QQ_NETWORK', action: 'try_later' }],
  ['does not respond', hang, { code: 'ERR_QQ_TIMEOUT', action: 'try_later' }],
  [
    'returns 70,000 bytes',
    body({ padding: 'x'.repeat(70_000) }),
    { code: 'ERR_QQ_BODY_TOO_LARGE', action: 'try_later' },
  ],
];

const identity: [string, UpstreamAnswer, Expected][] = [
  ['returns a number as the openid', body({ openid: 12345678 }), noOpenid],
];

const onlyMe: [string, UpstreamAnswer, Expected][] = [
  ['returns no openid', body({ openid: undefined }), noOpenid],
  [
    'returns the identity of another application',
    body({ client_id: '9' }),
    { code: 'ERR_QQ_CLIENT_ID_MISMATCH', action: 'login_again' },
  ],
];

const table: [Step, UpstreamEndpoint[], typeof everywhere][] = [
  ['token', [], [...everywhere, ...identity]],
  ['me', ['token'], [...everywhere, ...identity, ...onlyMe]],
  ['user_info', [], everywhere],
];

describe.each(table)('when the upstream fails at %s, the user is not logged in', (step, before, faults) => {
  let upstream: Upstream;
  let site: Site;
  let errors: unknown[];
  let visitor: Visitor;

  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startSite({
      qq: { graphUrl: upstream.url, timeoutMs: 1_000 },
      routes: (app) =>
        app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
          errors.push(error);
          next(error);
        }),
    });
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });

  beforeEach(async () => {
    errors = [];
    visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    for (const endpoint of before) upstream.always(endpoint, body({ openid: undefined }));
  });
  afterEach(async () => {
    for (const endpoint of ['token', 'me', 'user_info'] as const) upstream.always(endpoint, upstream.usual(endpoint));
  });

  it.each(faults)('where it %s', async (_what, answer, expected) => {
    const visible = (await visitor.agent.get('/session')).body as object;
    const stored = await contents(site.store);
    expect(visible).toMatchObject({ cart: ['tea'], qqConnect: { logins: { [APP.appId]: { openid } } } });
    upstream.always(step, answer);
    const stranger = new Visitor(site);

    const [asUser, asStranger] = await Promise.all([visitor.login(), stranger.login()]);
    for (const response of [asUser, asStranger]) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.text).toContain(expected.code);
      expect(response.headers['set-cookie']).toBeUndefined(); // a reload then shows the cause again
    }
    expect(errors).toHaveLength(2);
    for (const error of errors) {
      expect(isQQConnectError(error)).toBe(true);
      expect(error).toMatchObject({ ...expected, step, hint: { en: expect.any(String), zh: expect.any(String) } });
      expect('qqCode' in (error as QQConnectError)).toBe('qqCode' in expected);
    }
    expect((await stranger.agent.get('/auth/qq/user')).status).toBe(401);
    expect((await visitor.agent.get('/session')).body).toEqual(visible);
    expect((await visitor.agent.get('/auth/qq/user')).body).toMatchObject({ openid, nickname });
    expect(await contents(site.store)).toEqual(stored);
  });
});

const PAGE = new URL('../../docs/fault-matrix.md', import.meta.url);

describe('the fault matrix', () => {
  it('equals docs/fault-matrix.md', async () => {
    const page = await faultMatrix();
    if (process.env.FAULT_MATRIX === 'write') await writeFile(PAGE, page);
    expect(page).toBe(await readFile(PAGE, 'utf8'));
  }, 120_000);

  it('shows no login without an openid, and no earlier login that ends', async () => {
    const rows = (await readFile(PAGE, 'utf8'))
      .split('\n')
      .filter((line) => /^\| (?:authorize|token|me|user)/.test(line));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const [, endpoint, fault, , , , loggedIn, earlier] = row.split('|').map((cell) => cell.trim());
      const forgiven = endpoint === 'me' && ['error 100048', 'error 100049'].includes(fault ?? '');
      const refreshing = endpoint === 'user_info (refresh)';
      expect([row, loggedIn]).toEqual([row, forgiven || refreshing ? 'yes' : 'no']);
      expect([row, earlier]).toEqual([row, forgiven ? 'replaced' : 'stays']);
    }
  });
});
