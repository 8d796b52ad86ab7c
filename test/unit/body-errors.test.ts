import { describe, expect, it } from '@jest/globals';
import { readQQError } from '../../src/protocol/body.js';

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
    [{ ret: 100030, nickname: 'a nickname' }, 100030, ''],
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
