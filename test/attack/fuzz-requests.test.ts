import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'cookie';
import fc from 'fast-check';
import { LoginAttempts } from '../../src/attempt/login-attempt.js';
import { safeReturnTo } from '../../src/attempt/return-to.js';
import { createSealer } from '../../src/attempt/sealer.js';
import { readCallback } from '../../src/client/callback.js';
import { isQQConnectError } from '../../src/index.js';
import { APP, startSite } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { attemptCookie } from './support/cookies.js';
import { openRedirects, originsOf } from './support/open-redirects.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';
import { LeakWatch } from './support/secret-leaks.js';
import type { IncomingHttpHeaders } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { Site } from '../support/site.js';
import type { Upstream } from '../support/upstream.js';

const runs = fuzzRuns(1_000);

const requests = fuzzRuns(200);

const parameter = fc.constantFrom(
  ...[
    'code',
    'state',
    'error',
    'error_description',
    'msg',
    'usercancel',
    'code[]',
    'state[a]',
    '__proto__',
    '__proto__[code]',
    'CODE',
    '',
  ],
);

const content = fc.oneof(
  fc.constantFrom('', '0', '1', '100010', '-1', 'access_denied', 'STATE', 'GOOD', MADE_UP.code, 'a'.repeat(300)),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''))),
  fc.stringMatching(/^[%&=+?#;,'"<>()\w.-]{0,12}$/).map((text) => text.replaceAll('#', '%23')),
  fc.constantFrom('%00', '%0d%0a', '%', '%f', '%ff', '%u0041', '%e4%b8%ad', '+'),
);

const query = fc
  .array(fc.tuple(parameter, content), { maxLength: 7 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

async function get(url: string, agent: Agent, cookie = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent, headers: { cookie, accept: 'text/html' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .once('error', reject)
      .end();
  });
}

describe('the query of a callback', () => {
  let site: Site;
  const errors: unknown[] = [];
  let upstream: Upstream;
  const agent = new Agent({ keepAlive: true });
  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.always('token', ({ query: asked }) =>
      asked.get('code') === MADE_UP.code
        ? JSON.stringify({ access_token: MADE_UP.accessToken, openid: MADE_UP.openid })
        : '{"error":100019,"error_description":"code to access token error"}',
    );
    site = await startSite({
      qq: { graphUrl: upstream.url },
      routes: (app) => {
        app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
          errors.push(error);
          next(error);
        });
      },
    });
  });
  afterAll(async () => {
    agent.destroy();
    await site.close();
    await upstream.close();
  });

  it(
    `is read, or is a clear error, in ${runs} runs`,
    () => {
      fc.assert(
        fc.property(fc.oneof(query, fc.string()), (text) => {
          try {
            const { state, result } = readCallback(text);
            expect(state).not.toBe('');
            if (result.kind === 'failed') throw result.error;
            if (result.kind === 'code') expect(new URLSearchParams(text).getAll('code')).toEqual([result.code]);
          } catch (error) {
            if (!isQQConnectError(error)) throw error;
            // An error that QQ called back with is a response of QQ's.
            if (error.kind === 'response') expect(error).toMatchObject({ code: 'ERR_QQ_RESPONSE', step: 'callback' });
            else expect(error).toMatchObject({ kind: 'request', status: 400 });
          }
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    `logs in only with one valid state and one valid code, in ${requests} requests`,
    async () => {
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const login = await get(`${site.url}/auth/qq/login`, agent);
          const state = new URL(login.headers.location ?? '').searchParams.get('state') ?? '';
          const sent = text.replaceAll('state=STATE', `state=${state}`).replaceAll('GOOD', MADE_UP.code);
          const answer = await get(`${site.url}/auth/qq/callback?${sent}`, agent, attemptCookie(login));
          const received = new URLSearchParams(sent);
          const loggedIn = String(answer.headers['set-cookie']).includes('connect.sid=');
          if (loggedIn) {
            expect(received.getAll('state')).toEqual([state]);
            expect(received.getAll('code')).toEqual([MADE_UP.code]);
          }
          if (answer.status === 302) expect(['/', '/?qq_login=cancelled']).toContain(answer.headers.location);
          else expect(answer.text).toMatch(/ERR_QQ_[A-Z_]+/);
          expect(loggedIn).toBe(answer.headers.location === '/');
          expect([302, 400, 401, 403, 500, 502, 503]).toContain(answer.status);
          expect(answer.text).not.toMatch(/<script/);
          // A watch for each request: one for all of them would keep everything that was ever said.
          const watch = new LeakWatch();
          watch.secret('APP Key', APP.appKey);
          watch.secret('token', MADE_UP.accessToken);
          watch.cookies(attemptCookie(login), 'with attributes');
          watch.parameters(received);
          watch.hear('the page', answer.text);
          for (const error of errors.splice(0)) {
            expect(isQQConnectError(error)).toBe(true);
            watch.hearError(error);
          }
          expect(watch.leaks()).toEqual([]);
        }),
        { numRuns: requests },
      );
    },
    fuzzTimeout(requests),
  );
});

