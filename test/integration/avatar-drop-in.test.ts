import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { gifOf, pngOf } from '../fixtures/avatar-files.js';
import { startAvatarSite, tools } from '../fixtures/avatar-host.js';
import { realImages } from '../fixtures/avatar-images.js';
import { okayapiSuite } from '../fixtures/avatar-okayapi-suite.js';
import type { RequestListener } from 'node:http';

const QQ = '9990000001';
const hit: RequestListener = (req, res) => void res.end(pngOf(100, 100, req.url));
const miss: RequestListener = (_req, res) => void res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100));
const dead: RequestListener = (_req, res) => void res.destroy();

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
      const response = await request(site.url).get('/avatars/api/user/get_avatar').query({ appid: 'app 1', user: QQ });
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
      const response = await request(site.url).get('/avatars/api/user/get_avatar').query({ appid: 'app 1', user: QQ });
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
    const response = await request(missing.url).get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`).expect(200);
    expect(response.text).toBe('{"code":404,"msg":"用户不存在"}');
  });

  it('says in code that the application could not tell whose avatar it is', async () => {
    const broken = (): never => {
      throw new Error('the database is away');
    };
    for (const resolve of [broken, () => ({ uin: 'no number' })]) {
      await using site = await startAvatarSite(hit, { resolveUser: resolve });
      const answer = await request(site.url).get(`/avatars/api/user/get_avatar?appid=app&user=${QQ}`).expect(200);
      expect(answer.body).toEqual({ code: 502, msg: '暂时无法获取头像' });
    }
  });

  it('says in code that Tencent fails or that it is too much', async () => {
    await using down = await startAvatarSite(dead, { resolveUser });
    const failed = await request(down.url).get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`).expect(200);
    expect(failed.body).toMatchObject({ code: 502 });
    await using limited = await startAvatarSite(hit, { resolveUser, rateLimit: { total: 1 } });
    await request(limited.url).get(`/avatars/api/user/get_avatar?appid=app+1&user=${QQ}`);
    const refused = await request(limited.url).get('/avatars/api/user/get_avatar?appid=app+1&user=12345').expect(200);
    expect(refused.body).toMatchObject({ code: 429 });
  });
});
