import { Agent, request as httpRequest } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import session from 'express-session';
import { startSite } from '../support/site.js';

const LOGINS = process.env.NIGHTLY === undefined ? 2_000 : 100_000;
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
    ['that begin a login', '/auth/qq/login?returnTo=/private', 302],
    ['that a guard answers', '/private', 401],
    ['with an unknown state', '/auth/qq/callback?code=A&state=B', 400],
  ])(
    '%s leaves nothing in the store and no growth in memory',
    async (_what, path, status) => {
      const store = new CountingStore();
      await using site = await startSite({ store });
      await flood(site.url + path, Math.min(LOGINS, 2_000)); // until everything is compiled and every pool is full
      const before = usedHeap();
      expect([...(await flood(site.url + path, LOGINS))]).toEqual([status]);
      expect((usedHeap() - before) / MEGABYTE).toBeLessThan(3);
      expect(store.touched).toBe(0);
    },
    60_000 + LOGINS * 10,
  );
});
