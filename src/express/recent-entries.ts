import { LRUCache } from 'lru-cache';

/**
 * Makes a map of the newest entries.
 *
 * @param most - how many it holds; beyond them the least recently used one goes
 * @param ttl - how long one lives, in ms; without it until others take its place
 */
export function recentEntries<T extends object | number | true>(most: number, ttl?: number): LRUCache<string, T> {
  // By size: with a number of entries, room for all of them is made at once, at every start.
  return new LRUCache({ maxSize: most, sizeCalculation: () => 1, ...(ttl !== undefined && { ttl }) });
}
