import type { Answer } from '../answer.js';
import { drawAvatar, drawNobody } from '../avatar-image.js';

const capacity = 500;

/** The pictures of the image hosts, each drawn once as long as there is room. */
export class Gallery {
  readonly #pictures = new Map<string, Buffer>();

  somebody(number: string, size: number): Buffer {
    return this.#cached(`${number} ${size}`, () => drawAvatar(`number ${number}`, size));
  }

  /** The placeholder, which comes with status 200 as a picture does. */
  miss(size: number, headers: Readonly<Record<string, string>>): Answer {
    return { type: 'image/png', body: this.#cached(`nobody ${size}`, () => drawNobody(size)), headers };
  }

  #cached(name: string, draw: () => Buffer): Buffer {
    const picture = this.#pictures.get(name) ?? draw();
    if (this.#pictures.size >= capacity) this.#pictures.clear();
    this.#pictures.set(name, picture);
    return picture;
  }
}
