import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { resolveAvatarKey } from '../../src/avatars.js';
import { listen } from '../fixtures/avatar-host.js';
import type { ServerResponse } from 'node:http';

const UIN = '9990000001';
const KEY = 'MadeUpKey0MadeUpKey0MadeUpKey0';
const avatarUrl = `http://q3.qlogo.cn/g?b=qq&k=${KEY}&s=40&t=1`;

/** Plays both sources with the given answers. */
async function startSources(
  getface: (res: ServerResponse) => void,
  getFace: (res: ServerResponse, path: string) => void,
) {
  const host = await listen((req, res) =>
    req.url?.startsWith('/getface') ? getface(res) : getFace(res, req.url ?? ''),
  );
  return { ...host, resolve: () => resolveAvatarKey(UIN, { graphUrl: host.url }) };
}

const text = (body: string) => (res: ServerResponse) => void res.end(body);
const redirect = (location: string) => (res: ServerResponse) => void res.writeHead(302, { Location: location }).end();
const neverAsked = (): never => {
  throw new Error('this source must not be asked');
};

describe("finding a number's key through getface", () => {
  it.each([
    ['as it was', `pt.setHeader({"${UIN}":"https:\\/\\/q3.qlogo.cn\\/g?b=qq&k=${KEY}&s=40&t=1"})`],
    ['with a semicolon', `pt.setHeader({"${UIN}":"https:\\/\\/q3.qlogo.cn\\/g?b=qq&k=${KEY}&s=40"});`],
    ['with blanks and a newline', `\n pt.setHeader( {"${UIN}": "https://q3.qlogo.cn/g?b=qq&k=${KEY}"} ) ;\n`],
    ['with another host, b= and order', `pt.setHeader({"${UIN}":"http://thirdqq.qlogo.cn/g?k=${KEY}&b=sdk&s=0"});`],
    ['with others beside it', `pt.setHeader({"1":"x","${UIN}":"https://q.qlogo.cn/g?b=qq&k=${KEY}"});`],
  ])('reads an answer %s', async (_what, body) => {
    await using sources = await startSources(text(body), neverAsked);
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked).toEqual([`/getface?imgtype=1&uin=${UIN}`]);
  });

  it('knows an unknown number by its empty answer', async () => {
    await using sources = await startSources(text('pt.setHeader({"":""})'), neverAsked);
    await expect(sources.resolve()).resolves.toBeUndefined();
  });
});

describe('falling back to get_face', () => {
  it.each([
    ['wants a login', text('<!DOCTYPE html><script>location="https://xui.ptlogin2.qq.com"</script>')],
    ['redirects to a login', redirect('https://evil.example/login')],
    ['answers nothing', text('')],
    ['answers another number', text('pt.setHeader({"54321":"https://q.qlogo.cn/g?b=qq&k=x"})')],
    ['answers a URL without a key', text(`pt.setHeader({"${UIN}":"https://q.qlogo.cn/g?b=qq&nk=${UIN}&s=40"})`)],
    ['answers a key that is none', text(`pt.setHeader({"${UIN}":"https://q.qlogo.cn/g?b=qq&k=<script>"})`)],
    ['answers code', text('pt.setHeader({"a":alert(1)})')],
    ['hangs up', (res: ServerResponse) => void res.destroy()],
  ])('where getface %s', async (_what, getface) => {
    await using sources = await startSources(getface, redirect(avatarUrl));
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked.at(-1)).toBe(`/pub/get_face?img_type=3&uin=${UIN}`);
  });

  it('reads the key from the last of two redirects, and fetches no image for it', async () => {
    await using sources = await startSources(text(''), (res, path) =>
      redirect(path.includes('hop') ? avatarUrl : `/pub/get_face?uin=${UIN}&hop=1`)(res),
    );
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked).toHaveLength(3);
  });

  it('follows no redirect to another host, whatever key it shows', async () => {
    for (const location of [
      `https://evil.example/g?k=${KEY}`,
      `https://q.qlogo.cn.evil.example/g?k=${KEY}`,
      `https://evilqq.com/g?k=${KEY}`,
      `https://user@q.qlogo.cn/g?k=${KEY}`,
      `https://q.qlogo.cn:8443/g?k=${KEY}`,
    ]) {
      await using sources = await startSources(text(''), redirect(location));
      await expect(sources.resolve()).rejects.toMatchObject({ code: 'ERR_QQ_NETWORK' });
    }
  });

  it('knows no key where get_face redirects nowhere', async () => {
    await using sources = await startSources(text(''), text('an image'));
    await expect(sources.resolve()).resolves.toBeUndefined();
  });

  it('fails where neither answers, without the number in the error', async () => {
    await using sources = await startSources(
      (res) => void res.destroy(),
      (res) => void res.writeHead(500).end(),
    );
    const error = await sources.resolve().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', endpoint: '/get_face' });
    expect(inspect(error, { depth: 9 })).not.toContain(UIN);
  });
});
