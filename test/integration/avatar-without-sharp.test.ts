import { expect, it, jest } from '@jest/globals';
import request from 'supertest';
import { pngOf } from '../fixtures/avatar-files.js';
import { realImages } from '../fixtures/avatar-images.js';
import { collectWarnings } from '../support/warnings.js';

jest.unstable_mockModule('sharp', () => {
  throw Object.assign(new Error("Cannot find package 'sharp'"), { code: 'ERR_MODULE_NOT_FOUND' });
});
const { startAvatarSite } = await import('../fixtures/avatar-host.js');

const resolveUser = (_appid: string, user: string) => ({ uin: user });

it('the nobase form without sharp returns a JPEG, answers code 404 for other images, and warns once at start-up', async () => {
  using warnings = collectWarnings();
  const upstream: { body: Buffer } = { body: Buffer.from(realImages.jpeg.base64, 'base64') };
  await using site = await startAvatarSite((_req, res) => void res.end(upstream.body), { resolveUser });
  await using another = await startAvatarSite((_req, res) => void res.end(), { resolveUser });
  const ask = (user: string) => request(site.url).get('/avatars/api/user/get_avatar').query({ appid: 'a', user });
  expect((await ask('9990000001').expect('Content-Type', 'image/jpeg')).body).toEqual(upstream.body);
  expect([...warnings]).toEqual([
    { type: 'QQConnectWarning', code: 'QQ_AVATAR_SHARP', message: expect.stringContaining('npm install sharp') },
  ]);
  expect(another.host.asked).toEqual([]);
  upstream.body = pngOf(100);
  expect((await ask('9990000002')).body).toEqual({ code: 404, msg: expect.stringContaining('sharp') });
  expect(warnings).toHaveLength(1);
});

it('an avatar router without resolveUser does not warn about sharp', async () => {
  using warnings = collectWarnings();
  await using site = await startAvatarSite((_req, res) => void res.end(pngOf(100)));
  await request(site.url).get('/avatars/qq/9990000001').expect('Content-Type', 'image/png');
  expect(warnings).toHaveLength(0);
});
