import { crc32, deflateSync } from 'node:zlib';

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** A shape, in units of half the picture's width. */
export interface Shape {
  /** How far a point is from the edge: negative inside, positive outside. */
  readonly distance: (x: number, y: number) => number;
  /** What it lies within: left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
}

/** A square picture whose coordinates run from -1 to 1, x to the right and y down. */
export class Canvas {
  readonly #size: number;
  readonly #pixels: Uint8ClampedArray;

  constructor(size: number) {
    this.#size = size;
    this.#pixels = new Uint8ClampedArray(size * size * 3);
  }

  /** Paints a shape with smooth edges; the colour may change to `bottom` from the picture's top to its bottom. */
  fill({ distance, box }: Shape, colour: Colour, { opacity = 1, bottom = colour } = {}): this {
    const size = this.#size;
    const pixel = (coordinate: number) => Math.min(size, Math.max(0, Math.round(((coordinate + 1) / 2) * size)));
    const [left, top, right, end] = box;
    for (let row = pixel(top - 2 / size); row < pixel(end + 2 / size); row++) {
      const down = (row + 0.5) / size;
      for (let column = pixel(left - 2 / size); column < pixel(right + 2 / size); column++) {
        const edge = 0.5 - (distance(((column + 0.5) / size) * 2 - 1, down * 2 - 1) * size) / 2;
        const coverage = Math.min(1, Math.max(0, edge)) * opacity;
        if (coverage > 0) this.#blend((row * size + column) * 3, colour, bottom, down, coverage);
      }
    }
    return this;
  }

  /** The picture as a PNG file of 8-bit RGB. */
  toPng(): Buffer {
    const size = this.#size;
    const stride = size * 3;
    const rows = Buffer.alloc(size * (stride + 1));
    for (let row = 0; row < size; row++) {
      // Each row begins with its filter type, 0 for none.
      rows.set(this.#pixels.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
    }
    const header = Buffer.alloc(13);
    header.writeUInt32BE(size, 0);
    header.writeUInt32BE(size, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([
      signature,
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(rows)),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }

  #blend(at: number, top: Colour, bottom: Colour, mix: number, coverage: number): void {
    for (const channel of [0, 1, 2] as const) {
      const colour = top[channel] + (bottom[channel] - top[channel]) * mix;
      const before = this.#pixels[at + channel] ?? 0;
      this.#pixels[at + channel] = before + (colour - before) * coverage;
    }
  }
}

/** A colour from hue (degrees), saturation and lightness (0 to 1). */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return (
      255 * (lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)))
    );
  };
  return [channel(0), channel(8), channel(4)];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
