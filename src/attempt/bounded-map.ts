import { LRUCache } from 'lru-cache';

/** The part of a map that this package uses. */
export type BoundedMap<T extends object> = Pick<LRUCache<string, T>, 'get' | 'set' | 'delete'>;

/**
 * Creates a map that deletes its least recently used entry when it is full.
 *
 * @param ttlMs - how long an entry is kept at most
 */
export function boundedMap<T extends object>(maxEntries: number, ttlMs: number): BoundedMap<T> {
  // By size: with `max`, memory for all entries is allocated at once, at every start.
  return new LRUCache<string, T>({ maxSize: maxEntries, sizeCalculation: () => 1, ttl: ttlMs });
}
