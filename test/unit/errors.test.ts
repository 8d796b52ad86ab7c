import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as errors from '../../src/client.js';
import { hints } from '../../src/protocol/error-code-hints.js';
import { errorCodeTable } from '../../src/protocol/error-code-table.js';
import { describeQQErrorCode, qqErrorCodes } from '../../src/protocol/error-codes.js';
import { redact } from '../../src/protocol/redact.js';
import type { LocalizedText, QQErrorAction } from '../../src/protocol/error-codes.js';

const { QQConfigurationError, QQRequestError, QQResponseError, QQTransportError, QQConnectError, isQQConnectError } =
  errors;

const hint = { en: 'Do this.', zh: '请这样做。' };

const samples = {
  configuration: new QQConfigurationError('options: wrong', hint),
  transport: new QQTransportError('ERR_QQ_NETWORK', 'token: no', { step: 'token', cause: new Error('ECONNRESET') }),
  response: new QQResponseError('me: no', { code: 'ERR_QQ_RESPONSE', step: 'me', qqCode: 100016, qqMessage: 'bad' }),
  request: new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: no'),
};

const kinds = Object.keys(samples) as (keyof typeof samples)[];

describe('an error of this package', () => {
  it.each(kinds)('is of one of four kinds: %s', (kind) => {
    const error = samples[kind];
    expect(error).toBeInstanceOf(QQConnectError);
    expect(error).toBeInstanceOf(Error);
    expect(error.kind).toBe(kind);
    expect(kinds.filter((other) => isQQConnectError(error, other))).toEqual([kind]);
  });

  it.each(kinds)('has its step, status, action and a hint in two languages: %s', (kind) => {
    const error = samples[kind];
    expect(error.code).toMatch(/^ERR_QQ_[A-Z_]+$/);
    expect(error.message.startsWith(error.step) || kind === 'configuration').toBe(true);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(['login_again', 'fix_configuration', 'try_later', 'refuse_user']).toContain(error.action);
    expect(error.hint.en).toMatch(/\.$/);
    expect(error.hint.zh).toMatch(/。$/);
  });

  it('has the name of its class in a stack trace', () => {
    expect(kinds.map((kind) => String(samples[kind]).split(':')[0])).toEqual([
      'QQConfigurationError',
      'QQTransportError',
      'QQResponseError',
      'QQRequestError',
    ]);
  });

  it('has no property that QQ did not fill', () => {
    expect(samples.request).not.toHaveProperty('qqCode');
    expect(samples.request).not.toHaveProperty('qqMessage');
    expect(samples.response).not.toHaveProperty('endpoint');
    expect(samples.response.cause).toBeUndefined();
  });

  it.each<[number | string, number, string]>([
    [100016, 401, 'login_again'],
    [100010, 500, 'fix_configuration'],
    [100032, 503, 'try_later'],
    [100060, 403, 'refuse_user'],
    [100017, 502, 'login_again'],
    [1002, 401, 'login_again'],
    [-22, 500, 'fix_configuration'],
    [987654, 502, 'login_again'],
    ['invalid_client', 500, 'fix_configuration'],
    ['invalid_grant', 502, 'login_again'],
  ])('for QQ’s %p has status %i and action %s', (qqCode, status, action) => {
    const error = new QQResponseError('token: no', { code: 'ERR_QQ_RESPONSE', step: 'token', qqCode, qqMessage: '' });
    expect(error).toMatchObject({ qqCode, status, action });
  });
});

describe('isQQConnectError', () => {
  it.each([
    [new Error('other')],
    [{ code: 'ERR_QQ_RESPONSE', kind: 'response' }],
    ['ERR_QQ_RESPONSE'],
    [undefined],
    [null],
  ])('is false for %p', (value) => {
    expect(isQQConnectError(value)).toBe(false);
  });

  it('recognizes the errors of another copy of the package, by kind too', async () => {
    jest.resetModules();
    const copy = await import('../../src/client.js');
    expect(copy.QQConnectError).not.toBe(QQConnectError);
    const theirs = new copy.QQRequestError('ERR_QQ_CANCELLED', 'callback: cancelled');
    expect(theirs).not.toBeInstanceOf(QQConnectError);
    expect(isQQConnectError(theirs)).toBe(true);
    expect(isQQConnectError(theirs, 'request')).toBe(true);
    expect(isQQConnectError(theirs, 'response')).toBe(false);
    expect(copy.isQQConnectError(samples.response, 'response')).toBe(true);
  });
});

