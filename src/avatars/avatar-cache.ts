import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AvatarImage } from './types.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How long an image is served without a request to Tencent. */
const FRESH_MS = DAY;
/** How long after that it is served while it is fetched again. */
const STALE_WHILE_REVALIDATE_MS = 7 * DAY;
/** How long after {@link FRESH_MS} it is served if Tencent fails. */
const STALE_IF_ERROR_MS = 30 * DAY;
/** How long a missing avatar is remembered. */
const MISS_MS = 10 * MINUTE;
/** Pause of the requests to Tencent after a failure. */
const FAILURE_MS = MINUTE / 2;

// What an entry costs beside its bytes: keys, headers, the cache's own lists.
const OVERHEAD = 1_024;
const NOTE_OVERHEAD = 512;

/** The account of an entry, if it is known, and the value of {@link changes} when its fetch started. */
interface Origin {
  account: string | undefined;
  changes: number;
}

/** An image with what a response needs. */
export interface CachedAvatar extends AvatarImage, Origin {
  /** A strong ETag of this package, not Tencent's. */
  etag: string;
  /** The headers of a cache hit. */
  headers: Readonly<Record<string, string | number>>;
}

/**
 * Why there is no image: no avatar, an ID that the application does not have, an image that cannot be converted, a
 * failure (with its status), or the rate limit.
 */
export interface AvatarProblem {
  problem: 'miss' | 'unknown' | 'unconvertible' | 'failed' | 'limited';
  status?: number;
  /** Seconds until a further request can succeed. */
  retryAfter?: number;
  nickname?: string | undefined;
}

/** What a load found: an image, or the reason for none. `account` is that of {@link accountOf}. */
export interface Loaded extends Partial<AvatarProblem> {
  image?: AvatarImage | undefined;
  account?: string | undefined;
}

/** What {@link AvatarCache.lookup} returns. */
export type Lookup = { cache: 'HIT' | 'MISS' | 'STALE' } & (
  { avatar: CachedAvatar } | ({ avatar?: undefined } & AvatarProblem)
);

/** Loads an image. `admit` returns the seconds to wait before a load can start, 0 for none. */
interface Loading {
  load: () => Promise<Loaded>;
  admit: () => number;
}

type Note = AvatarProblem & Partial<Origin>;

// lru-cache keeps the earlier image of a key whose fetch rejects.
class NoImage extends Error {
  declare cause: Note;
}

// Tencent's older URLs stay the same when the user changes the picture. So a login or a new profile makes all entries
// of its account outdated, in every cache of the process, also those that are being fetched at that moment.
const lastChanges = new LRUCache<string, number>({ max: 100_000 });
let changes = 0;

/** Returns the key of an account: APP ID and openid. */
export function accountOf({ appId, openid }: { appId: string; openid: string }): string {
  return JSON.stringify([appId, openid]);
}

/** Makes all cached images of an account outdated. They are served again only if Tencent fails. */
export function forgetAccount(account: { appId: string; openid: string }): void {
  lastChanges.set(accountOf(account), ++changes);
}

function isCurrent({ account, changes = 0 }: Partial<Origin>): boolean {
  return account === undefined || (lastChanges.get(account) ?? 0) <= changes;
}

/** Caches images by key, within a byte budget. Notes of missing images have a sixteenth of it for themselves. */
export class AvatarCache {
  readonly #images: LRUCache<string, CachedAvatar, Loading>;
  readonly #notes: LRUCache<string, Note>;

