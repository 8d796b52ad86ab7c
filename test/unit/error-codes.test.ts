import { describe, expect, it } from '@jest/globals';
import { hints } from '../../src/protocol/error-code-hints.js';
import { errorCodeTable } from '../../src/protocol/error-code-table.js';
import {
  describeQQErrorCode,
  qqErrorCodes,
  type LocalizedText,
  type QQErrorAction,
} from '../../src/protocol/error-codes.js';

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
  it.each(Object.entries(expected))('lists every code with the action %s', (action, codes) => {
    const listed = entries.filter((entry) => entry.action === action).map((entry) => entry.code);
    expect(listed).toEqual(ascending(codes));
  });

  it('lists no code beyond the documented ones', () => {
    expect([...qqErrorCodes.keys()]).toEqual(ascending(Object.values(expected).flat()));
  });

  it('allows another read exactly where a step failed at Tencent', () => {
    const retried = entries.filter((entry) => entry.retryRead).map((entry) => entry.code);
    expect(retried).toEqual(ascending(failedSteps));
  });

  it('stands in ascending order without a duplicate', () => {
    const codes = errorCodeTable.map((entry) => entry.code);
    expect(codes).toEqual(ascending([...new Set(codes)]));
    expect(qqErrorCodes.size).toBe(codes.length);
  });

  it('has every entry under its own code', () => {
    for (const [code, entry] of qqErrorCodes) expect(entry.code).toBe(code);
  });

  it.each(texts)('has the %s as whole sentences in both languages', (_, { en, zh }) => {
    expect(en).toMatch(/^\S.*\.$/);
    expect(en).not.toMatch(/ {2}|undefined/);
    expect(zh).toMatch(/^\S.*。$/);
    expect(zh).toMatch(/\p{Script=Han}{2}/u);
  });

  it.each(texts)('shows no value that could be a secret in the %s', (_, { en, zh }) => {
    for (const text of [en, zh]) expect(text).not.toMatch(/[0-9a-f]{16}|\d{7}|(key|secret|token|code)=/i);
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

  it.each([0, 100047, 100064, 999999, Number.NaN])('knows nothing about %p', (code) => {
    expect(describeQQErrorCode(code)).toBeUndefined();
  });
});
