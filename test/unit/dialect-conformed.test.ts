import { describe, expect, it } from '@jest/globals';
import { readQQError, rfc6749Error, rfc6749Token } from '../../src/protocol/dialect.js';

describe('readQQError', () => {
  it.each<[Record<string, unknown>, number | string, string]>([
    [{ error: 100016, error_description: 'access token check failed' }, 100016, 'access token check failed'],
    [{ error: '100016', error_description: 'as a string' }, 100016, 'as a string'],
    [{ error: 'invalid_grant', error_description: 'a word' }, 'invalid_grant', 'a word'],
    [{ error: 100016, msg: 'the old word' }, 100016, 'the old word'],
    [{ error: 100016 }, 100016, ''],
    [{ error: 100016, error_description: 7 }, 100016, ''],
    [{ ret: -22, msg: 'openid is invalid' }, -22, 'openid is invalid'],
    [{ ret: 1002, msg: '请先登录' }, 1002, '请先登录'],
    [{ ret: '1002', msg: 'as a string' }, 1002, 'as a string'],
    [{ ret: '-23' }, -23, ''],
    [{ ret: 100030, nickname: 'somebody' }, 100030, ''],
    [{ error: 100016, ret: 0 }, 100016, ''],
    [{ error: 0, ret: 1 }, 1, ''],
  ])('finds the error in %j', (body, qqCode, qqMessage) => {
    expect(readQQError(body)).toEqual({ qqCode, qqMessage });
  });

  it.each<[Record<string, unknown>]>([
    [{}],
    [{ ret: 0, msg: '' }],
    [{ ret: '0' }],
    [{ error: 0 }],
    [{ error: '' }],
    [{ openid: 'x' }],
  ])('finds none in %j', (body) => {
    expect(readQQError(body)).toBeUndefined();
  });
});

describe('rfc6749Error', () => {
  it.each([
    [100001, 'invalid_client'],
    [100009, 'invalid_client'],
    [100004, 'unsupported_grant_type'],
    [100010, 'invalid_request'],
    [100019, 'invalid_grant'],
    [100020, 'invalid_grant'],
    [-22, 'invalid_grant'],
    ['invalid_scope', 'invalid_scope'],
  ])('has for %p the word %s', (qqCode, word) => {
    expect(rfc6749Error(qqCode)).toBe(word);
  });
});

describe('rfc6749Token', () => {
  it.each<[unknown, number | undefined]>([
    ['7776000', 7776000],
    [7776000, 7776000],
    ['0', 0],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
    ['soon', undefined],
    [' ', undefined],
    [true, undefined],
    [[], undefined],
    [1e300, undefined],
    [-1, undefined],
  ])('reads expires_in %j', (expires_in, seconds) => {
    expect(rfc6749Token({ access_token: 'AT', expires_in })?.expires_in).toBe(seconds);
  });

  it.each(['bearer', 'Bearer', 'mac', '', 7, undefined])('ignores the token_type %j', (token_type) => {
    expect(rfc6749Token({ access_token: 'AT', token_type })).toEqual({ access_token: 'AT', token_type: 'bearer' });
  });

  it.each<[Record<string, unknown>]>([
    [{}],
    [{ access_token: '' }],
    [{ access_token: 7 }],
    [{ access_token: null }],
    [{ expires_in: 7 }],
  ])('makes none of %j', (body) => {
    expect(rfc6749Token(body)).toBeUndefined();
  });

  it('keeps what RFC 6749 and QQ know, and nothing else', () => {
    const body = { access_token: 'AT', refresh_token: 'RT', openid: 'O', id_token: 'no', scope: 'no' };
    expect(rfc6749Token(body)).toEqual({ access_token: 'AT', token_type: 'bearer', refresh_token: 'RT', openid: 'O' });
    expect(rfc6749Token({ access_token: 'AT', refresh_token: '' })).not.toHaveProperty('refresh_token');
  });

  it('leaves it to the caller to refuse an openid that is none', () => {
    for (const openid of ['', 7, null])
      expect(rfc6749Token({ access_token: 'AT', openid })).toHaveProperty('openid', openid);
  });
});
