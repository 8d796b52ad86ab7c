import { describe, expect, it } from '@jest/globals';
import {
  isQQAvatarUrl,
  parseAvatarUrl,
  qqAppAvatarUrl,
  qqAvatarUrl,
  qqGroupAvatarUrl,
  qqHeadimgUrl,
  withAvatarSize,
} from '../../src/avatars.js';

const KEY = 'MadeUpKey0MadeUpKey0MadeUpKey0';
const OPENID = '0123456789ABCDEF0123456789ABCDEF';

describe('building avatar URLs', () => {
  it('names a user by number or by key', () => {
    expect(qqAvatarUrl({ uin: '9990000001' })).toBe('https://q.qlogo.cn/g?b=qq&nk=9990000001&s=100');
    expect(qqAvatarUrl({ uin: 9990000001 }, { size: 640 })).toBe('https://q.qlogo.cn/g?b=qq&nk=9990000001&s=640');
    expect(qqAvatarUrl({ key: KEY }, { size: 0, host: 'q3' })).toBe(`https://q3.qlogo.cn/g?b=qq&k=${KEY}&s=0`);
  });

  it.each([0, 1, 2, 3, 4, 5, 40, 100, 140, 160, 640] as const)('builds the size or code %s', (size) => {
    expect(qqAvatarUrl({ uin: '12345' }, { size })).toBe(`https://q.qlogo.cn/g?b=qq&nk=12345&s=${size}`);
    expect(qqHeadimgUrl('12345', { size })).toBe(`https://q.qlogo.cn/headimg_dl?dst_uin=12345&spec=${size}`);
    const pixels = [0, 40, 40, 100, 140, 640][size] ?? size;
    expect(parseAvatarUrl(qqAvatarUrl({ uin: '12345' }, { size }))?.size).toBe(pixels);
    expect(parseAvatarUrl(qqHeadimgUrl(12345, { size }))).toMatchObject({ kind: 'headimg', size: pixels });
  });

  it('names a user by application and openid, and a group by number', () => {
    expect(qqAppAvatarUrl({ appId: '100000042', openid: OPENID }, { size: 140 })).toBe(
      `https://thirdqq.qlogo.cn/qqapp/100000042/${OPENID}/140`,
    );
    expect(qqGroupAvatarUrl(9990000002)).toBe('https://p.qlogo.cn/gh/9990000002/9990000002/100');
  });

  it('spreads avatars over the five hosts, the same avatar always on the same one', () => {
    const numbers = Array.from({ length: 500 }, (_, index) => String(9990000000 + index));
    const hostOf = (uin: string, size: 40 | 640) => new URL(qqAvatarUrl({ uin }, { host: 'auto', size })).hostname;
    const counts = new Map<string, number>();
    for (const uin of numbers) {
      expect(hostOf(uin, 40)).toBe(hostOf(uin, 640));
      counts.set(hostOf(uin, 40), (counts.get(hostOf(uin, 40)) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['q', 'q1', 'q2', 'q3', 'q4'].map((name) => `${name}.qlogo.cn`));
    expect(Math.min(...counts.values())).toBeGreaterThan(50);
  });

  it.each([
    ['uin', () => qqAvatarUrl({ uin: '1234' })],
    ['uin', () => qqAvatarUrl({ uin: '012345' })],
    ['uin', () => qqAvatarUrl({ uin: '123456789012' })],
    ['uin', () => qqAvatarUrl({ uin: '12345&k=x' })],
    ['uin', () => qqAvatarUrl({ uin: '12345\n' })],
    ['uin', () => qqAvatarUrl({ uin: 12345.5 })],
    ['key', () => qqAvatarUrl({ key: 'short' })],
    ['key', () => qqAvatarUrl({ key: `${KEY}&nk=12345` })],
    ['size', () => qqAvatarUrl({ uin: '12345' }, { size: 99 as 100 })],
    ['size', () => qqAvatarUrl({ uin: '12345' }, { size: 6 as 5 })],
    ['size', () => qqHeadimgUrl('12345', { size: 30 as 40 })],
    ['uin', () => qqHeadimgUrl('x')],
    ['host', () => qqAvatarUrl({ uin: '12345' }, { host: 'evil.example/' as 'q' })],
    ['appId', () => qqAppAvatarUrl({ appId: '../x', openid: OPENID })],
    ['openid', () => qqAppAvatarUrl({ appId: '1', openid: 'a/b' })],
    ['appId', () => qqAppAvatarUrl({} as { appId: string; openid: string })],
    ['openid', () => qqAppAvatarUrl({ appId: '1' } as { appId: string; openid: string })],
    ['size', () => qqAppAvatarUrl({ appId: '1', openid: OPENID }, { size: 0 as 40 })],
    ['group', () => qqGroupAvatarUrl('x')],
    ['size', () => qqGroupAvatarUrl('12345', { size: 140 as 100 })],
  ])('refuses a wrong %s with a RangeError that names it', (name, build) => {
    expect(build).toThrow(RangeError);
    expect(build).toThrow(new RegExp(`^${name} must be`));
  });
});

describe('reading avatar URLs', () => {
  it.each([
    ['https://q.qlogo.cn/g?b=qq&nk=12345&s=100', { kind: 'qq', uin: '12345', size: 100 }],
    ['https://q4.qlogo.cn/g?b=qq&nk=12345&s=5', { kind: 'qq', uin: '12345', size: 640 }],
    ['https://q2.qlogo.cn/g?b=qq&nk=12345&s=160', { kind: 'qq', uin: '12345', size: 160 }],
    [`https://q1.qlogo.cn/g?b=qq&k=${KEY}&s=0`, { kind: 'qq', key: KEY, size: 0 }],
    ['https://q.qlogo.cn/headimg_dl?dst_uin=12345&spec=140', { kind: 'headimg', uin: '12345', size: 140 }],
    [`http://thirdqq.qlogo.cn/qqapp/101/${OPENID}/40`, { kind: 'app', appId: '101', openid: OPENID, size: 40 }],
    ['http://thirdqq.qlogo.cn/g?b=oidb&k=Ab&kti=Zz&s=640&t=1', { kind: 'snapshot', key: 'Ab', size: 640 }],
    ['http://thirdqq.qlogo.cn/ek_qqapp/AQabc/def/100', { kind: 'snapshot', key: 'AQabc/def', size: 100 }],
    ['https://qh.qlogo.cn/ek_qqthird/AQabc/0', { kind: 'snapshot', key: 'AQabc', size: 0 }],
    [`http://qzapp.qlogo.cn/qzapp/101/${OPENID}/50`, { kind: 'qzapp', appId: '101', openid: OPENID, size: 50 }],
    [`https://thirdqq.qlogo.cn/g?b=sdk&k=${KEY}&kti=Zz&s=140&t=1`, { kind: 'qq', key: KEY, size: 140 }],
    ['http://thirdqq.qlogo.cn/headimg_dl?dst_uin=12345&spec=4', { kind: 'headimg', uin: '12345', size: 140 }],
    ['https://qlogo.store.qq.com/qzone/12345/12345/100', { kind: 'qzone', uin: '12345', size: 100 }],
    ['https://p.qlogo.cn/gh/12345/12345_7/100/', { kind: 'group', group: '12345', cover: '7', size: 100 }],
    ['https://p.qlogo.cn/gh/12345/12345/640/', { kind: 'group', group: '12345', size: 640 }],
    [`https://thirdqq.qlogo.cn/qqapp/101/${OPENID}/100/`, { kind: 'app', appId: '101', openid: OPENID, size: 100 }],
    ['https://thirdqq.qlogo.cn/ek_qqapp/AQabc/def/100/', { kind: 'snapshot', key: 'AQabc/def', size: 100 }],
    ['https://p.qlogo.cn/gh/12345/12345/40', { kind: 'group', group: '12345', size: 40 }],
    ['https://qlogo3.store.qq.com/qzone/12345/12345/30', { kind: 'qzone', uin: '12345', size: 30 }],
  ])('reads %s', (url, expected) => {
    expect(parseAvatarUrl(url)).toEqual({ host: new URL(url).hostname, ...expected });
    expect(isQQAvatarUrl(url)).toBe(true);
  });

  it.each([
    'https://q.qlogo.cn.evil.example/g?b=qq&nk=12345&s=100',
    'https://evil.example/q.qlogo.cn/g?b=qq&nk=12345',
    'https://evilq.qlogo.cn/g?b=qq&nk=12345&s=100',
    'https://q5.qlogo.cn/g?b=qq&nk=12345&s=100',
    'https://q.qlogo.cn:8443/g?b=qq&nk=12345&s=100',
    'https://q.qlogo.cn@evil.example/g?b=qq&nk=12345&s=100',
    'https://user@q.qlogo.cn/g?b=qq&nk=12345&s=100',
    'https://q.qlogo.cn./g?b=qq&nk=12345&s=100',
    'ftp://q.qlogo.cn/g?b=qq&nk=12345&s=100',
    'https://q.qlogo.cn/other?nk=12345',
    'https://q.qlogo.cn/g?b=qq&nk=1&s=100',
    'https://p.qlogo.cn/gh/12345/54321/40',
    'https://p.qlogo.cn/gh/12345/54321_7/40/',
    'https://p.qlogo.cn/gh/12345/12345_x/40/',
    'https://p.qlogo.cn/gh/12345/12345/40//',
    'https://qlogo5.store.qq.com/qzone/12345/12345/100',
    'https://qlogo.store.qq.com.evil.example/qzone/12345/12345/100',
    'https://thirdqq.qlogo.cn/g?b=sdk&s=100',
    `https://q.qlogo.cn/g?b=qq&nk=12345&s=100&x=${'y'.repeat(2_048)}`,
    'https://thirdqq.qlogo.cn/qqapp/101/x/y/40',
    '/g?b=qq&nk=12345',
    '',
  ])('takes %p for no avatar URL', (url) => {
    expect(isQQAvatarUrl(url)).toBe(false);
    expect(parseAvatarUrl(url)).toBeUndefined();
  });

  it('reads back what it builds', () => {
    expect(parseAvatarUrl(qqAvatarUrl({ uin: '12345' }, { host: 'auto', size: 140 }))).toMatchObject({
      uin: '12345',
      size: 140,
    });
    expect(parseAvatarUrl(new URL(qqGroupAvatarUrl('12345', { size: 0 })))).toMatchObject({ group: '12345', size: 0 });
  });
});

describe('asking for another size', () => {
  it('changes the size, keeps the rest, and goes over https', () => {
    expect(withAvatarSize('http://thirdqq.qlogo.cn/g?b=oidb&k=Ab&kti=Zz&s=100&t=7', 640)).toBe(
      'https://thirdqq.qlogo.cn/g?b=oidb&k=Ab&kti=Zz&s=640&t=7',
    );
    expect(withAvatarSize(`http://qzapp.qlogo.cn/qzapp/101/${OPENID}/100`, 30)).toBe(
      `https://qzapp.qlogo.cn/qzapp/101/${OPENID}/30`,
    );
    expect(withAvatarSize('https://q.qlogo.cn/headimg_dl?dst_uin=12345', 40)).toBe(
      'https://q.qlogo.cn/headimg_dl?dst_uin=12345&spec=40',
    );
  });

  it('keeps a trailing slash and the number of a cover', () => {
    const cover = 'https://p.qlogo.cn/gh/12345/12345_7/100/';
    expect(withAvatarSize(cover, 640)).toBe('https://p.qlogo.cn/gh/12345/12345_7/640/');
    expect(withAvatarSize(`http://thirdqq.qlogo.cn/g?b=sdk&k=${KEY}&s=40`, 160)).toBe(
      `https://thirdqq.qlogo.cn/g?b=sdk&k=${KEY}&s=160`,
    );
    expect(withAvatarSize('http://qlogo.store.qq.com/qzone/12345/12345/30', 100)).toBe(
      'https://qlogo.store.qq.com/qzone/12345/12345/100',
    );
  });

  it('does not change the URL object of the caller', () => {
    const url = new URL('http://q.qlogo.cn/g?b=qq&nk=12345&s=40');
    withAvatarSize(url, 100);
    expect(url.href).toBe('http://q.qlogo.cn/g?b=qq&nk=12345&s=40');
  });

  it('refuses a URL of more than 2,048 characters', () => {
    const url = `https://q.qlogo.cn/g?b=qq&nk=12345&s=100&x=${'y'.repeat(2_048)}`;
    expect(() => withAvatarSize(url, 40)).toThrow(RangeError);
    expect(() => withAvatarSize(new URL(url), 40)).toThrow(RangeError);
    expect(isQQAvatarUrl(url.slice(0, 2_048))).toBe(true);
  });

  it('refuses a size that the form does not have, and a URL of no avatar', () => {
    expect(() => withAvatarSize('https://p.qlogo.cn/gh/12345/12345/40', 140)).toThrow('size must be one of 0, 40');
    expect(() => withAvatarSize('https://example.com/a.png', 40)).toThrow('url must be');
    expect(() => withAvatarSize('https://example.com/a.png', 40)).toThrow(RangeError);
  });
});

describe('reading a long URL', () => {
  it.each([
    ['digits', (length: number) => `https://p.qlogo.cn/gh/${'1'.repeat(length)}`],
    ['segments', (length: number) => `https://thirdqq.qlogo.cn/ek_qqapp/${'a/'.repeat(length / 2)}`],
    ['letters without a slash', (length: number) => `https://thirdqq.qlogo.cn/ek_qqapp/${'a'.repeat(length)}/x`],
    ['slashes', (length: number) => `https://p.qlogo.cn/${'/'.repeat(length)}`],
    ['a query', (length: number) => `https://q.qlogo.cn/g?${'a=b&'.repeat(length / 4)}`],
  ])('ends at once for 1,000,000 characters of %s', (_what, urlOf) => {
    for (const length of [1_900, 2_100, 1_000_000]) {
      expect(parseAvatarUrl(urlOf(length))).toBeUndefined();
      expect(() => withAvatarSize(urlOf(length), 100)).toThrow(RangeError);
    }
  });
});