describe('the stack of an error in production', () => {
  const { NODE_ENV } = process.env;
  beforeEach(() => void (process.env.NODE_ENV = 'production'));
  afterEach(() => void (process.env.NODE_ENV = NODE_ENV));

  it('is one line below status 500, because scanners cause these', () => {
    const error = new QQRequestError('ERR_QQ_STATE_MISSING', 'callback: it has no state');
    expect(error.stack).toBe('QQRequestError: callback: it has no state');
    expect(inspect(error)).toBe(error.stack);
  });

  it('is complete from status 500', () => {
    expect(new QQConfigurationError('options: wrong', hint).stack).toMatch(/options: wrong\n {4}at /);
  });
});

describe('QQTransportError', () => {
  const failed = (code: string) =>
    new QQTransportError('ERR_QQ_NETWORK', `token: QQ could not be reached (${code})`, {
      step: 'token',
      cause: Object.assign(new Error(code), { code }),
    });

  it.each([
    ['ENOTFOUND', 'try_later', /DNS/],
    ['EAI_AGAIN', 'try_later', /DNS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'fix_configuration', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'fix_configuration', /NODE_EXTRA_CA_CERTS/],
    ['CERT_NOT_YET_VALID', 'fix_configuration', /NTP/],
    ['CERT_HAS_EXPIRED', 'fix_configuration', /NTP/],
    ['ECONNRESET', 'try_later', /firewall/],
  ])('has a hint and an action for %s: %s', (code, action, words) => {
    const error = failed(code);
    expect(error).toMatchObject({ status: 502, action });
    expect(error.hint.en).toMatch(words);
  });
});

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Tencent's own steps: the user logs in again, after one more try of a read. */
const failedSteps: readonly number[] = [
  100017,
  ...range(100023, 100027),
  ...[100033, 100034],
  ...range(100054, 100056),
  ...[100063, 100065],
  ...range(110500, 110503),
  ...[110506, 110508],
];

const expected: Readonly<Record<QQErrorAction, readonly number[]>> = {
  login_again: [
    ...[-24, -23, -21, -20, 1002],
    ...range(100013, 100016),
    ...range(100018, 100022),
    ...[100030, 100035, 100036, 100037, 100038, 100039, 100042, 100045, 100046, 100067, 100068],
    ...[110201, 110509],
    ...failedSteps,
  ],
  fix_configuration: [
    ...[-22, -10, -9, -8, -7, -5, -4, -3, -2, -1, 1, 1000, 21006],
    ...range(100000, 100012),
    ...[100028, 100029, 100031, 100040, 100041, 100043, 100044],
    ...range(100048, 100053),
    ...[100057, 100058, 100059, 100061, 100066],
    ...[110401, 110404, 110406, 110407, 110505, 110507, 110510],
  ],
  try_later: [-60, -58, -6, 1001, 100032, 100062, 110405, 110504],
  refuse_user: [2, 1003, 1006, 100060],
};

const ascending = (codes: readonly number[]): number[] => [...codes].sort((a, b) => a - b);

const entries = [...qqErrorCodes.values()];

const texts = entries.flatMap(({ code, meaning, hint }): [string, LocalizedText][] => [
  [`meaning of ${code}`, meaning],
  [`hint of ${code}`, hint],
]);