describe(`a Cookie header, in ${runs} runs each,`, () => {
  const runs = fuzzRuns(300);

  const sealer = createSealer(['a key of this test'], 'login attempt');

  const attempts = new LoginAttempts({
    sealer,
    appId: '100000042',
    redirectUri: 'http://127.0.0.1/auth/qq/callback',
    defaultReturnTo: '/',
  });

  function begin(cookie: string, returnTo = '/'): { state: string; cookie: string; lines: string[] } {
    const { attempt, cookies } = attempts.start(cookie, { returnTo });
    return { state: attempt.state, cookie: cookies.at(-1)?.split(';', 1)[0] ?? '', lines: cookies };
  }

  const genuine = begin('');

  const split = genuine.cookie.indexOf('=');

  const ownName = genuine.cookie.slice(0, split);

  const ownValue = genuine.cookie.slice(split + 1);

  const prefix = ownName.slice(0, -22);

  const character = fc.constantFrom(...' ;=,"\\%.-_aA0{}[]()<>@:/?\t\u0000\u00ff\u0100'.split(''));

  const word = fc
    .array(fc.oneof(character, fc.string({ maxLength: 3 })), { maxLength: 20 })
    .map((parts) => parts.join(''));

  const name = fc.oneof(
    word,
    fc.constantFrom(ownName, prefix, '__proto__', 'constructor', 'connect.sid'),
    word.map((rest) => prefix + rest),
  );

  const value = fc.oneof(
    word,
    fc.constant(ownValue),
    fc
      .tuple(fc.nat(ownValue.length), fc.nat(3), word)
      .map(([at, length, other]) => ownValue.slice(0, at) + other + ownValue.slice(at + length)),
    fc.array(fc.nat(ownValue.length), { maxLength: 4 }).map((cuts) => cuts.map((cut) => ownValue.slice(cut)).join('.')),
  );

  const header = fc
    .array(fc.tuple(name, value), { maxLength: 14 })
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('; '));

  it(
    'that is not the genuine one opens no attempt, and crashes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(header, fc.oneof(fc.constant(genuine.state), word), async (cookie, state) => {
          const { attempt, deletion } = attempts.find(cookie, state);
          if (attempt) {
            expect(state).toBe(genuine.state);
            expect(attempt).toEqual({ state: genuine.state, returnTo: '/' });
          }
          if (deletion !== undefined) expect(deletion).toMatch(/^[\u0020-\u007e]+$/);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'hinders no login, and afterwards at most ten attempts are left',
    async () => {
      await fc.assert(
        fc.asyncProperty(header, fc.string({ maxLength: 3_000 }), async (cookie, returnTo) => {
          const { state, cookie: made, lines } = begin(cookie, returnTo);
          const taken = new Set(lines.slice(0, -1).map((line) => line.split('=', 1)[0]));
          const sent = Object.keys(parse(cookie));
          const left = new Set(sent.filter((own) => own.startsWith(prefix) && !taken.has(own)));
          expect(left.size).toBeLessThanOrEqual(9);
          expect(made.length).toBeLessThanOrEqual(4_000);
          for (const gone of taken) expect(gone?.startsWith(prefix)).toBe(true);
          // A quote that is not closed may swallow what comes after it; a browser sends none.
          if (!cookie.includes('"')) expect(attempts.find(`${cookie}; ${made}`, state).attempt?.state).toBe(state);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'cannot be forged: what was sealed by another key or for another purpose opens nothing',
    async () => {
      const others = [createSealer(['another key'], 'login attempt'), createSealer(['a key of this test'], 'tokens')];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...others),
          fc.dictionary(fc.string(), fc.jsonValue()),
          async (other, content) => {
            const sealed = other.seal({ ...content, state: genuine.state, returnTo: '/' }, 600);
            expect(attempts.find(`${ownName}=${sealed}`, genuine.state).attempt).toBeUndefined();
          },
        ),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});

const SITE = 'https://www.example.com';

const FRONT_END = 'https://app.example.com';

const own = ['/auth/qq/login', '/auth/qq/logout', '/auth/qq/refresh', '/auth/qq/callback'];

const rules = (publicPrefix: string) => ({
  siteOrigin: SITE,
  publicPrefix,
  allowedOrigins: new Set([FRONT_END]),
  ownPaths: new Set(own),
});

const pieces = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '/\\',
    '.',
    '..',
    '/..',
    '/.',
    '%2f',
    '%5c',
    '%2e',
    '%252f',
    '%25',
    '%09',
    '%0a',
    '%00',
    '%',
    '@',
    ':',
    '?',
    '#',
    ';',
    '&',
  ],
  ...[
    '\t',
    '\n',
    '\r',
    ' ',
    '\u0000',
    '\u00a0',
    '\u200b',
    '\u3002',
    '\uff0e',
    '\uff0f',
    '\uff3c',
    '\u2100',
    '\ufeff',
    '\u202e',
    '\ud800',
  ],
  ...[
    'http:',
    'https:',
    'HTTPS://',
    'javascript:',
    'data:',
    'blob:',
    'file:',
    'evil.example',
    'www.example.com',
    'app.example.com',
  ],
  ...[
    SITE,
    FRONT_END,
    'user:pass@',
    ':443',
    ':80',
    '[::1]',
    '127.1',
    'xn--',
    'a',
    '/shop',
    '/auth/qq/login',
    '/auth/qq/',
    'login',
  ],
);

const soup = fc
  .array(fc.oneof({ weight: 5, arbitrary: pieces }, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join(''));

const payloads = openRedirects(SITE);

const anything = fc.oneof(
  soup,
  soup.map((rest) => `/${rest}`),
  soup.map((rest) => SITE + rest),
  soup.map((rest) => FRONT_END + rest),
  fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }),
  fc.constantFrom(...payloads),
  fc
    .tuple(fc.constantFrom(...payloads), fc.nat(30), pieces)
    .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at)),
);

