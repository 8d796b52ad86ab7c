import { LRUCache } from 'lru-cache';
import { ipv6Groups } from './addresses.js';

const MINUTE = 60_000;
const CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** How many fetches from Tencent may begin in a minute. */
export interface MissLimits {
  perClient: number;
  total: number;
}

/** Limits how fast fetches begin, for each client and over all; in bounded memory, whoever asks. */
export class MissLimiter {
  readonly #limits: MissLimits;
  readonly #now: () => number;
  readonly #all: Bucket;
  readonly #clients = new LRUCache<string, Bucket>({ max: CLIENTS });

  constructor(limits: MissLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
    this.#all = { tokens: limits.total, at: now() };
  }

  /** Lets one fetch begin: 0, or the seconds until the next may. */
  take(ip: string): number {
    const { perClient, total } = this.#limits;
    const name = networkOf(ip);
    let client = this.#clients.get(name);
    if (!client) {
      client = { tokens: perClient, at: this.#now() };
      this.#clients.set(name, client);
    }
    const wait = Math.max(this.#wait(client, perClient), this.#wait(this.#all, total));
    if (wait > 0) return wait;
    client.tokens -= 1;
    this.#all.tokens -= 1;
    return 0;
  }

  #wait(bucket: Bucket, perMinute: number): number {
    const now = this.#now();
    // A clock that is set back takes nothing away.
    const passed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(perMinute, bucket.tokens + (passed / MINUTE) * perMinute);
    bucket.at = now;
    return bucket.tokens >= 1 ? 0 : Math.ceil((((1 - bucket.tokens) / perMinute) * MINUTE) / 1_000);
  }
}

// One customer of an IPv6 provider has a whole /64.
function networkOf(ip: string): string {
  const groups = ip.includes(':') && !ip.includes('.') ? ipv6Groups(ip) : undefined;
  return groups ? groups.slice(0, 4).join(':') : ip.replace(/^::ffff:/i, '');
}
