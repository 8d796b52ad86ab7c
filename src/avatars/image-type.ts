import type { AvatarImage } from './types.js';

/** Type and dimensions of an image file. */
export type ImageInfo = Pick<AvatarImage, 'type' | 'width' | 'height'>;

// A smaller image is a tracking pixel. A larger one takes too much memory when it is decoded.
const MIN_PIXELS = 16;
const MAX_PIXELS = 4_096;

/**
 * Reads type and dimensions of a png, jpeg, gif or webp from its bytes, because its label can be wrong. Returns
 * `undefined` for every other file, for one that is cut off, and for dimensions that are too small or too large.
 */
export function readImage(bytes: Buffer): ImageInfo | undefined {
  const image = png(bytes) ?? jpeg(bytes) ?? gif(bytes) ?? webp(bytes);
  if (!image || Math.min(image.width, image.height) < MIN_PIXELS) return undefined;
  return Math.max(image.width, image.height) > MAX_PIXELS ? undefined : image;
}

function has(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

// W3C Portable Network Graphics: the signature, IHDR first, IEND last.
function png(bytes: Buffer): ImageInfo | undefined {
  if (bytes.length < 45 || !has(bytes, 0, '\x89PNG\r\n\x1a\n') || !has(bytes, 12, 'IHDR')) return undefined;
  if (bytes.lastIndexOf('IEND', undefined, 'latin1') < 33) return undefined;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

// ITU-T T.81 annex B: segments up to a start of frame (C0 to CF but C4, C8 and CC), and an end of image after it.
function jpeg(bytes: Buffer): ImageInfo | undefined {
  if (!has(bytes, 0, '\xff\xd8\xff')) return undefined;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (bytes.lastIndexOf('\xff\xd9', undefined, 'latin1') < at) return undefined;
      return { type: 'image/jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    }
    // Image data, or its end, before any frame.
    if (marker === 0xd9 || marker === 0xda) return undefined;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function gif(bytes: Buffer): ImageInfo | undefined {
  if (bytes.length < 26 || !(has(bytes, 0, 'GIF87a') || has(bytes, 0, 'GIF89a'))) return undefined;
  return { type: 'image/gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

// RFC 9649: a RIFF container with a lossy (VP8), a lossless (VP8L) or an extended (VP8X) image in it.
function webp(bytes: Buffer): ImageInfo | undefined {
  if (bytes.length < 25 || !has(bytes, 0, 'RIFF') || !has(bytes, 8, 'WEBP')) return undefined;
  if (bytes.readUInt32LE(4) + 8 > bytes.length) return undefined;
  const type = 'image/webp';
  if (has(bytes, 12, 'VP8L') && bytes[20] === 0x2f) {
    const packed = bytes.readUInt32LE(21);
    return { type, width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  }
  // Only a lossless image can have fewer bytes.
  if (bytes.length < 30) return undefined;
  if (has(bytes, 12, 'VP8X')) return { type, width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  if (!has(bytes, 12, 'VP8 ') || !has(bytes, 23, '\x9d\x01\x2a')) return undefined;
  return { type, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
}