describe(`returnTo, in ${runs} runs each,`, () => {
  it.each(['', '/shop'])(
    'never leaves this site and the allowed ones (public prefix "%s")',
    (prefix) => {
      fc.assert(
        fc.property(anything, (value) => {
          const place = safeReturnTo(value, rules(prefix));
          if (place === undefined) return;
          for (const origin of originsOf(place, SITE)) expect([SITE, FRONT_END]).toContain(origin);
          expect(place).toMatch(/^[\u0021-\u007e]+$/);
          expect(place).not.toMatch(/^\/[/\\]/);
          if (place.startsWith('/'))
            expect(`${place}/`.startsWith(`${prefix}/`) || /^[?#]/.test(place.slice(prefix.length))).toBe(true);
          const path = new URL(place, SITE).pathname.slice(prefix.length).replace(/\/+$/, '');
          if (place.startsWith('/')) expect(own).not.toContain(path);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'that was validated once stays valid',
    () => {
      fc.assert(
        fc.property(anything, (value) => {
          const place = safeReturnTo(value, rules(''));
          if (place !== undefined && place.length <= 2_048) expect(safeReturnTo(place, rules(''))).toBe(place);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'keeps what a page of this site has in its address',
    () => {
      const segment = fc.stringMatching(/^[a-zA-Z0-9_~!$'()*+,;=:@-]{1,10}$/);
      const address = fc
        .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.dictionary(segment, segment))
        .map(([path, query]) => `/${path.join('/')}?${new URLSearchParams(query).toString()}`);
      fc.assert(
        fc.property(address, (value) => {
          if (!own.includes(new URL(value, SITE).pathname))
            expect(safeReturnTo(value, rules(''))).toBe(value.replace(/\?$/, ''));
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'is a string or nothing',
    () => {
      fc.assert(
        fc.property(fc.anything(), (value) => {
          if (typeof value !== 'string') expect(safeReturnTo(value, rules(''))).toBeUndefined();
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
