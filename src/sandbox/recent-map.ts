/** A map of the newest entries: when it is full, each new one takes the place of the oldest. Keys are set once. */
export class RecentMap<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();
  // A ring of the keys, since a Map takes ever longer to find its oldest key once many were deleted before it.
  readonly #keys: string[] = [];
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    const forgotten = this.#keys[this.#oldest];
    if (forgotten !== undefined) this.#entries.delete(forgotten);
    this.#keys[this.#oldest] = key;
    this.#entries.set(key, value);
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  values(): IterableIterator<T> {
    return this.#entries.values();
  }
}
