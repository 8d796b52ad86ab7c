import { describe, expect, it } from '@jest/globals';
import { redact } from '../../src/protocol/redact.js';

describe('redact', () => {
  it('leaves the words of QQ alone', () => {
    for (const words of [
      'redirect uri is illegal',
      '请先登录',
      "client request's parameters are invalid, invalid openid",
    ]) {
      expect(redact(words)).toBe(words);
    }
  });

  it('takes the given secrets out, wherever they stand', () => {
    expect(redact('key=s3cret,s3cret and T0KEN', ['s3cret', 'T0KEN'])).toBe('key=[redacted],[redacted] and [redacted]');
  });

  it('takes the given secrets out as a query has them, too', () => {
    const secret = 'a b+c/d&é';
    for (const spelling of [encodeURIComponent(secret), new URLSearchParams({ secret }).toString().slice(7)]) {
      expect(redact(`/me?x=${spelling} is wrong`, [secret])).toBe('/me?x=[redacted] is wrong');
    }
  });

  it('takes out what only looks like one', () => {
    expect(redact('code C0DE00112233445566778899AABBCCDD is used')).toBe('code [redacted] is used');
    expect(redact(`jwe ${'eyJh-_0'.repeat(5)}.`)).toBe('jwe [redacted].');
  });

  it('does not take every a out because a secret is one letter', () => {
    expect(redact('a bad code', ['a', ''])).toBe('a bad code');
  });

  it('gives one line without control and bidi characters, of at most 200 characters', () => {
    expect(redact('a\r\nb\u0000c\u202Ed\u2028e\u001b[31mf\u0085')).toBe('a b c d e [31mf');
    expect(redact('错误 '.repeat(200)).length).toBeLessThanOrEqual(200);
  });

  it('cuts after it has redacted, so that no half of a secret is left', () => {
    const secret = 'short-secret';
    const text = `${'x '.repeat(97)}${secret}`;
    expect(redact(text, [secret])).not.toContain('short');
  });
});
