import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isQQConnectError, parseQQBody } from '../../src/index.js';
import { toQQUser } from '../../src/protocol/profile.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';

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
