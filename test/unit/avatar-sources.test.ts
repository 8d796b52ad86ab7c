import { describe, expect, it } from '@jest/globals';
import { isQlogoHost, permittedTarget, sandboxOrigin, servesImageHosts } from '../../src/avatars/hosts.js';
import { candidatesFor, candidatesForUser } from '../../src/avatars/sources.js';
import type { AvatarSource } from '../../src/avatars/types.js';

const OPENID = '0123456789ABCDEF0123456789ABCDEF';
const KEY = 'MadeUpKey0MadeUpKey0MadeUpKey0';

describe('where an image is looked for', () => {
  it('is the asked size, then 100, then a second source', () => {
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
