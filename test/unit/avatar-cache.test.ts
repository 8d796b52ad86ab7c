import { describe, expect, it, jest } from '@jest/globals';
import { AvatarCache } from '../../src/avatars/avatar-cache.js';
import type { Loaded } from '../../src/avatars/avatar-cache.js';
import type { AvatarImage } from '../../src/avatars/types.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function imageOf(text: string): AvatarImage {
  return { body: Buffer.from(text), type: 'image/png', width: 100, height: 100 };
}

function setUp(maxBytes = 1_000_000) {
  let now = 1_000_000;
  const cache = new AvatarCache(
    maxBytes,
    (_image, etag) => ({ ETag: etag }),
    () => now,
  );
  const load = jest.fn<() => Promise<Loaded>>();
  const admit = jest.fn(() => 0);
  return {
    cache,
    load,
    admit,
    advance: (ms: number) => (now += ms),
    ask: async (key = 'one') => {
      const found = await cache.lookup(key, { load, admit });
      return [found.cache, found.avatar ? found.avatar.body.toString() : found.problem];
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

const down: Loaded = { problem: 'failed', status: 504 };

describe('the avatar cache', () => {
  it('serves an image for 24 hours without asking again', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValue({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'a']);
    advance(DAY - 1);
    expect(await ask()).toEqual(['HIT', 'a']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('serves it stale for seven days more while it is fetched again', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('old') }).mockResolvedValueOnce({ image: imageOf('new') });
    await ask();
    advance(8 * DAY - 1);
    expect(await ask()).toEqual(['STALE', 'old']);
    await settle();
    expect(await ask()).toEqual(['HIT', 'new']);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('waits for a new image after that, and serves the old one for 30 days where Tencent fails', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('old') }).mockResolvedValue(down);
    await ask();
    advance(8 * DAY);
    expect(await ask()).toEqual(['STALE', 'old']);
    // Not asked again at once.
    expect(await ask()).toEqual(['STALE', 'old']);
    expect(load).toHaveBeenCalledTimes(2);
    advance(23 * DAY - 1);
    expect(await ask()).toEqual(['STALE', 'old']);
    advance(MINUTE);
    expect(await ask()).toEqual(['MISS', 'failed']);
  });

  it('leaves Tencent alone for half a minute after a failure', async () => {
    const { ask, load, advance } = setUp();
    load.mockResolvedValueOnce(down).mockResolvedValueOnce({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'failed']);
    advance(29_999);
    expect(await ask()).toEqual(['HIT', 'failed']);
    advance(1);
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('remembers a miss for ten minutes and never as an image', async () => {
    const { ask, load, advance, cache } = setUp();
    load.mockResolvedValueOnce({}).mockResolvedValueOnce({ image: imageOf('a') });
    expect(await ask()).toEqual(['MISS', 'miss']);
    expect(cache.fresh('one')).toBeUndefined();
    advance(10 * MINUTE - 1);
    expect(await ask()).toEqual(['HIT', 'miss']);
    advance(1);
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('does not let a miss replace an image that is still good to be served stale', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('good') }).mockResolvedValue({});
    await ask();
    advance(DAY);
    expect(await ask()).toEqual(['STALE', 'good']);
    await settle();
    expect(await ask()).toEqual(['STALE', 'good']);
    expect(load).toHaveBeenCalledTimes(2);
    advance(7 * DAY);
    expect(await ask()).toEqual(['MISS', 'miss']);
  });

  it('forgets the image of an id that the application no longer knows', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('a') }).mockResolvedValue({ problem: 'unknown' });
    await ask();
    advance(DAY);
    await ask();
    await settle();
    expect(await ask()).toEqual(['HIT', 'unknown']);
  });

  it('loads once, however many ask at the same moment', async () => {
    const { cache, load, admit } = setUp();
    load.mockImplementation(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { image: imageOf('a') };
    });
    const found = await Promise.all(Array.from({ length: 1_000 }, () => cache.lookup('one', { load, admit })));
    expect(new Set(found.map(({ avatar }) => avatar?.body.toString()))).toEqual(new Set(['a']));
    expect(load).toHaveBeenCalledTimes(1);
    expect(admit).toHaveBeenCalledTimes(1);
  });

  it('asks for leave before a load, never for a hit, and serves stale rather than nothing', async () => {
    const { ask, load, admit, advance } = setUp();
    load.mockResolvedValue({ image: imageOf('a') });
    await ask();
    admit.mockReturnValue(7);
    expect(await ask()).toEqual(['HIT', 'a']);
    expect(await ask('other')).toEqual(['MISS', 'limited']);
    advance(8 * DAY);
    expect(await ask()).toEqual(['STALE', 'a']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("passes on what the application's own code throws, and stays usable", async () => {
    const { ask, load } = setUp();
    load.mockRejectedValueOnce(new Error('the database is away')).mockResolvedValueOnce({ image: imageOf('a') });
    await expect(ask()).rejects.toThrow('the database is away');
    expect(await ask()).toEqual(['MISS', 'a']);
  });

  it('gives the same image the same strong ETag, another one another', async () => {
    const { cache, load, admit } = setUp();
    load
      .mockResolvedValueOnce({ image: imageOf('a') })
      .mockResolvedValueOnce({ image: imageOf('a') })
      .mockResolvedValueOnce({ image: imageOf('b') });
    const tags = [];
    for (const key of ['1', '2', '3']) tags.push((await cache.lookup(key, { load, admit })).avatar?.etag);
    expect(tags[0]).toMatch(/^"[\w-]{27}"$/);
    expect(tags[0]).toBe(tags[1]);
    expect(tags[0]).not.toBe(tags[2]);
  });
});

// A million in the nightly run: AVATAR_KEYS=1000000.
const keys = Number(process.env.AVATAR_KEYS ?? 20_000);

describe(`the byte budget under ${keys} different keys`, () => {
  it('is kept by images and by misses, in the account and in the memory of the process', async () => {
    const budget = 4 * 1024 * 1024;
    const { cache, load, admit } = setUp(budget);
    const before = process.memoryUsage().arrayBuffers;
    let largest = 0;
    for (let key = 0; key < keys; key++) {
      const missing = key % 3 === 0;
      const body = missing ? undefined : Buffer.allocUnsafeSlow(500 + (key % 7_000));
      load.mockResolvedValueOnce(body ? { image: { ...imageOf(''), body } } : {});
      await cache.lookup(`qq/${1_000_000 + key}/100`, { load, admit });
      largest = Math.max(largest, cache.bytes);
      if (key % 1_000 === 0) load.mockClear();
    }
    expect(largest).toBeLessThanOrEqual(budget);
    expect(largest).toBeGreaterThan(budget / 2);
    global.gc?.();
    // Garbage that is not collected yet counts here too.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
    // The last one is still there, the first one long gone.
    expect(cache.fresh(`qq/${1_000_000 + keys - 1 - ((keys - 1) % 3 === 0 ? 1 : 0)}/100`)).toBeDefined();
    expect(cache.fresh('qq/1000001/100')).toBeUndefined();
  }, 600_000);
});
