import { createSecretKey, hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { createSealer } from '../../src/attempt/sealer.js';
import { isQQConnectError } from '../../src/client.js';
import { readCallback } from '../../src/client/callback.js';
import { later } from '../support/clock.js';
import { MADE_UP } from '../support/upstream.js';

const { code } = MADE_UP;

function thrownBy(query: string): unknown {
  try {
    readCallback(query);
  } catch (error) {
    if (isQQConnectError(error, 'request')) return error.code;
    throw error;
  }
  throw new Error('this callback was read');
}

describe('readCallback()', () => {
  it.each<[string, string]>([
    ['one state and one code', `code=${code}&state=S`],
    ['a state before the code', `state=S&code=${code}`],
    ['an empty msg beside the code', `code=${code}&state=S&msg=`],
    ['usercancel=0 beside the code', `code=${code}&state=S&usercancel=0`],
    ['an empty usercancel', `code=${code}&state=S&usercancel=`],
    ['usercancel=00', `code=${code}&state=S&usercancel=00`],
    ['a query of redirectUri in GBK', `from=%CA%D7%D2%B3&code=${code}&state=S`],
    ['a parameter that QQ does not document, twice', `a=1&a=2&code=${code}&state=S`],
  ])('returns the code of a query with %s', (_what, query) => {
    expect(readCallback(query)).toEqual({ state: 'S', result: { kind: 'code', code } });
  });

  it('returns the error of QQ if the query has a code as well', () => {
    expect(readCallback(`error=100008&code=${code}&state=S`).result).toMatchObject({ error: { qqCode: 100008 } });
  });

  it('returns a code of digits if there is no msg', () => {
    expect(readCallback('code=123&state=S').result).toEqual({ kind: 'code', code: '123' });
  });

  it.each<[string, string]>([
    ['usercancel=1', 'usercancel=1&state=S'],
    ['usercancel=2 and a code', `usercancel=2&code=${code}&state=S`],
    ['usercancel=true', 'usercancel=true&state=S'],
    ['error=access_denied', 'error=access_denied&state=S'],
    [
      'access_denied and a description in GBK',
      'error=access_denied&error_description=%D3%C3%BB%A7%C8%A1%CF%FB&state=S',
    ],
    ['usercancel and a msg in GBK', 'usercancel=1&msg=%D3%C3%BB%A7%C8%A1%CF%FB&state=S'],
  ])('returns a cancel for %s', (_what, query) => {
    expect(readCallback(query)).toEqual({ state: 'S', result: { kind: 'cancelled' } });
  });

  it.each<[string, string, number | string]>([
    ['the new form', 'error=100008&error_description=app+not+found&state=S', 100008],
    ['the old form', 'code=100008&msg=app+not+found&state=S', 100008],
    ['a description in GBK', 'error=100008&error_description=%D3%A6%D3%C3&state=S', 100008],
    ['a msg in GBK', 'code=100008&msg=%D3%A6%D3%C3&state=S', 100008],
    ['a description with line breaks', 'error=100008&error_description=a%0D%0Ab&state=S', 100008],
    ['a word', 'error=server_error&state=S', 'server_error'],
  ])('returns the error of QQ in %s', (_what, query, qqCode) => {
    const { result } = readCallback(query);
    expect(result).toMatchObject({
      kind: 'failed',
      error: { code: 'ERR_QQ_RESPONSE', step: 'callback', endpoint: '/oauth2.0/authorize', qqCode },
    });
  });

  it('returns a description on one line, without anything that looks like a secret', () => {
    const { result } = readCallback(`error=100008&error_description=${code}%0D%0Ax&state=S`);
    expect(result).toMatchObject({ error: { qqMessage: '[redacted] x' } });
  });

  it.each([
    ['neither code nor error', 'state=S'],
    ['an empty code', 'code=&state=S'],
    ['an empty error beside a code', `error=&code=${code}&state=S`],
    ['two codes', `code=${code}&code=${code}&state=S`],
    ['two errors', 'error=100008&error=access_denied&state=S'],
    ['a code in an array', `code[]=${code}&state=S`],
    ['a control character in the code', 'code=a%00b&state=S'],
    ['a control character in another parameter', `code=${code}&msg=%1b[31m&state=S`],
    ['a control character in a name', `code=${code}&a%07=b&state=S`],
    ['a code that is no UTF-8', 'code=%ff%fe&state=S'],
    ['an error that is no UTF-8', 'error=%ff%fe&state=S'],
    ['an error with a control character', 'error=a%00b&state=S'],
  ])('returns ERR_QQ_CALLBACK_INVALID, to be thrown after the state was compared, for %s', (_what, query) => {
    expect(readCallback(query)).toMatchObject({
      state: 'S',
      result: { kind: 'failed', error: { code: 'ERR_QQ_CALLBACK_INVALID', kind: 'request', status: 400 } },
    });
  });

  it.each([
    ['no state', `code=${code}`, 'ERR_QQ_STATE_MISSING'],
    ['an empty state', `code=${code}&state=`, 'ERR_QQ_STATE_MISSING'],
    ['two states', `code=${code}&state=S&state=S`, 'ERR_QQ_STATE_UNKNOWN'],
    ['4,097 characters', `code=${'A'.repeat(4_084)}&state=S`, 'ERR_QQ_CALLBACK_INVALID'],
    ['a percent sign without digits', 'code=%&state=S', 'ERR_QQ_CALLBACK_INVALID'],
    ['an escape of the old JavaScript form', 'code=%u0041&state=S', 'ERR_QQ_CALLBACK_INVALID'],
  ])('throws for a query with %s', (_what, query, expected) => {
    expect(thrownBy(query)).toBe(expected);
  });
});

const SECRET = 'a secret of this test';

const PURPOSE = 'login attempt';

const HEADER = { alg: 'dir', enc: 'A256GCM' };

const key = createSecretKey(Buffer.from(hkdfSync('sha256', SECRET, 'express-qq-connect', PURPOSE, 32)));

const content = { state: 'x'.repeat(43), returnTo: '/搜索?q=茶' };

describe('createSealer()', () => {
  it('writes a JWE that jose decrypts', async () => {
    const { payload, protectedHeader } = await jwtDecrypt(createSealer([SECRET], PURPOSE).seal(content, 600), key);
    expect(protectedHeader).toEqual(HEADER);
    expect(payload).toEqual({ ...content, exp: expect.any(Number) });
  });

  it('opens a JWE that jose encrypted', async () => {
    const sealed = await new EncryptJWT(content).setProtectedHeader(HEADER).setExpirationTime('10m').encrypt(key);
    expect(createSealer([SECRET], PURPOSE).open(sealed)).toMatchObject(content);
  });

  it('opens a JWE within its lifetime only, and one without a lifetime at any time', async () => {
    const sealer = createSealer([SECRET], PURPOSE);
    const [limited, unlimited] = [sealer.seal(content, 600), sealer.seal(content)];
    expect(sealer.open(limited)).toMatchObject(content);
    await later(600_000, async () => {
      expect(sealer.open(limited)).toBeUndefined();
      expect(sealer.open(unlimited)).toEqual(content);
    });
  });

  it('opens with each secret of a list, and encrypts with the first', () => {
    const [older, newer] = [createSealer(['old'], PURPOSE), createSealer(['new', 'old'], PURPOSE)];
    expect(newer.open(older.seal(content))).toEqual(content);
    expect(older.open(newer.seal(content))).toBeUndefined();
  });
});
