import { Agent, request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'cookie';
import fc from 'fast-check';
import { LoginAttempts } from '../../src/attempt/login-attempt.js';
import { safeReturnTo } from '../../src/attempt/return-to.js';
import { createSealer } from '../../src/attempt/sealer.js';
import { readCallback } from '../../src/client/callback.js';
import { QQConfigurationError, QQConnectClient, isQQConnectError, parseQQBody, qqConnect } from '../../src/index.js';
import { toQQUser } from '../../src/protocol/profile.js';
import { APP, startSite } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { attemptCookie } from './support/cookies.js';
import { openRedirects, originsOf } from './support/open-redirects.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';
import { LeakWatch } from './support/secret-leaks.js';
import type { IncomingHttpHeaders } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { QQConnectOptions } from '../../src/index.js';
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
    `is read or causes an error of this package, in ${runs} runs`,
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
    'that is not the original one completes no login, and does not stop the server',
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
    'does not prevent a login, and at most ten attempts remain',
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
    'with a cookie encrypted by another key or for another purpose completes no login',
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
    'leads to this site or an allowed origin only (public prefix "%s")',
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
    'is valid again after it was validated',
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
    'keeps path, query and fragment of a page of this site',
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
    'is validated to a string or undefined',
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

const valueRuns = fuzzRuns(500);

const bodyPieces = fc.constantFrom(
  ...['callback', '(', ')', ');', '{', '}', '[', ']', '"', ':', ',', '=', '&', '%', '\\', '\\u005f', '\ufeff', '\n'],
  ...['openid', '"openid":"0123456789ABCDEF0123456789ABCDEF"', 'access_token', '__proto__', 'constructor', 'error'],
  ...['1e999', '-0', 'null', 'true', '100016', '<html>', '//', '/*', '\u0000', '\u2028', 'ret', '{"ret":0}', '中文'],
);

const bodySoup = fc
  .array(fc.oneof(bodyPieces, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 40 })
  .map((parts) => parts.join(''));

const blanks = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

const callbackName = fc.stringMatching(/^[A-Za-z_$][\w$.]{0,12}$/);

/** What the decoder reads out of a text, or that it cannot be read; anything else is a defect. */
function read(text: string): Record<string, unknown> | undefined {
  try {
    const body = parseQQBody(text);
    expect(typeof body).toBe('object');
    expect(Array.isArray(body)).toBe(false);
    return body;
  } catch (error) {
    if (!isQQConnectError(error, 'response')) throw error;
    expect(error.code).toBe('ERR_QQ_INVALID_RESPONSE');
    return undefined;
  }
}

/** What is between the first and the last brace, if that is JSON as it stands. */
function strictly(text: string): { openid?: unknown } | undefined {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { openid?: unknown };
  } catch {
    return undefined; // it is damaged
  }
}

