import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { sessionCookie } from './support/cookies.js';
import { hostileAnswers, tooLarge } from './support/hostile.js';
import { startWatchedSite } from './support/watched-site.js';
import type { AddressInfo } from 'node:net';
import type { Upstream, UpstreamAnswer } from '../support/upstream.js';
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

  it.each(hostileAnswers)('%s logs no user in, ends in time and names its step', async (_what, answer) => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    upstream.next(step, answer);
    const started = Date.now();
    const response = await visitor.callback(callback).set('Accept', 'application/json');
    expect(Date.now() - started).toBeLessThan(10 * TIMEOUT + 5_000);
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

  it.each([301, 302, 303, 307, 308])('that redirects elsewhere with status %i is not followed', async (status) => {
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
  });

  it.each(hostileAnswers.filter(([name]) => tooLarge.includes(name)))(
    'that sends %s is read no further than 64 KiB of it',
    async (_name, answer) => {
      await using patient = await startWatchedSite({ qq: { graphUrl: upstream.url, timeoutMs: 15_000 } });
      upstream.next('token', answer);
      const visitor = new Visitor(patient);
      const response = await visitor.callback(await visitor.toCallback()).set('Accept', 'application/json');
      expect([response.status, (response.body as { error?: string }).error]).toEqual([502, 'ERR_QQ_BODY_TOO_LARGE']);
    },
  );

  it('is let go of: no connection to it stays after a body that never ends', async () => {
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

  it('that fails is asked for no second token: a code works once', async () => {
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
    'that says a token lasts %s seconds is not believed, and is not asked for another one',
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

describe('a server that repeats our secrets in what it says', () => {
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
    '(%s, in %s) is not repeated by us',
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
