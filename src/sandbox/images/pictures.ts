import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** The sizes of the image files, in px. */
const SIZES = [30, 40, 50, 100, 140, 640] as const;
const PLACEHOLDER_SIZES = [40, 100, 640] as const;
const ANIMALS = ['bear', 'cat', 'rabbit'] as const;
/** Red, green and blue take each other's place, which makes three pictures of each file. */
const CHANNELS = 3;

/** The picture with a number: the same animal in the same colours in every size. There are nine different ones. */
export function pictureOf(number: number, size: number): Buffer {
  const animal = ANIMALS[number % ANIMALS.length] ?? 'bear';
  return recolour(read(animal, fitting(SIZES, size)), Math.floor(number / ANIMALS.length));
}

/** A picture for a text such as a QQ number. */
export function pictureFor(text: string, size: number): Buffer {
  return pictureOf(createHash('sha256').update(text).digest().readUInt16BE(), size);
}

/** The image for a user without an avatar. */
export function placeholder(size: number): Buffer {
  return read('no-avatar', fitting(PLACEHOLDER_SIZES, size));
}

function fitting(sizes: readonly number[], size: number): number {
  return sizes.findLast((one) => one <= size) ?? sizes[0] ?? size;
}

function read(name: string, size: number): Buffer {
  return readFileSync(new URL(`./${name}-${size}.png`, import.meta.url));
}

/** Shifts the channels of a PNG's palette. */
function recolour(png: Buffer, shift: number): Buffer {
  const type = png.indexOf('PLTE');
  const end = type + 4 + png.readUInt32BE(type - 4);
  const copy = Buffer.from(png);
  for (let at = 0; at < end - type - 4; at++) {
    const colour = type + 4 + at - (at % CHANNELS);
    copy[colour + (at % CHANNELS)] = png[colour + ((at + shift) % CHANNELS)] ?? 0;
  }
  copy.writeUInt32BE(crc32(copy.subarray(type, end)), end);
  return copy;
}
