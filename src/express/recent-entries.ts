import { LRUCache } from 'lru-cache';

/** A map of the newest entries. */
export interface RecentEntries<T> {
  get(key: string): T | undefined;
  has(key: string): boolean;
  set(key: string, value: T): unknown;
  delete(key: string): boolean;
}

/**
 * Makes a map of the newest entries.
 *
 * @param most - how many it holds; beyond them the least recently used one goes
 * @param ttl - how long one lives, in ms; without it until others take its place
 */
export function recentEntries<T extends object | number | true>(most: number, ttl?: number): RecentEntries<T> {
  // By size: with a number of entries, room for all of them is made at once, at every start.
  return new LRUCache<string, T>({ maxSize: most, sizeCalculation: () => 1, ...(ttl !== undefined && { ttl }) });
}
