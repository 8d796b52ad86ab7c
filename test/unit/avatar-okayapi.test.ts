import { describe, expect, it } from '@jest/globals';
import { signOkayapi, verifyOkayapi } from '../../src/avatars.js';
import { createHash } from 'node:crypto';

const credentials = { appKey: '0123456789ABCDEF0123456789ABCDEF', appSecret: 'test_secret' };
const parameters = {
  s: 'App.QQ.UserImage',
  app_key: credentials.appKey,
  qq: '376741929',
  size: '40',
  output: '0',
  return_data: '0',
};

describe('the signature of the okayapi form', () => {
  it('is the one of the test vector', () => {
    expect(signOkayapi(parameters, credentials.appSecret)).toBe('A4A95CEAB7E05EE56EB4256596076851');
  });

  it('does not depend on the order of the parameters or on sign itself, but on every value', () => {
    const reversed = Object.fromEntries(Object.entries({ ...parameters, sign: 'x' }).reverse());
    expect(signOkayapi(reversed, credentials.appSecret)).toBe('A4A95CEAB7E05EE56EB4256596076851');
    for (const name of Object.keys(parameters)) {
      const changed = signOkayapi({ ...parameters, [name]: 'changed' }, credentials.appSecret);
      expect(changed).not.toBe('A4A95CEAB7E05EE56EB4256596076851');
    }
    expect(signOkayapi({ ...parameters, extra: '1' }, credentials.appSecret)).not.toBe(
      'A4A95CEAB7E05EE56EB4256596076851',
    );
  });

  it('sorts names by bytes, not as words', () => {
    expect(signOkayapi({ b: '1', B: '2', _: '3', é: '4', z: '5' }, 's')).toBe(
      signOkayapi({ B: '2', _: '3', b: '1', z: '5', é: '4' }, 's'),
    );
    // B, _, b, z, é: md5('23154s')
    expect(signOkayapi({ b: '1', B: '2', _: '3', é: '4', z: '5' }, 's')).toBe('0F651D8FB02D73DB2F6A8180168FB9F7');
  });
});

describe('verifyOkayapi()', () => {
  const secret = 'test_secret';
  const authOf = (data: string, seconds: number): string =>
    createHash('md5').update(`${data}${seconds}${secret}`).digest('hex');
  const answerOf = (data: string, auth = authOf(data, 1683778302)): string =>
    `{"ret":200,"data":${data},"msg":"","_t":1683778302,"_auth":"${auth}"}`;

  it.each([
    '{}',
    '{"err_code":0,"err_msg":"","img":"iVBORw0KGgo="}',
    '{"err_code":0,"err_msg":"\\u4e0d, \\"data\\":1}","img":"a\\/b"}',
    '{"list":[{"data":1},[2,"}"]],"n":-1.5e3}',
    '[1,2]',
    'null',
    '"text"',
  ])('accepts data as it was sent: %s', (data) => {
    expect(verifyOkayapi(answerOf(data), secret)).toBe(true);
    expect(verifyOkayapi(answerOf(data), 'another secret')).toBe(false);
    const reordered = `{ "_auth" : "${authOf(data, 7)}", "_t": 7, "data" : ${data} , "ret":200 }`;
    expect(verifyOkayapi(reordered, secret)).toBe(true);
  });

  it('rejects data that was changed, and a second data, which JSON.parse() would return', () => {
    const answer = answerOf('{"img":"a"}');
    expect(verifyOkayapi(answer.replace('"a"', '"b"'), secret)).toBe(false);
    expect(verifyOkayapi(answer.replace('1683778302', '1683778303'), secret)).toBe(false);
    expect(verifyOkayapi(answer.replace(/\}$/, ',"data":{"img":"b"}}'), secret)).toBe(false);
    expect(verifyOkayapi(answer.replace(/\}$/, ',"d\\u0061ta":{"img":"b"}}'), secret)).toBe(false);
  });

  it.each(['', 'x', 'null', '[]', '{}', '{"_auth":"x"}', '{"data":{},"_t":1}', '{"err_code":0,"img":""}'])(
    'returns false for %p',
    (text) => expect(verifyOkayapi(text, secret)).toBe(false),
  );

  it('reads a response of 2 MiB', () => {
    const data = `{"img":"${'A'.repeat(2 * 1024 * 1024)}"}`;
    expect(verifyOkayapi(answerOf(data), secret)).toBe(true);
  });
});

describe('the ambiguity of the signature', () => {
  it('is documented: values are concatenated without their names', () => {
    expect(signOkayapi({ qq: '12345', size: '40' }, 's')).toBe(signOkayapi({ qq: '1234', size: '540' }, 's'));
  });
});
