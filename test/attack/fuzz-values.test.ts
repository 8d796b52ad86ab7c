import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { QQConfigurationError, QQConnectClient, isQQConnectError, parseQQBody, qqConnect } from '../../src/index.js';
import { toQQUser } from '../../src/protocol/profile.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';
import type { QQConnectOptions } from '../../src/index.js';

const runs = fuzzRuns(500);

const pieces = fc.constantFrom(
  ...['callback', '(', ')', ');', '{', '}', '[', ']', '"', ':', ',', '=', '&', '%', '\\', '\\u005f', '\ufeff', '\n'],
  ...['openid', '"openid":"0123456789ABCDEF0123456789ABCDEF"', 'access_token', '__proto__', 'constructor', 'error'],
  ...['1e999', '-0', 'null', 'true', '100016', '<html>', '//', '/*', '\u0000', '\u2028', 'ret', '{"ret":0}', '中文'],
);

const soup = fc
  .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 40 })
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

describe(`the decoder, in ${runs} runs each,`, () => {
  afterEach(() => expect(Object.keys(Object.prototype)).toEqual([]));

  it(
    'reads any text, or says that it cannot',
    () => {
      fc.assert(
        fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => void read(text)),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'reads whatever JSON can say out of all the forms that QQ has for it',
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
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'reads whatever a form can say',
    () => {
      const names = fc.stringMatching(/^[a-z_]{1,12}$/).filter((name) => name !== '__proto__');
      fc.assert(
        fc.property(fc.dictionary(names, fc.string({ unit: 'grapheme' }), { minKeys: 1 }), (fields) => {
          const text = new URLSearchParams(fields).toString();
          expect(read(text)).toEqual(Object.fromEntries(new URLSearchParams(text)));
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'finds in a damaged answer no identity but the one that was sent',
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
          fc.oneof(pieces, fc.string()),
          (text, at, length, other) => {
            const sent = text.slice(0, at) + other + text.slice(at + length);
            const found = read(sent)?.openid;
            // Only what is JSON without any repair names a user.
            if (typeof found === 'string') expect(found).toBe(strictly(sent)?.openid);
          },
        ),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'gives a profile that makes a user, whatever is in it',
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
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
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
    'make a router or one clear error that names no value',
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
    'make a client or one clear error that names no value',
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
    'that are no options at all are one clear error',
    () => {
      fc.assert(
        fc.property(fc.anything(), (options) => make(() => qqConnect(options as QQConnectOptions))),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
