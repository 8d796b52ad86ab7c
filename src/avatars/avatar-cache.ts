import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { AvatarImage } from './types.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** For how long an image is served without asking again. */
export const FRESH_MS = DAY;
/** For how long after that it is served while it is fetched again. */
export const STALE_WHILE_REVALIDATE_MS = 7 * DAY;
/** For how long after that it is served when Tencent fails. */
export const STALE_IF_ERROR_MS = 30 * DAY;
/** For how long a miss is remembered. */
export const MISS_MS = 10 * MINUTE;
/** For how long Tencent is left alone after a failure. */
export const FAILURE_MS = 30 * SECOND;

/** An image with what a hit needs, ready to be sent. */
export interface CachedAvatar extends AvatarImage {
  /** A strong ETag of our own. */
  etag: string;
  /** The headers of a hit. */
  headers: Readonly<Record<string, string | number>>;
  fetchedAt: number;
}

/** Why there is no image: the placeholder, an id that the application does not know, or a failure (with its status). */
export interface AvatarProblem {
  problem: 'miss' | 'unknown' | 'failed' | 'limited';
  status?: number;
  /** Seconds until it is worth asking again. */
  retryAfter?: number;
  nickname?: string | undefined;
}

/** What a load found: an image, a miss without one, a failure; `unknown` is an id that the application does not know. */
export type Loaded =
  { image?: AvatarImage | undefined; failure?: QQConnectError; nickname?: string | undefined } | 'unknown';

/** What {@link AvatarCache.lookup} answers. */
export type Lookup = { cache: 'HIT' | 'MISS' | 'STALE' } & (
  { avatar: CachedAvatar } | ({ avatar?: undefined } & AvatarProblem)
);

interface Note extends AvatarProblem {
  until: number;
}

// What an entry costs beside its bytes: keys, headers, the cache's own lists.
const OVERHEAD = 1_024;
const NOTE_OVERHEAD = 512;

/** Images by key, within a byte budget; what is missing is remembered apart from them, in a sixteenth of the budget. */
export class AvatarCache {
  readonly #images: LRUCache<string, CachedAvatar>;
  readonly #notes: LRUCache<string, Note>;
  readonly #loading = new Map<string, Promise<CachedAvatar | Note>>();
  readonly #now: () => number;
  readonly #headers: (image: AvatarImage, etag: string) => CachedAvatar['headers'];

  constructor(options: {
    maxBytes: number;
    now?: (() => number) | undefined;
    headers: (image: AvatarImage, etag: string) => CachedAvatar['headers'];
  }) {
    const forNotes = Math.max(1, Math.floor(options.maxBytes / 16));
    this.#images = new LRUCache({
      maxSize: Math.max(1, options.maxBytes - forNotes),
      sizeCalculation: ({ body }, key) => body.length + key.length * 2 + OVERHEAD,
    });
    this.#notes = new LRUCache({
      maxSize: forNotes,
      sizeCalculation: ({ nickname = '' }, key) => (key.length + nickname.length) * 2 + NOTE_OVERHEAD,
    });
    this.#now = options.now ?? Date.now;
    this.#headers = options.headers;
  }

  /** The bytes that the entries take, by the cache's own account. */
  get bytes(): number {
    return this.#images.calculatedSize + this.#notes.calculatedSize;
  }

  /** An image that needs no second thought; the hot path. */
  fresh(key: string): CachedAvatar | undefined {
    const avatar = this.#images.get(key);
    return avatar && this.#now() - avatar.fetchedAt < FRESH_MS ? avatar : undefined;
  }

  /**
   * Finds an image, loading it where need be: once, however many ask. `admit` is asked before a load begins; it answers
   * the seconds to wait, 0 for "go on". What the load throws rejects.
   */
  async lookup(key: string, load: () => Promise<Loaded>, admit: () => number): Promise<Lookup> {
    const found = this.#usable(key);
    const age = found ? this.#now() - found.fetchedAt : 0;
    if (found && age < FRESH_MS) return { avatar: found, cache: 'HIT' };

    const mayWait = found !== undefined && age < FRESH_MS + STALE_WHILE_REVALIDATE_MS;
    const note = this.#notes.get(key);
    if (note && this.#now() < note.until) {
      return found && (mayWait || note.problem === 'failed') ? stale(found) : { ...problem(note), cache: 'HIT' };
    }
    let loading = this.#loading.get(key);
    if (!loading) {
      const retryAfter = admit();
      if (retryAfter > 0) return found ? stale(found) : { problem: 'limited', retryAfter, cache: 'MISS' };
      loading = this.#load(key, load);
    }
    if (mayWait) {
      // Whoever waits for the same load without an image hears of the failure; here the next request asks again.
      loading.catch(() => undefined);
      return stale(found);
    }
    const result = await loading;
    if ('body' in result) return { avatar: result, cache: 'MISS' };
    if (found && result.problem === 'failed') return stale(found);
    this.#images.delete(key);
    return { ...problem(result), cache: 'MISS' };
  }

  #usable(key: string): CachedAvatar | undefined {
    const avatar = this.#images.get(key);
    if (!avatar || this.#now() - avatar.fetchedAt < FRESH_MS + STALE_IF_ERROR_MS) return avatar;
    this.#images.delete(key);
    return undefined;
  }

  #load(key: string, load: () => Promise<Loaded>): Promise<CachedAvatar | Note> {
    const loading = this.#store(key, load).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  async #store(key: string, load: () => Promise<Loaded>): Promise<CachedAvatar | Note> {
    const loaded = await load();
    if (loaded === 'unknown') {
      this.#images.delete(key);
      return this.#remember(key, { problem: 'unknown' });
    }
    const { image, nickname, failure } = loaded;
    if (failure) {
      const retryAfter = FAILURE_MS / SECOND;
      return this.#remember(key, { problem: 'failed', status: failure.status, retryAfter, nickname });
    }
    if (!image) return this.#remember(key, { problem: 'miss', nickname });
    const etag = `"${createHash('sha256').update(image.body).digest('base64url').slice(0, 27)}"`;
    const avatar = { ...image, etag, headers: this.#headers(image, etag), fetchedAt: this.#now() };
    this.#images.set(key, avatar);
    this.#notes.delete(key);
    return avatar;
  }

  #remember(key: string, found: AvatarProblem): Note {
    const note = { ...found, until: this.#now() + (found.problem === 'miss' ? MISS_MS : FAILURE_MS) };
    this.#notes.set(key, note);
    return note;
  }
}

function stale(avatar: CachedAvatar): Lookup {
  return { avatar, cache: 'STALE' };
}

function problem({ problem, status, retryAfter, nickname }: Note): AvatarProblem {
  return {
    problem,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(nickname !== undefined && { nickname }),
  };
}
