import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readImage } from '../../src/avatars/image-type.js';
import { flatImages } from '../fixtures/avatar-flat-images.js';
import { realImages } from '../fixtures/avatar-images.js';
import { gifOf, pngOf, vp8Of } from '../fixtures/avatar-files.js';

describe('reading an image', () => {
  it('knows type and dimensions of each format', () => {
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