  constructor(
    maxBytes: number,
    headers: (image: AvatarImage, etag: string) => CachedAvatar['headers'],
    now: () => number = Date.now,
  ) {
    const forNotes = Math.max(1, Math.floor(maxBytes / 16));
    const clock = { perf: { now }, ttlResolution: 0 };
    this.#notes = new LRUCache({
      ...clock,
      maxSize: forNotes,
      sizeCalculation: ({ nickname = '' }, key) => (key.length + nickname.length) * 2 + NOTE_OVERHEAD,
    });
    this.#images = new LRUCache<string, CachedAvatar, Loading>({
      ...clock,
      maxSize: Math.max(1, maxBytes - forNotes),
      sizeCalculation: ({ body }, key) => body.length + key.length * 2 + OVERHEAD,
      // lru-cache counts the last millisecond of a ttl as fresh.
      ttl: FRESH_MS - 1,
      noDeleteOnStaleGet: true,
      noDeleteOnFetchRejection: true,
      // An entry that is evicted during its fetch still has callers that wait for the image.
      ignoreFetchAbort: true,
      fetchMethod: async (key, _stale, { context: { load, admit } }) => {
        const retryAfter = admit();
        if (retryAfter > 0) throw new NoImage('limited', { cause: { problem: 'limited', retryAfter } });
        const started = changes;
        const { image, account, problem = 'miss', ...details } = await load();
        const origin = { account, changes: started };
        if (!image) throw new NoImage(problem, { cause: this.#remember(key, { problem, ...details, ...origin }) });
        this.#notes.delete(key);
        const etag = etagOf(image.body);
        return { ...image, ...origin, etag, headers: headers(image, etag) };
      },
    });
  }

  /** The bytes that the entries take. */
  get bytes(): number {
    return this.#images.calculatedSize + this.#notes.calculatedSize;
  }

  /** Returns an image that needs no request to Tencent. */
  fresh(key: string): CachedAvatar | undefined {
    const avatar = this.#images.get(key);
    return avatar && isCurrent(avatar) ? avatar : undefined;
  }

  /**
   * Finds an image, and loads it if it is not cached: once for all callers that wait for the same key.
   *
   * @throws whatever `load` throws
   */
  async lookup(key: string, loading: Loading): Promise<Lookup> {
    const fresh = this.fresh(key);
    if (fresh) return { avatar: fresh, cache: 'HIT' };

    const found = this.#images.get(key, { allowStale: true });
    const staleMs = -this.#images.getRemainingTTL(key) - 1;
    const old = staleMs < STALE_IF_ERROR_MS ? found : undefined;
    const canWait = old !== undefined && isCurrent(old) && staleMs < STALE_WHILE_REVALIDATE_MS;
    const note = this.#notes.get(key);
    if (note && isCurrent(note)) return this.#without(key, note, old, canWait, 'HIT');
    try {
      const avatar = await this.#fetch(key, loading, canWait);
      return { avatar, cache: canWait ? 'STALE' : 'MISS' };
    } catch (error) {
      if (!(error instanceof NoImage)) throw error;
      return this.#without(key, error.cause, old, false, 'MISS');
    }
  }

  /** Fetches an image. With `allowStale` it returns the earlier one at once, and fetches in the background. */
  async #fetch(key: string, context: Loading, allowStale: boolean): Promise<CachedAvatar> {
    for (;;) {
      const avatar = await this.#images.forceFetch(key, { context, allowStale, forceRefresh: true });
      if (allowStale || isCurrent(avatar)) return avatar;
      // This fetch started before the change of the picture. The next one starts after it.
    }
  }

  #without(key: string, note: Note, old: CachedAvatar | undefined, canWait: boolean, cache: 'HIT' | 'MISS'): Lookup {
    const isTemporary = note.problem === 'failed' || note.problem === 'limited';
    if (old && (isTemporary || (canWait && note.problem !== 'unknown'))) return { avatar: old, cache: 'STALE' };
    if (old) this.#images.delete(key);
    const { account: _account, changes: _changes, ...problem } = note;
    return { ...problem, cache };
  }

  #remember(key: string, note: Note): Note {
    const kept = note.problem === 'failed' ? { ...note, retryAfter: FAILURE_MS / 1_000 } : note;
    const isPermanent = note.problem === 'miss' || note.problem === 'unconvertible';
    this.#notes.set(key, kept, { ttl: (isPermanent ? MISS_MS : FAILURE_MS) - 1 });
    return kept;
  }
}

/** Returns a strong ETag. */
export function etagOf(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}
