import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { pngOf } from '../fixtures/avatar-files.js';
import { DAY, MINUTE, startAvatarSite, tools } from '../fixtures/avatar-host.js';
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

  it('asks for 100 where there is no 640', async () => {
    await using site = await startAvatarSite((req, res) => (req.url?.endsWith('640') ? miss : hit)(req, res));
    const response = await request(site.url).get(`/avatars/qq/${UIN}?size=640&format=base64`).expect(200);
    expect(response.body).toMatchObject({ width: 100 });
    expect(asked(site.host)).toEqual(['/g?b=qq&nk=N&s=640', '/g?b=qq&nk=N&s=100']);
  });

  it.each([
    ['X-Info', { 'X-Info': 'notexist:0' }],
    ['a Last-Modified in 1990', { 'Last-Modified': 'Mon, 01 Jan 1990 08:00:00 GMT' }],
  ])('knows a miss by %s, with status 200 and a placeholder', async (_what, headers) => {
    await using site = await startAvatarSite((_req, res) => void res.writeHead(200, headers).end(pngOf(100)));
    await request(site.url).get(`/avatars/qq/${UIN}`).expect(404);
    expect(asked(site.host)).toEqual(['/g?b=qq&nk=N&s=100', '/headimg_dl?dst_uin=N&spec=100']);
  });

  it('knows the placeholder by its MD5, where no header gives it away', async () => {
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

  it('takes a small image for what it is where there is no larger one, and the larger one where there is', async () => {
    const sizes: Record<string, number> = { 640: 46, 100: 64 };
    await using site = await startAvatarSite((req, res) => {
      res.end(pngOf(sizes[/\d+$/.exec(req.url ?? '')?.[0] ?? ''] ?? 40));
    });
    const response = await request(site.url).get(`/avatars/qq/${UIN}?size=640&format=base64`);
    expect(response.body).toMatchObject({ width: 64 });
    expect(asked(site.host)).toHaveLength(2);
  });

  it('goes on where a body is broken, and to the second source where the first is dead', async () => {
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
  ])('never passes on %s', async (_what, type, body) => {
    await using site = await startAvatarSite(
      (_req, res) => void res.writeHead(200, { 'Content-Type': type }).end(body),
    );
    const response = await request(site.url).get(`/avatars/qq/${UIN}`);
    expect(response.status).toBe(502);
    expect(response.body).toEqual({ error: 'upstream_failed', message: expect.any(String) });
    expect(response.headers['cache-control']).toBe('no-store');
    await request(site.url).get(`/avatars/qq/${UIN}?d=letter`).expect(200).expect('Content-Type', 'image/svg+xml');
  });

  it('answers 504 where Tencent is too slow', async () => {
    await using site = await startAvatarSite(() => undefined, { seams: { timeoutMs: 100 } });
    const response = await request(site.url).get(`/avatars/qq/${UIN}`).expect(504);
    expect(response.headers['retry-after']).toBe('30');
  });
});

describe('over time', () => {
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
