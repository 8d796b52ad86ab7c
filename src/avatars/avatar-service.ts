import { isQQConnectError } from '../protocol/errors/index.js';
import { AvatarCache, accountOf, type CachedAvatar, type Loaded, type Lookup } from './avatar-cache.js';
import { sandboxOrigin } from './hosts.js';
import { loadImage, type ImageLoading } from './load-image.js';
import { MissLimiter, type MissLimits } from './miss-limiter.js';
import { createSafeFetch } from './safe-fetch.js';
import { candidatesFor, candidatesForUser, type AvatarCandidates } from './sources.js';
import type { QQUser } from '../protocol/profile.js';
import type { Resolve } from './addresses.js';
import type { AvatarImage, AvatarSize, SourceResolver } from './types.js';

/** What a test replaces. */
export interface AvatarServiceSeams {
  now?: () => number;
  knownMisses?: ReadonlySet<string>;
  resolve?: Resolve;
  timeoutMs?: number;
}

/** What an {@link AvatarService} is created from. */
export interface AvatarServiceOptions {
  graphUrl: string;
  cacheBytes: number;
  /** Without limits a client can start any number of fetches. */
  limits?: MissLimits;
  headers: (image: AvatarImage, etag: string) => CachedAvatar['headers'];
}

/** What a caller requests, and the client that the rate limit counts it for. */
export interface AvatarRequest {
  /** The name of the image in the cache, with its size. */
  key: string;
  size: AvatarSize;
  client: string;
  /** Changes an image before it is cached; `undefined` if that is impossible. */
  convert?: (image: AvatarImage) => Promise<AvatarImage | undefined>;
}

/** Returns images by the caller's names for them: from the cache, or from Tencent within the limits. */
export class AvatarService {
  readonly #cache: AvatarCache;
  readonly #limiter: MissLimiter | undefined;
  readonly #loading: ImageLoading;
  readonly #sandbox: string | undefined;

  constructor({ graphUrl, cacheBytes, limits, headers }: AvatarServiceOptions, seams: AvatarServiceSeams = {}) {
    const { now, knownMisses, resolve, timeoutMs } = seams;
    this.#sandbox = sandboxOrigin(graphUrl);
    this.#cache = new AvatarCache(cacheBytes, headers, now);
    this.#limiter = limits && new MissLimiter(limits, now);
    const safeFetch = createSafeFetch({ sandbox: this.#sandbox, ...(resolve && { resolve }) });
    this.#loading = { safeFetch, knownMisses, timeoutMs };
  }

  /** The bytes that the cache takes. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Finds the image of a source that the application names. Calls `source` only if the image is not cached. */
  bySource(request: AvatarRequest, source: SourceResolver<[]>): Promise<Lookup> {
    return this.#lookup(request, async () => {
      const found = await source();
      if (!found) return { problem: 'unknown' };
      const account = 'appId' in found ? accountOf(found) : undefined;
      const loaded = await this.#load(candidatesFor(found, request.size, this.#sandbox), request);
      return { ...loaded, account, nickname: found.nickname };
    });
  }

  /** Finds the image of a logged-in user. */
  byUser(request: AvatarRequest, user: QQUser): Promise<Lookup> {
    return this.#lookup(request, async () => {
      const loaded = await this.#load(candidatesForUser(user, request.size, this.#sandbox), request);
      return { ...loaded, account: accountOf(user) };
    });
  }

  #lookup({ key, client }: AvatarRequest, load: () => Promise<Loaded>): Promise<Lookup> {
    return this.#cache.lookup(key, { load, admit: () => this.#limiter?.take(client) ?? 0 });
  }

  async #load(candidates: AvatarCandidates, { size, convert }: AvatarRequest): Promise<Loaded> {
    try {
      const image = await loadImage(candidates, size, this.#loading);
      const converted = image && convert ? await convert(image) : image;
      return image && !converted ? { problem: 'unconvertible' } : { image: converted };
    } catch (error) {
      if (isQQConnectError(error)) return { problem: 'failed', status: error.status };
      throw error;
    }
  }
}
