import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import sharp from 'sharp';
import request from 'supertest';
import { qqAvatars, resolveAvatarKey } from '../../src/avatars.js';
import { resolveAvatarsOptions } from '../../src/avatars/options.js';
import { createAvatarsRouter } from '../../src/avatars/qq-avatars.js';
import { createUserAvatarRoute } from '../../src/avatars/user-avatar.js';
import { startSandbox } from '../../src/sandbox.js';
import { gifOf, pngOf } from '../fixtures/avatar-files.js';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { DAY, MINUTE, listen, startAvatarSite, tools } from '../fixtures/avatar-host.js';
import { realImages } from '../fixtures/avatar-images.js';
import { startOddImageHost } from '../fixtures/avatar-odd-images.js';
import { okayapiSuite } from '../fixtures/avatar-okayapi-suite.js';
import { avatarRouterSuite } from '../fixtures/avatar-router-suite.js';
import type { RequestListener, ServerResponse } from 'node:http';
import type { Express } from 'express';
import type { Resolve } from '../../src/avatars/addresses.js';
import type { QQUser } from '../../src/protocol/profile.js';
import type { Sandbox } from '../../src/sandbox.js';
import type { Host } from '../fixtures/avatar-host.js';

const UIN = '9990000001';

/** Answers a picture of the asked size for everything. */
const hit: RequestListener = (req, res) => {
  const size = Number(/(?:s=|spec=|\/)(\d+)$/.exec(req.url ?? '')?.[1]);
  res
    .writeHead(200, { 'Content-Type': 'image/jpeg', 'Last-Modified': 'Sat, 01 Jun 2024 08:00:00 GMT' })
    .end(pngOf(size, size, req.url));
};

const missHeaders = { 'X-Info': 'notexist: -1' };

const miss: RequestListener = (_req, res) => void res.writeHead(200, missHeaders).end(pngOf(100));

const dead: RequestListener = (_req, res) => void res.destroy();

describe('the avatar router on Express 5', () => avatarRouterSuite(tools));

