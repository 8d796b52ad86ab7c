import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
import { isQlogoHost, permittedTarget, sandboxOrigin, servesImageHosts } from '../../src/avatars/hosts.js';
import { resolveAvatarsOptions } from '../../src/avatars/options.js';
import { candidatesFor, candidatesForUser } from '../../src/avatars/sources.js';
import type { QQAvatarsOptions } from '../../src/avatars.js';
import type { AvatarSource } from '../../src/avatars/types.js';

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

describe('where an image is looked for', () => {
  it('is the requested size, then 100 px, then a second source', () => {
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

  it('is spread over the hosts by whose image it is', () => {
    const hosts = new Set<string>();
    for (let uin = 12_345; uin < 12_445; uin++) hosts.add(new URL(candidatesFor({ uin }, 100)[0]?.[0] ?? '').hostname);
    expect(hosts.size).toBe(5);
  });

  it('is the sandbox for everything, where there is one', () => {
    const sandbox = 'http://127.0.0.1:9010';
    for (const source of [{ uin: '12345' }, { key: KEY }, { group: '12345' }, { appId: '101', openid: OPENID }]) {
      for (const url of candidatesFor(source, 640, sandbox).flat()) expect(new URL(url).origin).toBe(sandbox);
    }
  });

  it('is https, and a size that the form has, for a URL of a login', () => {
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
  ])('is nowhere for %j', (source) => {
    expect(() => candidatesFor(source, 100)).toThrow(RangeError);
  });
});

describe('what may be fetched', () => {
  const sandbox = 'http://127.0.0.1:9010';
  const read = (text: string, from?: string) =>
    permittedTarget(text, { sandbox, allowsHost: isQlogoHost }, from === undefined ? undefined : new URL(from))?.href;

  it('is an image host over https, or the sandbox', () => {
    expect(read('http://q1.qlogo.cn/g?b=qq')).toBe('https://q1.qlogo.cn/g?b=qq');
    expect(read(`${sandbox}/g`)).toBe(`${sandbox}/g`);
    expect(read('/headimg_dl', `${sandbox}/g`)).toBe(`${sandbox}/headimg_dl`);
    expect(read('https://q.qlogo.cn/g', `${sandbox}/g`)).toBe('https://q.qlogo.cn/g');
  });

  it('is not the sandbox at the word of an image host', () => {
    expect(read(`${sandbox}/g`, 'https://q.qlogo.cn/g')).toBeUndefined();
  });

  it('is a sandbox for all image hosts on this machine only', () => {
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

  it('have defaults for everything', () => {
    expect(resolveAvatarsOptions()).toEqual({
      graphUrl: 'https://graph.qq.com',
      cacheBytes: 67_108_864,
      fallback: '404',
      fallbackImages: [],
      rateLimit: { perClient: 120, total: 1_200 },
    });
  });

  it('take graphUrl from the environment, unless it is given or empty there', () => {
    process.env.QQ_GRAPH_URL = 'http://127.0.0.1:9010/';
    expect(resolveAvatarsOptions().graphUrl).toBe('http://127.0.0.1:9010');
    expect(resolveAvatarsOptions({ graphUrl: 'https://graph.example' }).graphUrl).toBe('https://graph.example');
    process.env.QQ_GRAPH_URL = '';
    expect(resolveAvatarsOptions().graphUrl).toBe('https://graph.qq.com');
  });

  it('are validated together, in one error that names each and no value', () => {
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
  ])('say what is wrong inside another: %s', (message, options) => {
    expect(() => qqAvatars(options)).toThrow(message);
  });

  it.each([[null], ['text'], [7]])('are an object: %p is a clear error', (options) => {
    expect(() => qqAvatars(options as never)).toThrow('options must be an object');
  });
});
