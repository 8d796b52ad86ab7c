import { Agent, get, request as httpRequest } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import session from 'express-session';
import request from 'supertest';
import { pngOf } from '../fixtures/avatar-files.js';
import { MINUTE, startAvatarSite } from '../fixtures/avatar-host.js';
import { isNightly } from '../support/nightly.js';
import { startSite } from '../support/site.js';
import type { RequestListener } from 'node:http';

const LOGINS = isNightly ? 100_000 : 1_000;

const AT_ONCE = 32;

const MEGABYTE = 1024 * 1024;

class CountingStore extends session.MemoryStore {
  touched = 0;

  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    this.touched += 1;
    super.set(id, data, callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.touched += 1;
    super.destroy(id, callback);
  }
}

async function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}

async function flood(url: string, count: number): Promise<Set<number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses = new Set<number>();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      statuses.add(await statusOf(url, agent));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return statuses;
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

describe(`an anonymous flood of ${LOGINS} requests`, () => {
  it.each([
    ['that start a login', '/auth/qq/login?returnTo=/private', 302],
    ['that a guard answers', '/private', 401],
    ['with an unknown state', '/auth/qq/callback?code=A&state=B', 400],
  ])(
    '%s leaves nothing in the store and no growth in memory',
    async (_what, path, status) => {
      const store = new CountingStore();
      await using site = await startSite({ store });
      await flood(site.url + path, Math.min(LOGINS, 1_000)); // until everything is compiled and every pool is full
      const before = usedHeap();
      expect([...(await flood(site.url + path, LOGINS))]).toEqual([status]);
      expect((usedHeap() - before) / MEGABYTE).toBeLessThan(3);
      expect(store.touched).toBe(0);
    },
    60_000 + LOGINS * 10,
  );
});

describe('a flood of requests for avatars', () => {
  const hit: RequestListener = (req, res) => void res.end(pngOf(100, 100, req.url));

  /** Sends requests over 100 connections and counts the answers by status and `X-Cache`. */
  async function flood(urls: string[], headers: (index: number) => Record<string, string> = () => ({})) {
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const counts: Record<string, number> = {};
    await Promise.all(
      urls.map(
        (url, index) =>
          new Promise<void>((resolve, reject) => {
            get(url, { agent, headers: headers(index) }, (res) => {
              const answer = `${res.statusCode} ${String(res.headers['x-cache'])}`;
              counts[answer] = (counts[answer] ?? 0) + 1;
              res.resume().once('end', resolve);
            }).once('error', reject);
          }),
      ),
    );
    agent.destroy();
    return counts;
  }

  it('causes one upstream request for 1,000 concurrent requests of one avatar', async () => {
    await using site = await startAvatarSite((req, res) => void setTimeout(() => hit(req, res), 100));
    const urls = Array<string>(1_000).fill(`${site.url}/avatars/qq/9990000001`);
    const counts = await flood(urls);
    expect(site.host.asked).toEqual(['/g?b=qq&nk=9990000001&s=100']);
    expect((counts['200 MISS'] ?? 0) + (counts['200 HIT'] ?? 0)).toBe(1_000);
  });

  it('causes one upstream request for concurrent requests of a missing avatar', async () => {
    const upstream: RequestListener = (_req, res) =>
      void setTimeout(() => res.writeHead(200, { 'X-Info': 'notexist: -1' }).end(pngOf(100)), 100);
    await using site = await startAvatarSite(upstream);
    const counts = await flood(Array<string>(1_000).fill(`${site.url}/avatars/qq/9990000001`));
    expect((counts['404 MISS'] ?? 0) + (counts['404 HIT'] ?? 0)).toBe(1_000);
    // The one number at its one size and its second source.
    expect(site.host.asked).toHaveLength(2);
  });

  it('is limited in its upstream requests, while cached avatars are served', async () => {
    await using site = await startAvatarSite(hit, { rateLimit: { perClient: 50 } });
    const cold = Array.from({ length: 500 }, (_, index) => `${site.url}/avatars/qq/${9_990_000_000 + index}`);
    expect(await flood(cold)).toEqual({ '200 MISS': 50, '429 MISS': 450 });
    expect(site.host.asked).toHaveLength(50);
    const fetched = site.host.asked.map((path) => `${site.url}/avatars/qq/${/nk=(\d+)/.exec(path)?.[1]}`);
    expect(await flood(fetched.flatMap((url) => Array<string>(10).fill(url)))).toEqual({ '200 HIT': 500 });
    site.advance(MINUTE / 50);
    const further = cold.filter((url) => !fetched.includes(url)).slice(0, 10);
    expect(await flood(further)).toEqual({ '200 MISS': 1, '429 MISS': 9 });
  });

  it('is answered with Retry-After, or with a letter if the request allows one', async () => {
    await using site = await startAvatarSite(hit, { rateLimit: { perClient: 1 } });
    await request(site.url).get('/avatars/qq/9990000001').expect(200);
    const refused = await request(site.url).get('/avatars/qq/9990000002').expect(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '60', 'cache-control': 'no-store' });
    expect(refused.body).toMatchObject({ error: 'rate_limited' });
    const letter = await request(site.url).get('/avatars/qq/9990000002?d=letter').expect(429);
    expect(letter.headers['content-type']).toBe('image/svg+xml');
  });

  it('is limited in total if it comes from many addresses behind a proxy', async () => {
    await using site = await startAvatarSite(hit, {
      rateLimit: { perClient: 10, total: 200 },
      before: (app) => app.set('trust proxy', 1),
    });
    const cold = Array.from({ length: 800 }, (_, index) => `${site.url}/avatars/qq/${9_990_000_000 + index}`);
    const counts = await flood(cold, (index) => ({ 'X-Forwarded-For': `198.51.${index >> 8}.${index & 255}` }));
    expect(counts).toEqual({ '200 MISS': 200, '429 MISS': 600 });
  });

  it('cannot change its limit by a header if no proxy is trusted', async () => {
    await using site = await startAvatarSite(hit, { rateLimit: { perClient: 10 } });
    const cold = Array.from({ length: 100 }, (_, index) => `${site.url}/avatars/qq/${9_990_000_000 + index}`);
    const counts = await flood(cold, (index) => ({ 'X-Forwarded-For': `198.51.100.${index}` }));
    expect(counts).toEqual({ '200 MISS': 10, '429 MISS': 90 });
  });

  it('keeps the cache within its limit, with another image for each request', async () => {
    const cacheBytes = 256 * 1024;
    const upstream: RequestListener = (req, res) => void res.end(pngOf(100, 100, `${req.url} ${'x'.repeat(3_000)}`));
    await using site = await startAvatarSite(upstream, { cacheBytes, rateLimit: { perClient: 5_000, total: 5_000 } });
    const cold = Array.from({ length: 300 }, (_, index) => `${site.url}/avatars/qq/${9_990_000_000 + index}`);
    expect(await flood(cold)).toEqual({ '200 MISS': 300 });
    expect(site.service.bytes).toBeLessThanOrEqual(cacheBytes);
    expect(site.service.bytes).toBeGreaterThan(cacheBytes / 2);
  });
});
