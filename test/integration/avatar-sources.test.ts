import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { qqAvatars, resolveAvatarKey } from '../../src/avatars.js';
import { resolveAvatarsOptions } from '../../src/avatars/options.js';
import { createAvatarsRouter } from '../../src/avatars/qq-avatars.js';
import { createUserAvatarRoute } from '../../src/avatars/user-avatar.js';
import { startSandbox } from '../../src/sandbox.js';
import { listen } from '../fixtures/avatar-host.js';
import { startOddImageHost } from '../fixtures/avatar-odd-images.js';
import type { ServerResponse } from 'node:http';
import type { Express } from 'express';
import type { Sandbox } from '../../src/sandbox.js';
import type { Host } from '../fixtures/avatar-host.js';

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

  it('detects an unknown number by the empty response', async () => {
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

  it('returns no key if get_face does not redirect', async () => {
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

describe('avatars through the sandbox', () => {
  let sandbox: Sandbox;
  let host: Host;
  let app: Express;

  beforeAll(async () => {
    sandbox = await startSandbox();
    host = await startOddImageHost(sandbox);
    app = express();
    app.use('/avatars', qqAvatars({ graphUrl: host.url, rateLimit: { perClient: 1_000 } }));
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await sandbox.close();
  });

  const ask = (path: string) => request(app).get(`/avatars${path}`);
  const asked = (number: string) =>
    host.asked.filter((url) => url.includes(number)).map((url) => new URL(url, host.url).pathname);

  it.each([
    ['9990000001', 'image/png'],
    ['9990000002', 'image/jpeg'],
    ['9990000003', 'image/gif'],
    ['9990000004', 'image/webp'],
  ])('shows %s as %s in every size', async (number, type) => {
    for (const size of [40, 100, 140, 640]) {
      const body = (await ask(`/qq/${number}?size=${size}&format=base64`).expect(200)).body as unknown;
      expect(body).toMatchObject({ type, width: size, height: size });
    }
  });

  it.each(['9990000011', '9990000012', '9990000054'])('detects that %s has no avatar', async (number) => {
    await ask(`/qq/${number}?size=640`).expect(404);
    expect(asked(number)).toEqual(['/g', '/g', '/headimg_dl']);
  });

  it.each([
    ['9990000013', 640, 100],
    ['9990000021', 640, 40],
    ['9990000022', 140, 140],
    ['9990000041', 100, 100],
    ['9990000042', 100, 100],
  ])('finds the best image of %s', async (number, size, width) => {
    const body = (await ask(`/qq/${number}?size=${size}&format=base64`).expect(200)).body as unknown;
    expect(body).toMatchObject({ width });
  });

  it('detects the placeholder of 9990000014 by its MD5', async () => {
    const response = await fetch(`${host.url}/g?b=qq&nk=9990000014&s=640`);
    const placeholder = new Uint8Array(await response.arrayBuffer());
    const knownMisses = new Set([createHash('md5').update(placeholder).digest('hex')]);
    const { router } = createAvatarsRouter(resolveAvatarsOptions({ graphUrl: host.url }), { knownMisses });
    const body = (await request(express().use(router)).get('/qq/9990000014?size=640&format=base64')).body as unknown;
    expect(body).toMatchObject({ width: 100 });
  });

  it('requests the second source if the first fails', async () => {
    await ask('/qq/9990000035').expect(200);
    expect(asked('9990000035')).toEqual(['/g', '/headimg_dl']);
  });

  it.each([
    '9990000023',
    '9990000024',
    '9990000025',
    '9990000026',
    '9990000031',
    '9990000034',
    '9990000043',
    '9990000044',
  ])('passes nothing on of what %s answers', async (number) => {
    const response = await ask(`/qq/${number}`);
    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ error: 'upstream_failed' });
  });

  it('returns 504 if both sources are silent or slow', async () => {
    await Promise.all(['9990000032', '9990000033'].map((number) => ask(`/qq/${number}?size=640`).expect(504)));
    expect(asked('9990000032')).toEqual(['/g', '/headimg_dl']);
  });

  it('shows groups, and what a fault of the sandbox leaves of an image', async () => {
    await ask('/group/9990000101?size=140').expect(200);
    sandbox.failNext('avatar', 'truncated');
    sandbox.failNext('avatar', 'html');
    await ask('/qq/9990000102').expect(502);
    sandbox.failNext('avatar', { error: 1 });
    await ask('/qq/9990000103').expect(200);
  });

  it.each([
    ['getface as it was', '9990000001'],
    ['getface with a semicolon and another b=', '9990000051'],
    ['get_face, where getface wants a login', '9990000052'],
    ['get_face by two redirects', '9990000053'],
  ])('finds the key of a number by %s', async (_what, number) => {
    const key = (await resolveAvatarKey(number, { graphUrl: host.url })) ?? '';
    expect(key).toMatch(/^[A-Za-z0-9]{22,44}$/);
    const [byKey, byNumber] = await Promise.all(
      [`k=${key}`, `nk=${number}`].map((query) =>
        fetch(`${sandbox.url}/g?b=qq&${query}&s=100`).then((response) => response.arrayBuffer()),
      ),
    );
    expect(byKey).toEqual(byNumber);
  });

  it('returns no key of an unknown number, and refuses other text', async () => {
    const before = host.asked.length;
    await expect(resolveAvatarKey('9990000054', { graphUrl: host.url })).resolves.toBeUndefined();
    await expect(resolveAvatarKey('12', { graphUrl: sandbox.url })).rejects.toThrow(RangeError);
    await expect(resolveAvatarKey('12345&uin=54321', { graphUrl: sandbox.url })).rejects.toThrow(/^uin must be/);
    expect(host.asked.slice(before)).toEqual([expect.stringMatching(/^\/getface\?/)]);
  });

  it('shows the avatar of each user in its own size, and a letter for a user without one, also a custom one', async () => {
    const custom = [{ nickname: '李雷', figureurl_qq_1: '', figureurl_qq_2: '' }, { nickname: '韩梅梅' }];
    await using own = await startSandbox({ users: [...sandbox.users, ...custom] });
    const route = createUserAvatarRoute({ graphUrl: own.url });
    const appId = own.apps[0]?.appId ?? '';
    const page = express();
    page.get('/avatar/:index', (req, res, next) => {
      const user = own.users[Number(req.params.index)];
      const path = `${own.url}/qqapp/${appId}/${user?.openid}`;
      const urls = { figureurl_qq_1: `${path}/40`, figureurl_qq_2: `${path}/100` };
      route
        .send(req, res, { appId, openid: user?.openid ?? '', nickname: user?.nickname ?? '', raw: {}, ...urls })
        .catch(next);
    });
    for (const index of own.users.keys()) {
      const body = (await request(page).get(`/avatar/${index}?size=100&format=base64`).expect(200)).body as unknown;
      const { figureurl_qq_1, figureurl_qq_2 } = own.users[index] ?? {};
      const width = figureurl_qq_2 === '' ? 40 : 100;
      expect(body).toMatchObject(figureurl_qq_1 === '' ? { type: 'image/svg+xml' } : { type: 'image/png', width });
    }
  });
});
