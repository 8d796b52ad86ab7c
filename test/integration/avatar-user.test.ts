import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { createUserAvatarRoute } from '../../src/avatars/user-avatar.js';
import { pngOf } from '../fixtures/avatar-files.js';
import { listen, startAvatarSite } from '../fixtures/avatar-host.js';
import type { RequestListener } from 'node:http';
import type { Resolve } from '../../src/avatars/addresses.js';
import type { QQUser } from '../../src/protocol/profile.js';

const OPENID = '0123456789ABCDEF0123456789ABCDEF';
const someone = { appId: '100000042', openid: OPENID, nickname: '林小满', raw: {} };
const hit: RequestListener = (req, res) => {
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
    await using page = await startPage(hit);
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
    await using page = await startPage(hit, user);
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
      else hit(req, res);
    }, user);
    await gone.ask().expect(200).expect('Content-Type', 'image/png');
    expect(gone.asked).toEqual(['/g?b=oidb&k=Old&s=100', `/qqapp/100000042/${OPENID}/100`]);
    const elsewhere = { ...someone, figureurl_qq_2: 'http://169.254.169.254/latest/meta-data/' };
    await using hostile = await startPage(hit, () => elsewhere);
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
    await using page = await startPage(hit, () => ({ ...someone, raw: empty }));
    const response = await page.ask().expect(200).expect('Content-Type', 'image/svg+xml');
    expect((response.body as Buffer).toString()).toContain('>林</text>');
    expect(page.asked).toEqual([]);
  });

  it('is the avatar of 40 px if QQ has no larger one', async () => {
    const user = (host: string) => ({ ...someone, figureurl_qq_1: `${host}/g?b=oidb&k=Small&s=40` });
    await using page = await startPage((req, res) => {
      if (req.url?.endsWith('s=40')) hit(req, res);
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
    upstream = hit;
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
  ])('is a letter, and no exception, for a user %s', async (_what, user, letter) => {
    await using page = await startPage(hit, () => user);
    const response = await page.ask().expect(200);
    expect((response.body as Buffer).toString()).toContain(`>${letter}</text>`);
    expect(page.asked).toEqual([]);
  });

  it('answers 400 to a size that is none', async () => {
    await using page = await startPage(hit);
    await page.ask('?size=big').expect(400);
  });

  it('is also served by the avatar router, to a logged-in user', async () => {
    await using site = await startAvatarSite(hit, {
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
    await using host = await listen(hit);
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
