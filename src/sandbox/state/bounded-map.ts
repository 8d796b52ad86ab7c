/** A map of at most `maxEntries`: when it is full, a new entry replaces the oldest one. Keys are set once. */
export class BoundedMap<T> {
  readonly #maxEntries: number;
  readonly #entries = new Map<string, T>();
  // A ring of the keys, since a Map takes ever longer to find its oldest key once many were deleted before it.
  readonly #keys: string[] = [];
  #oldest = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    const replaced = this.#keys[this.#oldest];
    if (replaced !== undefined) this.#entries.delete(replaced);
    this.#keys[this.#oldest] = key;
    this.#entries.set(key, value);
    this.#oldest = (this.#oldest + 1) % this.#maxEntries;
  }

  values(): IterableIterator<T> {
    return this.#entries.values();
  }
}
