import { describe, expect, it } from '@jest/globals';
import { signOkayapi } from '../../src/avatars.js';

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
