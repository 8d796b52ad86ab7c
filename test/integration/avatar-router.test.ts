import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { gifOf, pngOf } from '../fixtures/avatar-files.js';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { DAY, MINUTE, startAvatarSite, tools } from '../fixtures/avatar-host.js';
import { realImages } from '../fixtures/avatar-images.js';
import { okayapiSuite } from '../fixtures/avatar-okayapi-suite.js';
import { avatarRouterSuite } from '../fixtures/avatar-router-suite.js';
import type { RequestListener } from 'node:http';

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

  it('returns a small image if there is no larger one, and the larger one otherwise', async () => {
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
    ])('answers exactly its error to %s', async (_what, parameters) => {
      await using site = await startAvatarSite(hit, { resolveUser });
      const response = await request(site.url).get('/avatars/api/user/get_avatar').query(parameters).expect(200);
      expect(response.text).toBe('{"code":204,"msg":"接口参数错误"}');
      expect(response.headers['content-type']).toBe('application/json;charset=utf-8');
    });

    it('answers exactly its error for an unknown user, and for one without an avatar', async () => {
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
