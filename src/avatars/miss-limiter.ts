import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

const MINUTE = 60_000;
const CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** How many fetches from Tencent can start in a minute. */
export interface MissLimits {
  perClient: number;
  total: number;
}

/** Limits how fast fetches start, for each client and in total, in bounded memory. */
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

  /** Counts one fetch. Returns 0 if it can start, else the seconds until it can. */
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
    // A clock that is set back must not take tokens away.
    const passed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(perMinute, bucket.tokens + (passed / MINUTE) * perMinute);
    bucket.at = now;
    return bucket.tokens >= 1 ? 0 : Math.ceil((((1 - bucket.tokens) / perMinute) * MINUTE) / 1_000);
  }
}

// One customer of an IPv6 provider has a whole /64.
function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  return address instanceof ipaddr.IPv4 ? address.toString() : address.toByteArray().slice(0, 8).join();
}