describe('the source chain', () => {
  const asked = (host: { asked: string[] }) => host.asked.map((path) => path.replace(UIN, 'N'));

  it('requests 100 px if there is no image of 640 px', async () => {
    await using site = await startAvatarSite((req, res) => (req.url?.endsWith('640') ? miss : hit)(req, res));
    const response = await request(site.url).get(`/avatars/qq/${UIN}?size=640&format=base64`).expect(200);
    expect(response.body).toMatchObject({ width: 100 });
    expect(asked(site.host)).toEqual(['/g?b=qq&nk=N&s=640', '/g?b=qq&nk=N&s=100']);
  });

  it.each([
    ['X-Info', { 'X-Info': 'notexist:0' }],
    ['a Last-Modified in 1990', { 'Last-Modified': 'Mon, 01 Jan 1990 08:00:00 GMT' }],
  ])('detects a missing image by %s, although the status is 200', async (_what, headers) => {
    await using site = await startAvatarSite((_req, res) => void res.writeHead(200, headers).end(pngOf(100)));
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(404);
    expect(asked(site.host)).toEqual(['/g?b=qq&nk=N&s=100', '/headimg_dl?dst_uin=N&spec=100']);
  });

  it('detects the placeholder by its MD5 if no header marks it', async () => {
    const placeholder = pngOf(640, 640, 'placeholder');
    const knownMisses = new Set([createHash('md5').update(placeholder).digest('hex')]);
    const upstream: RequestListener = (req, res) => {
      if (req.url?.endsWith('640')) res.end(placeholder);
      else hit(req, res);
    };
    await using site = await startAvatarSite(upstream, { seams: { knownMisses } });
    const response = await request(site.url).get(`/avatars/qq/${UIN}?size=640&format=base64`).expect(200);
    expect(response.body).toMatchObject({ width: 100 });
  });

  it('returns a small image only if there is no larger one', async () => {
    const sizes: Record<string, number> = { 640: 46, 100: 64 };
    await using site = await startAvatarSite((req, res) => {
      res.end(pngOf(sizes[/\d+$/.exec(req.url ?? '')?.[0] ?? ''] ?? 40));
    });
    const response = await request(site.url).get(`/avatars/qq/${UIN}?size=640&format=base64`);
    expect(response.body).toMatchObject({ width: 64 });
    expect(asked(site.host)).toHaveLength(2);
  });

  it('requests a smaller size if a body is broken, and the second source if the first fails', async () => {
    await using broken = await startAvatarSite((req, res) => {
      if (req.url?.endsWith('140')) res.end(pngOf(140).subarray(0, 50));
      else hit(req, res);
    });
    await request(broken.url).get(`/avatars/qq/${UIN}?size=140`).expect(200);
    expect(asked(broken.host)).toEqual(['/g?b=qq&nk=N&s=140', '/g?b=qq&nk=N&s=100']);

    await using half = await startAvatarSite((req, res) => (req.url?.startsWith('/g?') ? dead : hit)(req, res));
    await request(half.url).get(`/avatars/qq/${UIN}?size=640`).expect(200);
    expect(asked(half.host)).toEqual(['/g?b=qq&nk=N&s=640', '/headimg_dl?dst_uin=N&spec=640']);
  });

  it.each([
    ['HTML', 'text/html', '<script>alert(1)</script>'],
    ['HTML called an image', 'image/png', '<!DOCTYPE html><script>alert(1)</script>'],
    ['SVG', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['nothing', 'image/png', ''],
    ['a bomb', 'image/png', pngOf(50_000)],
    ['a tracking pixel', 'image/png', pngOf(1)],
    ['JSON', 'application/json', '{"ret":0}'],
  ])('returns 502 instead of %s', async (_what, type, body) => {
    await using site = await startAvatarSite(
      (_req, res) => void res.writeHead(200, { 'Content-Type': type }).end(body),
    );
    const response = await request(site.url).get(`/avatars/qq/${UIN}`);
    expect(response.status).toBe(502);
    expect(response.body).toEqual({ error: 'upstream_failed', message: expect.any(String) });
    expect(response.headers['cache-control']).toBe('no-store');
    await request(site.url).get(`/avatars/qq/${UIN}?d=letter`).expect(200).expect('Content-Type', 'image/svg+xml');
  });

  it('returns 504 if Tencent does not respond in time', async () => {
    await using site = await startAvatarSite(() => undefined, { seams: { timeoutMs: 100 } });
    const response = await request(site.url).get(`/avatars/qq/${UIN}`).expect(504);
    expect(response.headers['retry-after']).toBe('30');
  });
});

describe('the cache of the avatar router', () => {
  it('serves the last good image while Tencent fails, and the new one when it is back', async () => {
    let upstream = hit;
    await using site = await startAvatarSite((req, res) => upstream(req, res));
    const good = await request(site.url).get(`/avatars/qq/${UIN}`);
    upstream = dead;
    for (const days of [1, 7, 20]) {
      site.advance(days * DAY);
      const stale = await request(site.url).get(`/avatars/qq/${UIN}`).expect(200);
      expect(stale.headers).toMatchObject({ 'x-cache': 'STALE', etag: good.headers.etag });
      expect(stale.headers['cache-control']).toBe('public, max-age=300');
    }
    upstream = (_req, res) => void res.end(pngOf(100, 100, 'a new one'));
    site.advance(MINUTE);
    const fresh = await request(site.url).get(`/avatars/qq/${UIN}`);
    expect(fresh.headers['x-cache']).toBe('MISS');
    expect(fresh.headers.etag).not.toBe(good.headers.etag);
  });

  it.each<[string, RequestListener, number]>([
    ['images', (req, res) => void res.end(pngOf(100, 100, (req.url ?? '') + 'x'.repeat(25_000))), 6],
    ['missing images', miss, 60],
  ])('keeps the newest %s within cacheBytes, and drops the oldest', async (_what, upstream, users) => {
    await using site = await startAvatarSite(upstream, {
      cacheBytes: 65_536,
      rateLimit: { perClient: 1_000, total: 1_000 },
    });
    const cacheOf = async (user: number) =>
      (await request(site.url).get(`/avatars/qq/${9_990_000_001 + user}`)).headers['x-cache'];
    for (let user = 0; user < users; user += 1) expect(await cacheOf(user)).toBe('MISS');
    expect([await cacheOf(users - 1), await cacheOf(users - 2), await cacheOf(0)]).toEqual(['HIT', 'HIT', 'MISS']);
  });

  it('never stores a placeholder as the image of a user', async () => {
    let upstream = miss;
    await using site = await startAvatarSite((req, res) => upstream(req, res));
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(404).expect('X-Cache', 'MISS');
    upstream = hit;
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(404).expect('X-Cache', 'HIT');
    site.advance(10 * MINUTE);
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(200).expect('X-Cache', 'MISS');
    upstream = miss;
    site.advance(2 * DAY);
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(200).expect('X-Cache', 'STALE');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(200).expect('X-Cache', 'STALE');
  });
});

describe('the drop-in compatible APIs', () => {
  const QQ = '9990000001';

  const hit: RequestListener = (req, res) => void res.end(pngOf(100, 100, req.url));

  const miss: RequestListener = (_req, res) => void res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100));

  describe('the okayapi form on Express 5', () => okayapiSuite(tools));

  describe('the nobase form', () => {
    const resolveUser = (appid: string, user: string) => {
      if (appid !== 'app 1') return undefined;
      return user === 'broken' ? Promise.reject(new Error('the database is away')) : { uin: user };
    };

    it.each([
      ['PNG', pngOf(100)],
      ['WebP', Buffer.from(realImages.webpLossy.base64, 'base64')],
      ['GIF', flatImages.gif(100, 90)],
      ['JPEG', Buffer.from(realImages.jpeg.base64, 'base64')],
    ])('returns a %s as a JPEG, once converted and then from the cache', async (format, body) => {
      await using site = await startAvatarSite((_req, res) => void res.end(body), { resolveUser });
      const images = [];
      for (const cache of ['MISS', 'HIT']) {
        const response = await request(site.url)
          .get('/avatars/api/user/get_avatar')
          .query({ appid: 'app 1', user: QQ });
        expect(response.headers).toMatchObject({ 'content-type': 'image/jpeg', 'x-cache': cache });
        images.push(response.body as Buffer);
      }
      expect(images[0]).toEqual(images[1]);
      expect(images[0]?.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      if (format === 'JPEG') expect(images[0]).toEqual(body);
      expect((await sharp(images[0]).metadata()).format).toBe('jpeg');
    });

    it('returns code 404 with the reason for an image that cannot be converted', async () => {
      // The header of a GIF, and nothing behind it.
      await using site = await startAvatarSite((_req, res) => void res.end(gifOf(100, 100)), { resolveUser });
      for (let round = 0; round < 2; round++) {
        const response = await request(site.url)
          .get('/avatars/api/user/get_avatar')
          .query({ appid: 'app 1', user: QQ });
        expect([response.status, response.body]).toEqual([200, { code: 404, msg: expect.stringContaining('JPEG') }]);
      }
      expect(site.host.asked).toHaveLength(1);
    });

    it.each([
      ['no parameter', {}],
      ['no user', { appid: 'app 1' }],
      ['no appid', { user: QQ }],
      ['an empty user', { appid: 'app 1', user: '' }],
      ['a user that is no name any more', { appid: 'app 1', user: 'x'.repeat(200) }],
    ])('answers %s with the documented error, byte for byte', async (_what, parameters) => {
      await using site = await startAvatarSite(hit, { resolveUser });
      const response = await request(site.url).get('/avatars/api/user/get_avatar').query(parameters).expect(200);
      expect(response.text).toBe('{"code":204,"msg":"接口参数错误"}');
      expect(response.headers['content-type']).toBe('application/json;charset=utf-8');
    });

    it('answers for an unknown user, and for a user without an avatar, with the documented error', async () => {
      await using unknown = await startAvatarSite(hit, { resolveUser });
      const unknownUser = await request(unknown.url).get('/avatars/api/user/get_avatar?appid=other&user=1').expect(200);
      expect(unknownUser.text).toBe('{"code":404,"msg":"用户不存在"}');
      await using missing = await startAvatarSite(miss, { resolveUser });
      const response = await request(missing.url)
        .get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`)
        .expect(200);
      expect(response.text).toBe('{"code":404,"msg":"用户不存在"}');
    });

    it('returns a code of its own if resolveUser fails', async () => {
      const broken = (): never => {
        throw new Error('the database is away');
      };
      for (const resolve of [broken, () => ({ uin: 'no number' })]) {
        await using site = await startAvatarSite(hit, { resolveUser: resolve });
        const answer = await request(site.url).get(`/avatars/api/user/get_avatar?appid=app&user=${QQ}`).expect(200);
        expect(answer.body).toEqual({ code: 502, msg: '暂时无法获取头像' });
      }
    });

    it('returns a code of its own if Tencent fails or the limit is reached', async () => {
      await using down = await startAvatarSite(dead, { resolveUser });
      const failed = await request(down.url).get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`).expect(200);
      expect(failed.body).toMatchObject({ code: 502 });
      await using limited = await startAvatarSite(hit, { resolveUser, rateLimit: { total: 1 } });
      await request(limited.url).get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`);
      const refused = await request(limited.url).get('/avatars/api/user/get_avatar?appid=app+1&user=12345').expect(200);
      expect(refused.body).toMatchObject({ code: 429 });
    });
  });
});

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

describe('the key of a number, from getface', () => {
  it.each([
    ['as it was', `pt.setHeader({"${UIN}":"https:\\/\\/q3.qlogo.cn\\/g?b=qq&k=${KEY}&s=40&t=1"})`],
    ['with a semicolon', `pt.setHeader({"${UIN}":"https:\\/\\/q3.qlogo.cn\\/g?b=qq&k=${KEY}&s=40"});`],
    ['with blanks and a newline', `\n pt.setHeader( {"${UIN}": "https://q3.qlogo.cn/g?b=qq&k=${KEY}"} ) ;\n`],
    ['with another host, b= and order', `pt.setHeader({"${UIN}":"http://thirdqq.qlogo.cn/g?k=${KEY}&b=sdk&s=0"});`],
    ['with others beside it', `pt.setHeader({"1":"x","${UIN}":"https://q.qlogo.cn/g?b=qq&k=${KEY}"});`],
  ])('is read from a response %s', async (_what, body) => {
    await using sources = await startSources(text(body), neverAsked);
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked).toEqual([`/getface?imgtype=1&uin=${UIN}`]);
  });

  it('is missing for an unknown number, whose response is empty', async () => {
    await using sources = await startSources(text('pt.setHeader({"":""})'), neverAsked);
    await expect(sources.resolve()).resolves.toBeUndefined();
  });
});

describe('the key of a number, from get_face', () => {
  it.each([
    ['requires a login', text('<!DOCTYPE html><script>location="https://xui.ptlogin2.qq.com"</script>')],
    ['redirects to a login', redirect('https://evil.example/login')],
    ['sends an empty body', text('')],
    ['answers another number', text('pt.setHeader({"54321":"https://q.qlogo.cn/g?b=qq&k=x"})')],
    ['answers a URL without a key', text(`pt.setHeader({"${UIN}":"https://q.qlogo.cn/g?b=qq&nk=${UIN}&s=40"})`)],
    ['answers an invalid key', text(`pt.setHeader({"${UIN}":"https://q.qlogo.cn/g?b=qq&k=<script>"})`)],
    ['answers code', text('pt.setHeader({"a":alert(1)})')],
    ['closes the connection', (res: ServerResponse) => void res.destroy()],
  ])('is read where getface %s', async (_what, getface) => {
    await using sources = await startSources(getface, redirect(avatarUrl));
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked.at(-1)).toBe(`/pub/get_face?img_type=3&uin=${UIN}`);
  });

  it('is read from the last of two redirects, without a request for the image', async () => {
    await using sources = await startSources(text(''), (res, path) =>
      redirect(path.includes('hop') ? avatarUrl : `/pub/get_face?uin=${UIN}&hop=1`)(res),
    );
    await expect(sources.resolve()).resolves.toBe(KEY);
    expect(sources.asked).toHaveLength(3);
  });

  it('is not read from a redirect to another host', async () => {
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

  it('is missing if get_face does not redirect', async () => {
    await using sources = await startSources(text(''), text('an image'));
    await expect(sources.resolve()).resolves.toBeUndefined();
  });

  it('is an error without the number if neither responds', async () => {
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
  ])('returns nothing of the response of %s', async (number) => {
    const response = await ask(`/qq/${number}`);
    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ error: 'upstream_failed' });
  });

  it('returns 504 if both sources are silent or slow', async () => {
    await Promise.all(['9990000032', '9990000033'].map((number) => ask(`/qq/${number}?size=640`).expect(504)));
    expect(asked('9990000032')).toEqual(['/g', '/headimg_dl']);
  });

  it('serves groups, and answers each fault of the sandbox', async () => {
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
    ['get_face, if getface requires a login', '9990000052'],
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

  it('finds no key of an unknown number, and refuses other text', async () => {
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

const OPENID = '0123456789ABCDEF0123456789ABCDEF';
const someone = { appId: '100000042', openid: OPENID, nickname: '林小满', raw: {} };
const sendImage: RequestListener = (req, res) => {
  res.end(pngOf(Number(/\d+$/.exec(req.url ?? '')?.[0]), undefined, req.url));
};

async function startPage(
  upstream: RequestListener,
  user: (hostUrl: string) => unknown = () => someone,
  timeoutMs = 4_000,
) {
  const host = await listen(upstream);
  const route = createUserAvatarRoute({ graphUrl: host.url }, { timeoutMs });
  const app = express();
  app.get('/avatar', (req, res, next) => {
    route.send(req, res, user(host.url) as QQUser).catch(next);
  });
  const page = await listen(app);
  return {
    forget: () => route.forget(user(host.url) as QQUser),
    ask: (query = '') => request(page.url).get(`/avatar${query}`),
    asked: host.asked,
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

describe("the signed-in user's avatar", () => {
  it('is private, checked by its ETag each time, and fetched once', async () => {
    await using page = await startPage(sendImage);
    const first = await page.ask().expect(200);
    expect(first.headers).toMatchObject({
      'cache-control': 'private, no-cache',
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'x-cache': 'MISS',
    });
    const again = await page.ask().set('If-None-Match', String(first.headers.etag)).expect(304);
    expect(again.headers).toMatchObject({ 'cache-control': 'private, no-cache', etag: first.headers.etag });
    expect(page.asked).toEqual([`/qqapp/100000042/${OPENID}/100`]);
  });

  it('is fetched again, in every size, after forget()', async () => {
    let picture = 'the old one';
    await using page = await startPage((_req, res) => void res.end(pngOf(100, 100, picture)));
    const old = await page.ask().expect('X-Cache', 'MISS');
    await page.ask('?size=40').expect('X-Cache', 'MISS');
    picture = 'the new one';
    await page.ask().expect('X-Cache', 'HIT');
    page.forget();
    const changed = await page.ask().set('If-None-Match', String(old.headers.etag)).expect(200);
    expect(changed.body).toEqual(pngOf(100, 100, picture));
    expect((await page.ask('?size=40')).body).toEqual(pngOf(100, 100, picture));
  });

  it('is loaded from the URLs of the login, in the size that fits best', async () => {
    const user = (host: string) => ({
      ...someone,
      figureurl_qq_1: `${host}/g?b=oidb&k=Small&s=40`,
      figureurl_qq_2: `${host}/g?b=oidb&k=Medium&s=100`,
      figureurl_qq: `${host}/g?b=oidb&k=Large&s=640`,
    });
    await using page = await startPage(sendImage, user);
    for (const size of [40, 100, 140, 640]) await page.ask(`?size=${size}`).expect(200);
    expect(page.asked).toEqual([
      '/g?b=oidb&k=Small&s=40',
      '/g?b=oidb&k=Medium&s=100',
      '/g?b=oidb&k=Large&s=140',
      '/g?b=oidb&k=Large&s=640',
    ]);
  });

  it('is loaded by APP ID and openid if the URL of the login is no longer valid', async () => {
    const user = (host: string) => ({ ...someone, figureurl_qq_2: `${host}/g?b=oidb&k=Old&s=100` });
    await using gone = await startPage((req, res) => {
      if (req.url?.startsWith('/g')) res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100));
      else sendImage(req, res);
    }, user);
    await gone.ask().expect(200).expect('Content-Type', 'image/png');
    expect(gone.asked).toEqual(['/g?b=oidb&k=Old&s=100', `/qqapp/100000042/${OPENID}/100`]);
    const elsewhere = { ...someone, figureurl_qq_2: 'http://169.254.169.254/latest/meta-data/' };
    await using hostile = await startPage(sendImage, () => elsewhere);
    await hostile.ask().expect(200).expect('Content-Type', 'image/png');
    expect(hostile.asked).toEqual([`/qqapp/100000042/${OPENID}/100`]);
  });

  it.each<[string, RequestListener]>([
    ['has none', (_req, res) => void res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100))],
    ['is away', (_req, res) => void res.destroy()],
    ['is silent', () => undefined],
    ['answers a page', (_req, res) => void res.end('<script>alert(1)</script>')],
    ['answers 500', (_req, res) => void res.writeHead(500).end()],
    [
      'redirects into the private network',
      (_req, res) => void res.writeHead(302, { Location: 'http://10.0.0.1/' }).end(),
    ],
  ])('is the initial letter where QQ %s', async (_what, upstream) => {
    await using page = await startPage(upstream, undefined, 200);
    const response = await page.ask('?size=40').expect(200);
    expect(response.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'private, no-cache',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
    });
    expect((response.body as Buffer).toString()).toMatch(/width="40".*>林<\/text>/);
    await page.ask('?size=40').set('If-None-Match', String(response.headers.etag)).expect(304);
  });

  it('is the letter, without a request to Tencent, if QQ returned no avatar', async () => {
    const empty = { figureurl_qq_1: '', figureurl_qq_2: '', figureurl_qq: null };
    await using page = await startPage(sendImage, () => ({ ...someone, raw: empty }));
    const response = await page.ask().expect(200).expect('Content-Type', 'image/svg+xml');
    expect((response.body as Buffer).toString()).toContain('>林</text>');
    expect(page.asked).toEqual([]);
  });

  it('is the avatar of 40 px if QQ has no larger one', async () => {
    const user = (host: string) => ({ ...someone, figureurl_qq_1: `${host}/g?b=oidb&k=Small&s=40` });
    await using page = await startPage((req, res) => {
      if (req.url?.endsWith('s=40')) sendImage(req, res);
      else res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100));
    }, user);
    const response = await page.ask('?size=640&format=base64').expect(200);
    expect(response.body).toMatchObject({ type: 'image/png', width: 40 });
  });

  it('drops a fetch that started before forget(), and keeps the old image only if Tencent fails', async () => {
    let picture: string | undefined = 'the old one';
    const waiting: (() => void)[] = [];
    await using page = await startPage((_req, res) => {
      if (picture === undefined) res.destroy();
      else waiting.push(() => res.end(pngOf(100, 100, picture)));
    });
    const started = async (): Promise<() => void> => {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      return waiting.shift() ?? (() => undefined);
    };
    const first = page.ask().then((response) => response.body as Buffer);
    const respond = await started();
    respond();
    page.forget();
    picture = 'the new one';
    (await started())();
    expect(await first).toEqual(pngOf(100, 100, picture));
    page.forget();
    picture = undefined;
    expect((await page.ask().expect('X-Cache', 'STALE')).body).toEqual(pngOf(100, 100, 'the new one'));
  });

  it('is fetched again after forget() by a router of ids too, and a missing avatar as well', async () => {
    let upstream: RequestListener = (_req, res) =>
      void res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100));
    const { appId, openid } = someone;
    await using site = await startAvatarSite((req, res) => upstream(req, res), {
      resolveId: () => ({ appId, openid: `${openid.slice(0, 31)}7` }),
    });
    const { forget } = createUserAvatarRoute({ graphUrl: site.host.url });
    await request(site.url).get('/avatars/id/one').expect(404);
    upstream = sendImage;
    await request(site.url).get('/avatars/id/one').expect(404);
    forget({ appId, openid: `${openid.slice(0, 31)}7` });
    const found = await request(site.url).get('/avatars/id/one').expect(200);
    upstream = (_req, res) => void res.end(pngOf(100, 100, 'the new one'));
    await request(site.url).get('/avatars/id/one').expect('X-Cache', 'HIT');
    forget({ appId, openid: `${openid.slice(0, 31)}7` });
    const changed = await request(site.url).get('/avatars/id/one').set('If-None-Match', String(found.headers.etag));
    expect([changed.status, changed.headers['x-cache']]).toEqual([200, 'MISS']);
    expect(changed.body).toEqual(pngOf(100, 100, 'the new one'));
  });

  it.each([
    ['of a server that stands in for QQ', { ...someone, openid: 'not/an openid', nickname: '' }, 'Q'],
    ['with a hostile nickname', { ...someone, openid: '', nickname: '<script>alert(1)</script>' }, '&lt;'],
    ['out of an older session', { nickname: 7, figureurl_qq: 3 }, 'Q'],
    ['that is empty', {}, 'Q'],
  ])('is a letter for a user %s', async (_what, user, letter) => {
    await using page = await startPage(sendImage, () => user);
    const response = await page.ask().expect(200);
    expect((response.body as Buffer).toString()).toContain(`>${letter}</text>`);
    expect(page.asked).toEqual([]);
  });

  it('is answered with 400 for an invalid size', async () => {
    await using page = await startPage(sendImage);
    await page.ask('?size=big').expect(400);
  });

  it('is also served by the avatar router, to a logged-in user', async () => {
    await using site = await startAvatarSite(sendImage, {
      before: (app) =>
        app.use((req, _res, next) => {
          if (req.headers.authorization) (req as { qqUser?: unknown }).qqUser = someone;
          next();
        }),
    });
    await request(site.url).get('/avatars/me').expect(401);
    const response = await request(site.url).get('/avatars/me').set('Authorization', 'yes').expect(200);
    expect(response.headers).toMatchObject({ 'cache-control': 'private, no-cache', 'content-type': 'image/png' });
  });
});

describe('the avatar of a user of a sandbox that runs under a name', () => {
  const resolveTo =
    (address: string): Resolve =>
    (_hostname, _options, done) =>
      done(null, [{ address, family: 4 }]);

  async function askUnderName(address: string) {
    await using host = await listen(sendImage);
    const origin = host.url.replace('127.0.0.1', 'sandbox.example');
    const route = createUserAvatarRoute({ graphUrl: origin }, { resolve: resolveTo(address) });
    const app = express();
    const figureurl = `${origin}/qqapp/100000042/${OPENID}/100`;
    const user: unknown = { ...someone, figureurl_qq_2: figureurl, raw: { figureurl_qq_2: figureurl } };
    app.get('/avatar', (req, res, next) => {
      route.send(req, res, user as QQUser).catch(next);
    });
    await using page = await listen(app);
    const response = await request(page.url).get('/avatar');
    return response;
  }

  it.each(['127.0.0.1'])('is fetched from that name on a local address (%s)', async (address) => {
    expect(await askUnderName(address)).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
  });

  it('is not fetched from a public address under that name', async () => {
    expect((await askUnderName('192.0.2.1')).headers['content-type']).not.toBe('image/png');
  });
});
