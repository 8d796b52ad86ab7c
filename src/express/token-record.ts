import { randomBytes } from 'node:crypto';
import { recentEntries } from './recent-entries.js';
import { stored } from './session.js';
import type { SessionData, Store } from 'express-session';
import type { TokenSet } from '../client/token-set.js';
import type { Sealer } from './sealer.js';

/** A user's tokens as they are kept, and what is known about them. */
export interface TokenRecord {
  openid: string;
  tokens: TokenSet;
  /** When QQ gave them, in ms since 1970. */
  obtainedAt: number;
  /** When the user logged in: QQ ends the chain of refresh tokens three months later. */
  loginAt: number;
  /**
   * How many refreshes were begun and never heard of again. A refresh is marked before QQ is asked: whoever finds a
   * mark knows that an answer, and with it the next refresh token, may be lost.
   */
  lostRefreshes?: number;
}

const DAY = 86_400_000;
/** How long after a login QQ renews its tokens. */
export const REFRESH_CHAIN_MS = 90 * DAY;
// What stores use themselves for a cookie that lasts as long as the browser is open.
const BROWSER_SESSION_MS = DAY;
// A token is renewed when a tenth of its life is left.
const LAST_PART = 0.1;
// Of so many records a process remembers when they want touching; of others it asks the store.
const REMEMBERED = 10_000;

/** How long a record lives from now: as long as its session would, and no longer than the refresh chain. */
function lifetime(sessionMs: number | null | undefined, loginAt: number): number {
  return Math.min(sessionMs ?? BROWSER_SESSION_MS, loginAt + REFRESH_CHAIN_MS - Date.now());
}

/** When half of a record's life is over, and it wants touching. */
export function touchAt(sessionMs: number | null | undefined, loginAt: number): number {
  return Date.now() + lifetime(sessionMs, loginAt) / 2;
}

/** Tells whether a record's access token may still be used, as far as its age goes. */
export function isValid({ tokens }: TokenRecord): boolean {
  return tokens.expiresAt === undefined || tokens.expiresAt > Date.now();
}

/** Tells whether a record's access token is to be renewed. Without an age it is when QQ says so. */
export function isDue({ tokens, obtainedAt }: TokenRecord): boolean {
  if (tokens.expiresAt === undefined) return false;
  return Date.now() >= tokens.expiresAt - (tokens.expiresAt - obtainedAt) * LAST_PART;
}

/** Where a token record is: found out once for each request, as a logout takes the session away from under it. */
export interface RecordPlace {
  store: Store;
  id: string;
  /** The lifetime of its session in ms; `null` for one that ends with the browser. */
  sessionMs: number | null | undefined;
}

/**
 * Keeps token records in the application's session store, each under a random id of its own and sealed. A request
 * that saves an older session cannot bring a spent refresh token back, as no token is in a session.
 */
export class TokenRecords {
  readonly #sealer: Sealer;
  readonly #touchAt = recentEntries<number>(REMEMBERED);

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** Makes the id for a new record. */
  newId(): string {
    return `qqt_${randomBytes(32).toString('base64url')}`;
  }

  /** Tells whether a record may want touching, as far as this process knows. */
  mayWantTouching(id: string): boolean {
    return Date.now() >= (this.#touchAt.get(id) ?? 0);
  }

  /** Remembers that a record wants no touching for half of its life; until it is read or written again. */
  postponeTouching({ id, sessionMs }: RecordPlace): void {
    this.#touchAt.set(id, touchAt(sessionMs, Date.now()));
  }

  /** Writes a record. `sessionMs` is the lifetime of its session; `null` for one that ends with the browser. */
  async write(store: Store, id: string, record: TokenRecord, sessionMs: number | null | undefined): Promise<void> {
    const maxAge = Math.floor(lifetime(sessionMs, record.loginAt));
    if (maxAge <= 0) return this.remove(store, id);
    const touch = touchAt(sessionMs, record.loginAt);
    const sealed = await this.#sealer.seal({ ...record, id, touchAt: touch }, Math.ceil(maxAge / 1000));
    const expires = new Date(Date.now() + maxAge);
    // Each store reads another one of these ages; a plain object, as some of them call JSON.stringify on it.
    const cookie = { originalMaxAge: maxAge, maxAge, expires, path: '/', httpOnly: true };
    await stored((callback) => store.set(id, { cookie, sealed } as unknown as SessionData, callback));
    this.#touchAt.set(id, touch);
  }

  /** Reads a record; `undefined` if there is none, it is too old, or none of the keys opens it. */
  async read(store: Store, id: string): Promise<TokenRecord | undefined> {
    const data = await stored<SessionData | null>((callback) =>
      store.get(id, (error?: NodeJS.ErrnoException | null, found?: SessionData | null) =>
        error?.code === 'ENOENT' ? callback(undefined, null) : callback(error, found),
      ),
    );
    const { sealed } = (data ?? {}) as { sealed?: unknown };
    if (typeof sealed !== 'string') return undefined;
    const content = await this.#sealer.open(sealed);
    // The id is sealed too, so that nobody can exchange two users' records in the store.
    if (content?.id !== id) return undefined;
    const { id: _id, exp: _exp, touchAt: touch, ...record } = content;
    if (typeof touch === 'number') this.#touchAt.set(id, touch);
    return record as unknown as TokenRecord;
  }

  /** Removes a record. */
  async remove(store: Store, id: string): Promise<void> {
    await stored((callback) => store.destroy(id, callback));
    this.#touchAt.delete(id);
  }
}
