import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  isQQAvatarUrl,
  parseAvatarUrl,
  qqAppAvatarUrl,
  qqAvatarUrl,
  qqAvatars,
  qqGroupAvatarUrl,
  qqHeadimgUrl,
  signOkayapi,
  verifyOkayapi,
  withAvatarSize,
} from '../../src/avatars.js';
import { AvatarCache } from '../../src/avatars/avatar-cache.js';
import { isQlogoHost, permittedTarget, sandboxOrigin, servesImageHosts } from '../../src/avatars/hosts.js';
import { readImage } from '../../src/avatars/image-type.js';
import { drawLetter, initialOf } from '../../src/avatars/letter.js';
import { MissLimiter } from '../../src/avatars/miss-limiter.js';
import { resolveAvatarsOptions } from '../../src/avatars/options.js';
import { candidatesFor, candidatesForUser } from '../../src/avatars/sources.js';
import { gifOf, pngOf, vp8Of } from '../fixtures/avatar-files.js';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { realImages } from '../fixtures/avatar-images.js';
import type { QQAvatarsOptions } from '../../src/avatars.js';
import type { Loaded } from '../../src/avatars/avatar-cache.js';
import type { AvatarImage, AvatarSource } from '../../src/avatars/types.js';

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
  ])('returns no avatar for %p', (url) => {
    expect(isQQAvatarUrl(url)).toBe(false);
    expect(parseAvatarUrl(url)).toBeUndefined();
  });

  it('reads the URLs that qqAvatarUrl() and qqGroupAvatarUrl() return', () => {
    expect(parseAvatarUrl(qqAvatarUrl({ uin: '12345' }, { host: 'auto', size: 140 }))).toMatchObject({
      uin: '12345',
      size: 140,
    });
    expect(parseAvatarUrl(new URL(qqGroupAvatarUrl('12345', { size: 0 })))).toMatchObject({ group: '12345', size: 0 });
  });
});

