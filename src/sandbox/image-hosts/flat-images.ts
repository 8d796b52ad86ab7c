/** Draws a square of one colour in the formats that QQ's image hosts answer beside PNG. `shade` is 0 to 255. */
export const flatImages: Readonly<Record<'jpeg' | 'gif' | 'webp', (size: number, shade: number) => Buffer>> = {
  jpeg,
  gif,
  webp,
};

/** Bits in a row, the first one lowest in its byte (GIF, WebP) or highest (JPEG). */
class Bits {
  readonly #bits: (0 | 1)[] = [];

  /** Adds the lowest `count` bits of a number, the lowest first. */
  low(value: number, count: number): this {
    for (let bit = 0; bit < count; bit++) this.#bits.push(((value >>> bit) & 1) as 0 | 1);
    return this;
  }

  /** Adds the lowest `count` bits of a number, the highest first. */
  high(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push(((value >>> bit) & 1) as 0 | 1);
    return this;
  }

  bytes(order: 'low' | 'high', padding: 0 | 1): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8));
    for (let at = 0; at < bytes.length * 8; at++) {
      const bit = this.#bits[at] ?? padding;
      const place = order === 'low' ? at % 8 : 7 - (at % 8);
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << place);
    }
    return bytes;
  }
}

// ITU-T T.81, baseline, one component: the first block says the shade, all others that nothing changes.
function jpeg(size: number, shade: number): Buffer {
  const segment = (marker: number, ...data: number[]) => [0xff, marker, 0, data.length + 2, ...data];
  const codes = (...counts: number[]) => [...counts, ...Array<number>(16 - counts.length).fill(0)];
  const level = Math.max(1, shade - 128);
  const category = 32 - Math.clz32(level);
  const bits = new Bits().high(0b10, 2).high(level, category).high(0, 1);
  const blocks = Math.ceil(size / 8) ** 2;
  for (let block = 1; block < blocks; block++) bits.high(0, 2);
  const data = [...bits.bytes('high', 1)].flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte]));
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array<number>(64).fill(8)),
    ...segment(0xc0, 8, size >> 8, size & 255, size >> 8, size & 255, 1, 1, 0x11, 0),
    ...segment(0xc4, 0x00, ...codes(1, 1), 0, category),
    ...segment(0xc4, 0x10, ...codes(1), 0),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...data,
    ...[0xff, 0xd9],
  ]);
}

// GIF89a: LZW whose every code stands for one pixel more than the one before.
function gif(size: number, shade: number): Buffer {
  const [clear, end] = [4, 5];
  const bits = new Bits().low(clear, 3);
  let width = 3;
  let next = 6;
  const emit = (code: number) => {
    bits.low(code, width);
    if (next === 1 << width && width < 12) width++;
  };
  emit(0);
  for (let left = size * size - 1; left > 0;) {
    const run = Math.min(left, next - 4);
    next++;
    emit(run === 1 ? 0 : run + 4);
    left -= run;
  }
  emit(end);
  const data = bits.bytes('low', 0);
  const blocks: number[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const block = data.subarray(at, at + 255);
    blocks.push(block.length, ...block);
  }
  const dimensions = [size & 255, size >> 8, size & 255, size >> 8];
  const palette = [shade, 160, 255 - shade, ...Array<number>(9).fill(0)];
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from([...dimensions, 0x81, 0, 0, ...palette, 0x2c, 0, 0, 0, 0, ...dimensions, 0, 2, ...blocks, 0, 0x3b]),
  ]);
}

// RFC 9649, lossless: five prefix codes of one symbol each, so that the pixels themselves take no bits.
function webp(size: number, shade: number): Buffer {
  const bits = new Bits()
    .low(0x2f, 8)
    .low(size - 1, 14)
    .low(size - 1, 14)
    .low(0, 4)
    .low(0, 3);
  for (const value of [160, shade, 255 - shade, 255]) bits.low(0b101, 3).low(value, 8);
  const data = bits.low(0b001, 3).low(0, 1).bytes('low', 0);
  const padded = Buffer.concat([data, Buffer.alloc(data.length % 2)]);
  const header = Buffer.from('RIFF....WEBPVP8L....', 'latin1');
  header.writeUInt32LE(header.length - 8 + padded.length, 4);
  header.writeUInt32LE(data.length, 16);
  return Buffer.concat([header, padded]);
}
