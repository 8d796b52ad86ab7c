import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { AvatarCache } from '../../src/avatars/avatar-cache.js';
import { readImage } from '../../src/avatars/image-type.js';
import { drawLetter, initialOf } from '../../src/avatars/letter.js';
import { MissLimiter } from '../../src/avatars/miss-limiter.js';
import { gifOf, pngOf, vp8Of } from '../fixtures/avatar-files.js';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { realImages } from '../fixtures/avatar-images.js';
import type { Loaded } from '../../src/avatars/avatar-cache.js';
import type { AvatarImage } from '../../src/avatars/types.js';

describe('reading an image', () => {
  it('returns type and dimensions of each format', () => {
    expect(readImage(pngOf(40, 30))).toEqual({ type: 'image/png', width: 40, height: 30 });
    expect(readImage(gifOf(40, 30))).toEqual({ type: 'image/gif', width: 40, height: 30 });
    expect(readImage(vp8Of(40, 30))).toEqual({ type: 'image/webp', width: 40, height: 30 });
    for (const format of ['jpeg', 'gif', 'webp'] as const) {
      const expected = { type: `image/${format}`, width: 140, height: 140 };
      expect(readImage(flatImages[format](140, 200))).toEqual(expected);
    }
  });

  it.each(Object.entries(realImages))('reads a %s that a browser wrote', (_name, { type, base64 }) => {
    expect(readImage(Buffer.from(base64, 'base64'))).toEqual({ type, width: 100, height: 60 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['HTML', Buffer.from('<!DOCTYPE html><script>alert(1)</script>')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>')],
    ['XML before an SVG', Buffer.from('<?xml version="1.0"?><svg width="100" height="100"/>')],
    ['a bitmap', Buffer.concat([Buffer.from('BM'), Buffer.alloc(100)])],
    ['an icon', Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(100)])],
    ['a PDF', Buffer.from('%PDF-1.7 '.padEnd(200))],
    ['JSON', Buffer.from('{"ret":0}'.padEnd(60))],
    ['an AVIF', Buffer.from('\0\0\0\x20ftypavif'.padEnd(60), 'latin1')],
    ['a sound in the same container as WebP', Buffer.from('RIFF\x20\0\0\0WAVEfmt '.padEnd(60), 'latin1')],
    ['one pixel', pngOf(1, 1)],
    ['a strip', pngOf(640, 8)],
    ['a bomb', pngOf(60_000, 60_000)],
    ['a PNG that is cut off', pngOf(100, 100).subarray(0, 40)],
    ['a JPEG that is cut off', flatImages.jpeg(100, 200).subarray(0, 150)],
    ['a WebP that is cut off', Buffer.from(realImages.webpLossy.base64, 'base64').subarray(0, 200)],
    ['a JPEG whose first segment never ends', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0, 0, 0, 0])],
    ['a PNG behind a blank', Buffer.concat([Buffer.from(' '), pngOf(100, 100)])],
  ])('refuses %s', (_name, bytes) => {
    expect(readImage(bytes)).toBeUndefined();
  });

  it('survives any bytes behind any signature', () => {
    const signatures = ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8 ', 'RIFF\0\0\0\0WEBPVP8X'];
    const signature = fc.constantFrom(...signatures).map((text) => Buffer.from(text, 'latin1'));
    fc.assert(
      fc.property(signature, fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        const image = readImage(Buffer.concat([start, rest]));
        if (image) expect(Math.min(image.width, image.height)).toBeGreaterThanOrEqual(16);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the letter in place of an avatar', () => {
  it.each([
    ['林小满', '林'],
    ['alice', 'A'],
    ['  é', 'É'],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦'],
    ['🇨🇳中', '🇨🇳'],
    ['\u202e\u200bxy', 'X'],
    ['\u0000\u0007b', 'B'],
    ['\ud83d', 'Q'],
    ['\ude00abc', 'A'],
    ['\ufffd\ufffd晚安', '晚'],
    ['\ufffd', 'Q'],
    ['\u3164\u2800x', 'X'],
    ['🌙晚安', '🌙'],
    ['👍🏽', '👍🏽'],
    ['\u200d🐳', '🐳'],
    ['.', '.'],
    ['', 'Q'],
    [' \n\t', 'Q'],
    [`a${'\u0301'.repeat(5_000)}`, 'A'],
  ])('of %j is %j', (nickname, initial) => {
    expect(initialOf(nickname)).toBe(initial);
  });

  it('escapes what a nickname can break out with', () => {
    for (const nickname of ['<script>', '&amp;', '"x', "'x"]) {
      const svg = drawLetter(nickname, 100).toString();
      expect(svg).toMatch(/>&(?:lt|amp|quot|#39);<\/text><\/svg>$/);
    }
  });

  it('is well-formed and small for any nickname', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (nickname) => {
        const svg = drawLetter(nickname, 40).toString();
        const text = />([^<]*)<\/text><\/svg>$/.exec(svg)?.[1];
        expect(text).toMatch(/^(?:[^&<>"']|&(?:amp|lt|gt|quot|#39);)+$/);
        // eslint-disable-next-line no-control-regex -- what XML does not allow
        expect(svg).not.toMatch(/[\u0000-\u001f\ufffe\uffff]/);
        expect(svg.length).toBeLessThan(700);
      }),
      { numRuns: 2_000 },
    );
  });
});

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

  it('keeps a stale image when a later fetch finds none', async () => {
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

  it('deletes the image of an ID for which the application returns no user any more', async () => {
    const { ask, load, advance, settle } = setUp();
    load.mockResolvedValueOnce({ image: imageOf('a') }).mockResolvedValue({ problem: 'unknown' });
    await ask();
    advance(DAY);
    await ask();
    await settle();
    expect(await ask()).toEqual(['HIT', 'unknown']);
  });

  it('loads an image once for concurrent requests', async () => {
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

  it('checks the limit before a load, not for a hit, and serves a stale image at the limit', async () => {
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

describe('the limit on fetches', () => {
  function setUp(perClient: number, total: number) {
    let now = 0;
    const limiter = new MissLimiter({ perClient, total }, () => now);
    return { take: (ip: string) => limiter.take(ip), advance: (ms: number) => (now += ms) };
  }

  it('limits the fetches of each client per minute, and returns the seconds until the next one', () => {
    const { take, advance } = setUp(3, 100);
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0]);
    expect(take('a')).toBe(20);
    expect(take('b')).toBe(0);
    advance(20_000);
    expect(take('a')).toBe(0);
    expect(take('a')).toBe(20);
  });

  it('limits the fetches of all addresses together', () => {
    const { take, advance } = setUp(3, 10);
    const admitted = Array.from({ length: 5_000 }, (_, index) => take(`192.0.2.${index}`)).filter((wait) => wait === 0);
    expect(admitted).toHaveLength(10);
    advance(60_000);
    expect(take('192.0.2.7')).toBe(0);
  });

  it('counts a /64 of IPv6, and an IPv4 address in either form, as one client', () => {
    const { take } = setUp(1, 100);
    expect(take('2400:1::1')).toBe(0);
    expect(take('2400:1:0:0:ffff::2')).toBeGreaterThan(0);
    expect(take('2400:1:0:1::1')).toBe(0);
    expect(take('::ffff:8.8.8.8')).toBe(0);
    expect(take('8.8.8.8')).toBeGreaterThan(0);
  });

  it('never saves up more than a minute, whatever the clock does', () => {
    const { take, advance } = setUp(2, 100);
    advance(3_600_000);
    expect([take('a'), take('a'), take('a') > 0]).toEqual([0, 0, true]);
    advance(-7_200_000);
    expect(take('b')).toBe(0);
  });
});