describe('asking for another size', () => {
  it('changes the size, keeps the rest of the URL, and uses https', () => {
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

describe('the URLs that an image is fetched from', () => {
  it('are the requested size, then 100 px, then the second source', () => {
    expect(candidatesFor({ uin: '12345' }, 640)).toEqual([
      ['https://q.qlogo.cn/g?b=qq&nk=12345&s=640', 'https://q.qlogo.cn/g?b=qq&nk=12345&s=100'],
      ['https://q.qlogo.cn/headimg_dl?dst_uin=12345&spec=640'],
    ]);
    expect(candidatesFor({ appId: '101', openid: OPENID }, 100)).toEqual([
      [`https://thirdqq.qlogo.cn/qqapp/101/${OPENID}/100`],
      [`https://qzapp.qlogo.cn/qzapp/101/${OPENID}/100`],
    ]);
    expect(candidatesFor({ group: 12345 }, 140)).toEqual([
      ['https://p.qlogo.cn/gh/12345/12345/640', 'https://p.qlogo.cn/gh/12345/12345/100'],
    ]);
    const [first, second] = candidatesFor({ key: KEY }, 40);
    expect(first?.[0]).toMatch(/^https:\/\/q[1-4]?\.qlogo\.cn\/g\?b=qq&k=MadeUp\w+&s=40$/);
    expect(second).toHaveLength(1);
    expect(new URL(second?.[0] ?? '').hostname).not.toBe(new URL(first?.[0] ?? '').hostname);
  });

  it('are on the host that the QQ number or ID selects', () => {
    const hosts = new Set<string>();
    for (let uin = 12_345; uin < 12_445; uin++) hosts.add(new URL(candidatesFor({ uin }, 100)[0]?.[0] ?? '').hostname);
    expect(hosts.size).toBe(5);
  });

  it('are those of the sandbox if a sandbox is used', () => {
    const sandbox = 'http://127.0.0.1:9010';
    for (const source of [{ uin: '12345' }, { key: KEY }, { group: '12345' }, { appId: '101', openid: OPENID }]) {
      for (const url of candidatesFor(source, 640, sandbox).flat()) expect(new URL(url).origin).toBe(sandbox);
    }
  });

  it('use https and a size of that URL form for a URL of a login', () => {
    const url = `http://qzapp.qlogo.cn/qzapp/101/${OPENID}/30`;
    const sizes = [100, 30].map((size) => `https://qzapp.qlogo.cn/qzapp/101/${OPENID}/${size}`);
    expect(candidatesFor({ url }, 640)).toEqual([sizes]);
    const user = { appId: '101', openid: OPENID, nickname: '', raw: {}, figureurl_qq_1: 'https://evil.example/40' };
    expect(candidatesForUser(user, 40)).toEqual(candidatesFor({ appId: '101', openid: OPENID }, 40));
  });

  it.each<AvatarSource>([
    { uin: '1' },
    { key: 'x' },
    { group: 'x' },
    { appId: '', openid: 'x' },
    { url: 'https://a.example/' },
  ])('are none for %j', (source) => {
    expect(() => candidatesFor(source, 100)).toThrow(RangeError);
  });
});

describe('a URL that may be fetched', () => {
  const sandbox = 'http://127.0.0.1:9010';
  const read = (text: string, from?: string) =>
    permittedTarget(text, { sandbox, allowsHost: isQlogoHost }, from === undefined ? undefined : new URL(from))?.href;

  it('is on an image host over https, or on the sandbox', () => {
    expect(read('http://q1.qlogo.cn/g?b=qq')).toBe('https://q1.qlogo.cn/g?b=qq');
    expect(read(`${sandbox}/g`)).toBe(`${sandbox}/g`);
    expect(read('/headimg_dl', `${sandbox}/g`)).toBe(`${sandbox}/headimg_dl`);
    expect(read('https://q.qlogo.cn/g', `${sandbox}/g`)).toBe('https://q.qlogo.cn/g');
  });

  it('is not the sandbox if an image host redirects there', () => {
    expect(read(`${sandbox}/g`, 'https://q.qlogo.cn/g')).toBeUndefined();
  });

  it('is a sandbox in place of all image hosts only on this machine', () => {
    for (const url of ['http://127.0.0.1:9010', 'http://localhost:9010/', 'http://[::1]:9010', 'http://127.1:9010']) {
      expect(servesImageHosts(sandboxOrigin(url) ?? '')).toBe(true);
    }
    for (const url of ['https://graph.qq.com', 'http://10.0.0.1', 'http://localhost.evil.example']) {
      expect(servesImageHosts(sandboxOrigin(url) ?? '')).toBe(false);
    }
    for (const url of ['ftp://localhost', 'x', undefined]) expect(sandboxOrigin(url)).toBeUndefined();
  });
});

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
  it('equals that of the test vector', () => {
    expect(signOkayapi(parameters, credentials.appSecret)).toBe('A4A95CEAB7E05EE56EB4256596076851');
  });

  it('depends on each value, and neither on the order of the parameters nor on sign', () => {
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

  it('sorts names by bytes', () => {
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
  ])('accepts unchanged data: %s', (data) => {
    expect(verifyOkayapi(answerOf(data), secret)).toBe(true);
    expect(verifyOkayapi(answerOf(data), 'another secret')).toBe(false);
    const reordered = `{ "_auth" : "${authOf(data, 7)}", "_t": 7, "data" : ${data} , "ret":200 }`;
    expect(verifyOkayapi(reordered, secret)).toBe(true);
  });

  it('rejects changed data, and a second field data, which JSON.parse() would return', () => {
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
  it('makes the sign of two requests equal whose values join to the same text, as documented', () => {
    expect(signOkayapi({ qq: '12345', size: '40' }, 's')).toBe(signOkayapi({ qq: '1234', size: '540' }, 's'));
  });
});

describe('the options of qqAvatars', () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.QQ_GRAPH_URL;
    delete process.env.QQ_GRAPH_URL;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.QQ_GRAPH_URL;
    else process.env.QQ_GRAPH_URL = before;
  });

  it('have a default each', () => {
    expect(resolveAvatarsOptions()).toEqual({
      graphUrl: 'https://graph.qq.com',
      cacheBytes: 67_108_864,
      fallback: '404',
      fallbackImages: [],
      rateLimit: { perClient: 120, total: 1_200 },
    });
  });

  it('take graphUrl from the environment if the option is missing and the variable is not empty', () => {
    process.env.QQ_GRAPH_URL = 'http://127.0.0.1:9010/';
    expect(resolveAvatarsOptions().graphUrl).toBe('http://127.0.0.1:9010');
    expect(resolveAvatarsOptions({ graphUrl: 'https://graph.example' }).graphUrl).toBe('https://graph.example');
    process.env.QQ_GRAPH_URL = '';
    expect(resolveAvatarsOptions().graphUrl).toBe('https://graph.qq.com');
  });

  it('are validated together, in one error that names each wrong option and no value', () => {
    const wrong = {
      graphUrl: 'http://graph.example',
      cacheBytes: 1,
      fallback: 'https://evil.example/leaked-value',
      fallbackImages: ['//leaked-value'],
      resolveId: 'leaked-value',
      okayapi: { appKey: 'leaked-value' },
      allowOrigin: ['leaked-value'],
      rateLimit: { perClient: 0 },
      maxAge: 5,
    } as unknown as QQAvatarsOptions;
    const error = (() => {
      try {
        return qqAvatars(wrong);
      } catch (thrown) {
        return thrown as Error & { code: string };
      }
    })() as Error & { code: string };
    expect(error.code).toBe('ERR_QQ_CONFIGURATION');
    for (const name of ['graphUrl (QQ_GRAPH_URL)', 'cacheBytes', 'fallback ', 'fallbackImages.0', 'resolveId']) {
      expect(error.message).toContain(name);
    }
    for (const name of ['okayapi.appSecret', 'allowOrigin', 'rateLimit.perClient', 'maxAge: no such option']) {
      expect(error.message).toContain(name);
    }
    expect(error.message).not.toContain('leaked-value');
  });

  it.each<[string, QQAvatarsOptions]>([
    ['allowOrigin must name at least one origin', { allowOrigin: [] }],
    ['rateLimit.perHour: no such option', { rateLimit: { perHour: 1 } as never }],
    ['okayapi.appSecret must not be empty', { okayapi: { appKey: 'k', appSecret: '' } }],
    ['okayapi.appKey must have at least 32 characters', { okayapi: { appKey: 'k', appSecret: 's' } }],
    ['okayapi.appSecret is missing', { okayapi: { appKey: 'k'.repeat(32) } as never }],
    ['okayapi.sign must be true or false', { okayapi: { sign: 'no' } as never }],
  ])('are named by their path in an error: %s', (message, options) => {
    expect(() => qqAvatars(options)).toThrow(message);
  });

  it.each([[null], ['text'], [7]])('are an object, so that %p causes an error', (options) => {
    expect(() => qqAvatars(options as never)).toThrow('options must be an object');
  });
});

describe('reading an image', () => {
  it('returns type and dimensions of each format', () => {
    expect(readImage(pngOf(40, 30))).toEqual({ type: 'image/png', width: 40, height: 30 });
    expect(readImage(gifOf(40, 30))).toEqual({ type: 'image/gif', width: 40, height: 30 });
    expect(readImage(vp8Of(40, 30))).toEqual({ type: 'image/webp', width: 40, height: 30 });
    for (const format of ['jpeg', 'gif', 'webp'] as const) {
      const expected = { type: `image/${format}`, width: 140, height: 140 };
      expect(readImage(flatImages[format](140, 200))).toEqual(expected);
    }
  });

  it.each(Object.entries(realImages))('reads a %s that a browser wrote', (_name, { type, base64 }) => {
    expect(readImage(Buffer.from(base64, 'base64'))).toEqual({ type, width: 100, height: 60 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['HTML', Buffer.from('<!DOCTYPE html><script>alert(1)</script>')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>')],
    ['XML before an SVG', Buffer.from('<?xml version="1.0"?><svg width="100" height="100"/>')],
    ['a bitmap', Buffer.concat([Buffer.from('BM'), Buffer.alloc(100)])],
    ['an icon', Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(100)])],
    ['a PDF', Buffer.from('%PDF-1.7 '.padEnd(200))],
    ['JSON', Buffer.from('{"ret":0}'.padEnd(60))],
    ['an AVIF', Buffer.from('\0\0\0\x20ftypavif'.padEnd(60), 'latin1')],
    ['a sound in the same container as WebP', Buffer.from('RIFF\x20\0\0\0WAVEfmt '.padEnd(60), 'latin1')],
    ['one pixel', pngOf(1, 1)],
    ['a strip', pngOf(640, 8)],
    ['a bomb', pngOf(60_000, 60_000)],
    ['a PNG that is cut off', pngOf(100, 100).subarray(0, 40)],
    ['a JPEG that is cut off', flatImages.jpeg(100, 200).subarray(0, 150)],
    ['a WebP that is cut off', Buffer.from(realImages.webpLossy.base64, 'base64').subarray(0, 200)],
    ['a JPEG whose first segment never ends', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0, 0, 0, 0])],
    ['a PNG behind a blank', Buffer.concat([Buffer.from(' '), pngOf(100, 100)])],
  ])('refuses %s', (_name, bytes) => {
    expect(readImage(bytes)).toBeUndefined();
  });

  it('returns an image of at least 16 px, or nothing, for any bytes after a signature', () => {
    const signatures = ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8 ', 'RIFF\0\0\0\0WEBPVP8X'];
    const signature = fc.constantFrom(...signatures).map((text) => Buffer.from(text, 'latin1'));
    fc.assert(
      fc.property(signature, fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        const image = readImage(Buffer.concat([start, rest]));
        if (image) expect(Math.min(image.width, image.height)).toBeGreaterThanOrEqual(16);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the letter in place of an avatar', () => {
  it.each([
    ['林小满', '林'],
    ['alice', 'A'],
    ['  é', 'É'],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦'],
    ['🇨🇳中', '🇨🇳'],
    ['\u202e\u200bxy', 'X'],
    ['\u0000\u0007b', 'B'],
    ['\ud83d', 'Q'],
    ['\ude00abc', 'A'],
    ['\ufffd\ufffd晚安', '晚'],
    ['\ufffd', 'Q'],
    ['\u3164\u2800x', 'X'],
    ['🌙晚安', '🌙'],
    ['👍🏽', '👍🏽'],
    ['\u200d🐳', '🐳'],
    ['.', '.'],
    ['', 'Q'],
    [' \n\t', 'Q'],
    [`a${'\u0301'.repeat(5_000)}`, 'A'],
  ])('of %j is %j', (nickname, initial) => {
    expect(initialOf(nickname)).toBe(initial);
  });

  it('is escaped, so that a nickname cannot add markup', () => {
    for (const nickname of ['<script>', '&amp;', '"x', "'x"]) {
      const svg = drawLetter(nickname, 100).toString();
      expect(svg).toMatch(/>&(?:lt|amp|quot|#39);<\/text><\/svg>$/);
    }
  });

  it('is well-formed and small for any nickname', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (nickname) => {
        const svg = drawLetter(nickname, 40).toString();
        const text = />([^<]*)<\/text><\/svg>$/.exec(svg)?.[1];
        expect(text).toMatch(/^(?:[^&<>"']|&(?:amp|lt|gt|quot|#39);)+$/);
        // eslint-disable-next-line no-control-regex -- what XML does not allow
        expect(svg).not.toMatch(/[\u0000-\u001f\ufffe\uffff]/);
        expect(svg.length).toBeLessThan(700);
      }),
      { numRuns: 2_000 },
    );
  });
});

const MINUTE = 60_000;

const DAY = 24 * 60 * MINUTE;

function imageOf(text: string): AvatarImage {
  return { body: Buffer.from(text), type: 'image/png', width: 100, height: 100 };
}

function setUp(maxBytes = 1_000_000) {
  let now = 1_000_000;
  const cache = new AvatarCache(
    maxBytes,
    (_image, etag) => ({ ETag: etag }),
    () => now,
  );
  const load = jest.fn<() => Promise<Loaded>>();
  const admit = jest.fn(() => 0);
  return {
    cache,
    load,
    admit,
    advance: (ms: number) => (now += ms),
    ask: async (key = 'one') => {
      const found = await cache.lookup(key, { load, admit });
      return [found.cache, found.avatar ? found.avatar.body.toString() : found.problem];
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

const down: Loaded = { problem: 'failed', status: 504 };

describe('the avatar cache', () => {
  it('serves an image for 24 hours without a request', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValue({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'a']);
    advance(DAY - 1);
    expect(await ask()).toEqual(['HIT', 'a']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('serves a stale image for 7 more days while it is fetched again', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('old') }).mockResolvedValueOnce({ image: imageOf('new') });
    await ask();
    advance(8 * DAY - 1);
    expect(await ask()).toEqual(['STALE', 'old']);
    await settle();
    expect(await ask()).toEqual(['HIT', 'new']);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('waits for a new image after that, and serves the old one for 30 days if Tencent fails', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('old') }).mockResolvedValue(down);
    await ask();
    advance(8 * DAY);
    expect(await ask()).toEqual(['STALE', 'old']);
    // Not asked again at once.
    expect(await ask()).toEqual(['STALE', 'old']);
    expect(load).toHaveBeenCalledTimes(2);
    advance(23 * DAY - 1);
    expect(await ask()).toEqual(['STALE', 'old']);
    advance(MINUTE);
    expect(await ask()).toEqual(['MISS', 'failed']);
  });

  it('sends no request to Tencent for 30 seconds after a failure', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValueOnce(down).mockResolvedValueOnce({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'failed']);
    advance(29_999);
    expect(await ask()).toEqual(['HIT', 'failed']);
    advance(1);
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('stores a missing avatar for 10 minutes, and not as an image', async () => {
    const { ask, load, advance, cache } = setUp();
    load.mockResolvedValueOnce({}).mockResolvedValueOnce({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'miss']);
    expect(cache.fresh('one')).toBeUndefined();
    advance(10 * MINUTE - 1);
    expect(await ask()).toEqual(['HIT', 'miss']);
    advance(1);
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('keeps a stale image when a later fetch finds none', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('good') }).mockResolvedValue({});
    await ask();
    advance(DAY);
    expect(await ask()).toEqual(['STALE', 'good']);
    await settle();
    expect(await ask()).toEqual(['STALE', 'good']);
    expect(load).toHaveBeenCalledTimes(2);
    advance(7 * DAY);
    expect(await ask()).toEqual(['MISS', 'miss']);
  });

  it('deletes the image of an ID for which the application returns no user any more', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('a') }).mockResolvedValue({ problem: 'unknown' });
    await ask();
    advance(DAY);
    await ask();
    await settle();
    expect(await ask()).toEqual(['HIT', 'unknown']);
  });

  it('loads an image once for concurrent requests', async () => {
    const { cache, load, admit } = setUp();
    load.mockImplementation(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { image: imageOf('a') };
    });
    const found = await Promise.all(Array.from({ length: 1_000 }, () => cache.lookup('one', { load, admit })));
    expect(new Set(found.map(({ avatar }) => avatar?.body.toString()))).toEqual(new Set(['a']));
    expect(load).toHaveBeenCalledTimes(1);
    expect(admit).toHaveBeenCalledTimes(1);
  });

  it('checks the limit before a load, not for a hit, and serves a stale image at the limit', async () => {
    const { ask, load, admit, advance } = setUp();
    load.mockResolvedValue({ image: imageOf('a') });
    await ask();
    admit.mockReturnValue(7);
    expect(await ask()).toEqual(['HIT', 'a']);
    expect(await ask('other')).toEqual(['MISS', 'limited']);
    advance(8 * DAY);
    expect(await ask()).toEqual(['STALE', 'a']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("passes on an exception of the application's code, and continues to work", async () => {
    const { ask, load } = setUp();
    load.mockRejectedValueOnce(new Error('the database is away')).mockResolvedValueOnce({ image: imageOf('a') });
    await expect(ask()).rejects.toThrow('the database is away');
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('returns the same strong ETag for the same image, and another one for another image', async () => {
    const { cache, load, admit } = setUp();
    load
      .mockResolvedValueOnce({ image: imageOf('a') })
      .mockResolvedValueOnce({ image: imageOf('a') })
      .mockResolvedValueOnce({ image: imageOf('b') });
    const tags = [];
    for (const key of ['1', '2', '3']) tags.push((await cache.lookup(key, { load, admit })).avatar?.etag);
    expect(tags[0]).toMatch(/^"[\w-]{27}"$/);
    expect(tags[0]).toBe(tags[1]);
    expect(tags[0]).not.toBe(tags[2]);
  });
});

// A million in the nightly run: AVATAR_KEYS=1000000.

describe('the limit on fetches', () => {
  function setUp(perClient: number, total: number) {
    let now = 0;
    const limiter = new MissLimiter({ perClient, total }, () => now);
    return { take: (ip: string) => limiter.take(ip), advance: (ms: number) => (now += ms) };
  }

  it('limits the fetches of each client per minute, and returns the seconds until the next one', () => {
    const { take, advance } = setUp(3, 100);
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0]);
    expect(take('a')).toBe(20);
    expect(take('b')).toBe(0);
    advance(20_000);
    expect(take('a')).toBe(0);
    expect(take('a')).toBe(20);
  });

  it('limits the fetches of all addresses together', () => {
    const { take, advance } = setUp(3, 10);
    const admitted = Array.from({ length: 5_000 }, (_, index) => take(`192.0.2.${index}`)).filter((wait) => wait === 0);
    expect(admitted).toHaveLength(10);
    advance(60_000);
    expect(take('192.0.2.7')).toBe(0);
  });

  it('counts a /64 of IPv6, and an IPv4 address in either form, as one client', () => {
    const { take } = setUp(1, 100);
    expect(take('2400:1::1')).toBe(0);
    expect(take('2400:1:0:0:ffff::2')).toBeGreaterThan(0);
    expect(take('2400:1:0:1::1')).toBe(0);
    expect(take('::ffff:8.8.8.8')).toBe(0);
    expect(take('8.8.8.8')).toBeGreaterThan(0);
  });

  it("allows at most one minute's fetches at once, also if the clock is set back", () => {
    const { take, advance } = setUp(2, 100);
    advance(3_600_000);
    expect([take('a'), take('a'), take('a') > 0]).toEqual([0, 0, true]);
    advance(-7_200_000);
    expect(take('b')).toBe(0);
  });
});