describe(`the decoder, in ${valueRuns} runs each,`, () => {
  afterEach(() => expect(Object.keys(Object.prototype)).toEqual([]));

  it(
    'reads any text, or throws ERR_QQ_INVALID_RESPONSE',
    () => {
      fc.assert(
        fc.property(fc.oneof(bodySoup, fc.string({ unit: 'binary' })), (text) => void read(text)),
        { numRuns: valueRuns },
      );
    },
    fuzzTimeout(valueRuns),
  );

  it(
    'reads any JSON object in each form that QQ uses',
    () => {
      fc.assert(
        fc.property(
          fc.dictionary(fc.string(), fc.jsonValue()),
          callbackName,
          blanks,
          blanks,
          (body, name, before, after) => {
            const json = JSON.stringify(body);
            const { __proto__: dropped, ...expected } = JSON.parse(json) as Record<string, unknown>;
            for (const text of [
              json,
              `${name}${before}(${after}${json}${before})${after};\n`,
              `\ufeff${name}(${json})`,
            ]) {
              const found = read(text);
              expect(JSON.stringify(found)).toBe(
                JSON.stringify(JSON.parse(json, (key, value: unknown) => (key === '__proto__' ? undefined : value))),
              );
              for (const key of Object.keys(expected)) expect(Object.keys(found ?? {})).toContain(key);
            }
          },
        ),
        { numRuns: valueRuns },
      );
    },
    fuzzTimeout(valueRuns),
  );

  it(
    'reads any form',
    () => {
      const names = fc.stringMatching(/^[a-z_]{1,12}$/).filter((name) => name !== '__proto__');
      fc.assert(
        fc.property(fc.dictionary(names, fc.string({ unit: 'grapheme' }), { minKeys: 1 }), (fields) => {
          const text = new URLSearchParams(fields).toString();
          expect(read(text)).toEqual(Object.fromEntries(new URLSearchParams(text)));
        }),
        { numRuns: valueRuns },
      );
    },
    fuzzTimeout(valueRuns),
  );

  it(
    'reads from a damaged response no identity other than the original one',
    () => {
      const openid = '0123456789ABCDEF0123456789ABCDEF';
      const good = [
        `callback( {"client_id":"100000042","openid":"${openid}"} );\n`,
        `{"access_token":"${openid}","expires_in":"7776000","openid":"${openid}"}`,
      ];
      fc.assert(
        fc.property(
          fc.constantFrom(...good),
          fc.nat(120),
          fc.nat(5),
          fc.oneof(bodyPieces, fc.string()),
          (text, at, length, other) => {
            const sent = text.slice(0, at) + other + text.slice(at + length);
            const found = read(sent)?.openid;
            // Only what is JSON without any repair names a user.
            if (typeof found === 'string') expect(found).toBe(strictly(sent)?.openid);
          },
        ),
        { numRuns: valueRuns },
      );
    },
    fuzzTimeout(valueRuns),
  );

  it(
    'returns a profile from which a user can be made, for any fields',
    () => {
      const fields = fc.constantFrom(
        'nickname',
        'gender',
        'gender_type',
        'figureurl_qq',
        'figureurl_qq_2',
        'figureurl',
        'province',
        'ret',
        'toString',
        'constructor',
      );
      const flat = fc.oneof(fc.string(), fc.webUrl(), fc.double(), fc.boolean(), fc.constant(null));
      fc.assert(
        fc.property(fc.dictionary(fields, flat), (raw) => {
          const user = toQQUser({ appId: 'a', openid: 'o' }, raw);
          expect(typeof user.nickname).toBe('string');
          if (user.avatarUrl !== undefined) expect(user.avatarUrl).toMatch(/^https?:\/\/[^\s"'<>\\]+$/i);
        }),
        { numRuns: valueRuns },
      );
    },
    fuzzTimeout(valueRuns),
  );
});

describe(`options, in ${runs} runs each,`, () => {
  const runs = fuzzRuns(300);

  const good = {
    appId: '100000042',
    appKey: 'made-up-app-key-0123456789abcdef',
    redirectUri: 'https://www.example.com/auth/qq/callback',
  };

  const names = [
    ...['appId', 'appKey', 'redirectUri', 'graphUrl', 'basePath', 'callbackPath', 'scope', 'unionid', 'display'],
    ...[
      'defaultReturnTo',
      'allowedReturnOrigins',
      'cancelUrl',
      'onLogin',
      'onEvent',
      'logout',
      'tokens',
      'encryptionKey',
    ],
    ...['lock', 'timeoutMs', 'client', 'axios', '__proto__', 'constructor', 'appid', 'AppKey'],
  ];

  // Long enough to be told from the words of a message.
  const marked = fc.string({ minLength: 1 }).map((text) => `MARK-${text}-MARK`);

  const values = fc.oneof(
    marked,
    marked.map((text) => `https://${text}`),
    marked.map((text) => `/${text}`),
    marked.map((text) => [text]),
    fc.webUrl(),
    fc.anything(),
    fc.constantFrom(
      '',
      '/',
      '//',
      'https://user:MARK-secret-MARK@example.com/cb',
      'https://example.com/#MARK-x-MARK',
      0,
      -1,
      1.5,
      NaN,
    ),
  );

  /** Makes a router or a client: it works, or says what is wrong without a value that it was given. */
  function make(build: () => unknown): void {
    try {
      expect(typeof build()).toMatch(/function|object/);
    } catch (error) {
      expect(error).toBeInstanceOf(QQConfigurationError);
      expect((error as QQConfigurationError).status).toBe(500);
      expect(String(error)).not.toContain('MARK-');
      expect(String(error)).not.toContain(good.appKey);
    }
  }

  beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));

  it(
    'create a router, or throw one error that names no value',
    () => {
      const options = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 6 });
      fc.assert(
        fc.property(options, fc.boolean(), (changed, complete) => {
          make(() => qqConnect({ ...(complete && good), ...changed }));
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'create a client, or throw one error that names no value',
    () => {
      const options = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 6 });
      fc.assert(
        fc.property(options, (changed) => make(() => new QQConnectClient({ ...good, ...changed }))),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'that are no object throw one error',
    () => {
      fc.assert(
        fc.property(fc.anything(), (options) => make(() => qqConnect(options as QQConnectOptions))),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