describe('the table of QQ’s error codes', () => {
  it.each(Object.entries(expected))('contains the codes with the action %s', (action, codes) => {
    const listed = entries.filter((entry) => entry.action === action).map((entry) => entry.code);
    expect(listed).toEqual(ascending(codes));
  });

  it('lists no code beyond the documented ones', () => {
    expect([...qqErrorCodes.keys()]).toEqual(ascending(Object.values(expected).flat()));
  });

  it('allows another request only if a step failed at Tencent', () => {
    const retried = entries.filter((entry) => entry.retryRead).map((entry) => entry.code);
    expect(retried).toEqual(ascending(failedSteps));
  });

  it('is in ascending order without a duplicate', () => {
    const codes = errorCodeTable.map((entry) => entry.code);
    expect(codes).toEqual(ascending([...new Set(codes)]));
    expect(qqErrorCodes.size).toBe(codes.length);
  });

  it('has every entry under its own code', () => {
    for (const [code, entry] of qqErrorCodes) expect(entry.code).toBe(code);
  });

  it('has each text as whole sentences in both languages', () => {
    const offenders = texts.filter(
      ([, { en, zh }]) =>
        !/^\S.*\.$/.test(en) || / {2}|undefined/.test(en) || !/^\S.*。$/.test(zh) || !/\p{Script=Han}{2}/u.test(zh),
    );
    expect(offenders).toEqual([]);
  });

  it('has no text with a value that could be a secret', () => {
    const secret = /[0-9a-f]{16}|\d{7}|(key|secret|token|code)=/i;
    expect(texts.filter(([, { en, zh }]) => secret.test(en) || secret.test(zh))).toEqual([]);
  });

  it('uses every hint', () => {
    const used = new Set(entries.map((entry) => entry.hint));
    expect(Object.entries(hints).filter(([, hint]) => !used.has(hint))).toEqual([]);
  });

  it.each([
    [100008, 'QQ_APP_ID'],
    [100009, 'QQ_APP_KEY'],
    [100010, 'QQ_REDIRECT_URI'],
    [100030, 'scope'],
    [100048, 'unionid'],
    [100049, 'unionid'],
    [-7, 'QQ_GRAPH_URL'],
  ])('names for %i the setting %s, in both languages', (code, setting) => {
    const { hint } = describeQQErrorCode(code) ?? {};
    expect(hint?.en).toContain(setting);
    expect(hint?.zh).toContain(setting);
  });
});

describe('describeQQErrorCode', () => {
  it('finds a code of the OAuth endpoints', () => {
    expect(describeQQErrorCode(100020)).toMatchObject({ code: 100020, action: 'login_again' });
  });

  it('finds a ret of an API, negative or positive', () => {
    expect(describeQQErrorCode(-22)?.action).toBe('fix_configuration');
    expect(describeQQErrorCode(1002)?.action).toBe('login_again');
  });

  it.each([0, 100047, 100064, 999999, Number.NaN])('returns undefined for %p', (code) => {
    expect(describeQQErrorCode(code)).toBeUndefined();
  });
});

describe('redact', () => {
  it('returns messages of QQ unchanged', () => {
    for (const words of [
      'redirect uri is illegal',
      '请先登录',
      "client request's parameters are invalid, invalid openid",
    ]) {
      expect(redact(words)).toBe(words);
    }
  });

  it('replaces the given secrets anywhere in the text', () => {
    expect(redact('key=s3cret,s3cret and T0KEN', ['s3cret', 'T0KEN'])).toBe('key=[redacted],[redacted] and [redacted]');
  });

  it('replaces the given secrets also in percent-encoded form', () => {
    const secret = 'a b+c/d&é';
    for (const spelling of [encodeURIComponent(secret), new URLSearchParams({ secret }).toString().slice(7)]) {
      expect(redact(`/me?x=${spelling} is wrong`, [secret])).toBe('/me?x=[redacted] is wrong');
    }
  });

  it('replaces a value that has the form of a token', () => {
    expect(redact('code C0DE00112233445566778899AABBCCDD is used')).toBe('code [redacted] is used');
    expect(redact(`jwe ${'eyJh-_0'.repeat(5)}.`)).toBe('jwe [redacted].');
  });

  it('ignores secrets of one letter or none', () => {
    expect(redact('a bad code', ['a', ''])).toBe('a bad code');
  });

  it('returns one line without control and bidi characters, of at most 200 characters', () => {
    expect(redact('a\r\nb\u0000c\u202Ed\u2028e\u001b[31mf\u0085')).toBe('a b c d e [31mf');
    expect(redact('错误 '.repeat(200)).length).toBeLessThanOrEqual(200);
  });

  it('shortens the text after the secrets are replaced', () => {
    const secret = 'short-secret';
    const text = `${'x '.repeat(97)}${secret}`;
    expect(redact(text, [secret])).not.toContain('short');
  });
});
