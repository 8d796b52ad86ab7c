import { isQQConnectError } from '../protocol/errors/index.js';
import { AvatarCache } from './avatar-cache.js';
import { sandboxOrigin } from './hosts.js';
import { loadImage } from './load-image.js';
import { MissLimiter } from './miss-limiter.js';
import { createSafeFetch } from './safe-fetch.js';
import { candidatesFor } from './sources.js';
import type { Resolve } from './addresses.js';
import type { CachedAvatar, Loaded, Lookup } from './avatar-cache.js';
import type { ImageLoading } from './load-image.js';
import type { MissLimits } from './miss-limiter.js';
import type { AvatarCandidates } from './sources.js';
import type { AvatarImage, AvatarSize, AvatarSource } from './types.js';

/** What a test replaces. */
export interface AvatarServiceSeams {
  now?: () => number;
  knownMisses?: ReadonlySet<string>;
  resolve?: Resolve;
  timeoutMs?: number;
}

/** What an {@link AvatarService} is made from. */
export interface AvatarServiceOptions {
  graphUrl: string;
  cacheBytes: number;
  /** Without limits a client may start as many fetches as it likes. */
  limits?: MissLimits;
  headers: (image: AvatarImage, etag: string) => CachedAvatar['headers'];
}

/** Images by what the caller calls them: from the cache, or from Tencent within the limits. */
export class AvatarService {
  /** The sandbox's origin, where `graphUrl` is one. */
  readonly sandbox: string | undefined;
  readonly #cache: AvatarCache;
  readonly #limiter: MissLimiter | undefined;
  readonly #fetching: ImageLoading;

  constructor({ graphUrl, cacheBytes, limits, headers }: AvatarServiceOptions, seams: AvatarServiceSeams = {}) {
    const { now, knownMisses, resolve, timeoutMs } = seams;
    this.sandbox = sandboxOrigin(graphUrl);
    this.#cache = new AvatarCache({ maxBytes: cacheBytes, now, headers });
    this.#limiter = limits && new MissLimiter(limits, now);
    const safeFetch = createSafeFetch({ sandbox: this.sandbox, ...(resolve && { resolve }) });
    this.#fetching = { safeFetch, knownMisses, timeoutMs };
  }

  /** The bytes that the cache takes, by its own account. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /** The hot path: an image that needs nothing but to be sent. */
  fresh(key: string): CachedAvatar | undefined {
    return this.#cache.fresh(key);
  }

  /** Finds the image of a source that the application names, and asks for that source only where the cache is cold. */
  bySource(
    key: string,
    size: AvatarSize,
    client: string,
    source: () => AvatarSource | undefined | Promise<AvatarSource | undefined>,
  ): Promise<Lookup> {
    const load = async (): Promise<Loaded> => {
      const found = await source();
      if (!found) return 'unknown';
      return { ...(await this.#load(candidatesFor(found, size, this.sandbox), size)), nickname: found.nickname };
    };
    return this.#cache.lookup(key, load, () => this.#limiter?.take(client) ?? 0);
  }

  /** Finds the image behind some candidates. */
  byCandidates(key: string, size: AvatarSize, client: string, candidates: () => AvatarCandidates): Promise<Lookup> {
    const load = () => this.#load(candidates(), size);
    return this.#cache.lookup(key, load, () => this.#limiter?.take(client) ?? 0);
  }

  async #load(candidates: AvatarCandidates, size: AvatarSize): Promise<Exclude<Loaded, 'unknown'>> {
    try {
      return { image: await loadImage(candidates, size, this.#fetching) };
    } catch (error) {
      if (isQQConnectError(error)) return { failure: error };
      throw error;
    }
  }
}
