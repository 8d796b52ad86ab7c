import { randomBytes } from 'node:crypto';
import { parse } from 'cookie';
import { digest, ownCookies } from './own-cookies.js';
import type { OwnCookies } from './own-cookies.js';
import type { Sealer } from './sealer.js';

/** A login that this browser has started and that has had no callback yet. */
export interface LoginAttempt {
  state: string;
  /** The page after the login; validated when the login was started. */
  returnTo: string;
  /** The channel on which the opener page waits, if the login runs in a pop-up window. */
  popup?: string | undefined;
  /** What the application gets back with the callback; JSON. */
  data?: Record<string, unknown> | undefined;
}

/** How long a user may take on QQ's page, in seconds. */
export const ATTEMPT_TTL_SECONDS = 600;

const MAX_ATTEMPTS = 10;
// nginx refuses a header line of more than 8 KB by default; the application's own cookies still grow.
const MAX_COOKIE_HEADER_BYTES = 6 * 1024;
// Browsers drop a cookie of more than 4,096 bytes, attributes included.
const MAX_COOKIE_BYTES = 3_900;
// Of a request with hundreds of cookies under our name, only so many are read or deleted.
const MAX_READ_COOKIES = 20;

/** What {@link LoginAttempts.start} returns. */
export interface StartedAttempt {
  attempt: LoginAttempt;
  /** `Set-Cookie` lines for the response. */
  cookies: string[];
}

/** What {@link LoginAttempts.find} returns. */
export interface FoundAttempt {
  attempt: LoginAttempt | undefined;
  /** The `Set-Cookie` line that deletes the cookie; `undefined` if the browser sent none. */
  deletion: string | undefined;
}

/**
 * Keeps login attempts in the browser, each one in an encrypted cookie of its own: the server stores nothing of a login
 * without a callback, and two tabs cannot overwrite each other's attempt.
 */
export class LoginAttempts {
  readonly #sealer: Sealer;
  readonly #defaultReturnTo: string;
  readonly #cookies: OwnCookies;
  readonly #prefix: string;

  constructor(options: { sealer: Sealer; appId: string; redirectUri: string; defaultReturnTo: string }) {
    this.#sealer = options.sealer;
    this.#defaultReturnTo = options.defaultReturnTo;
    this.#cookies = ownCookies(options);
    this.#prefix = `${this.#cookies.name('login')}_`;
  }

  /** Starts an attempt. Older attempts are deleted where there are too many, or the Cookie header grows too long. */
  start(cookieHeader: string | undefined, options: Omit<LoginAttempt, 'state'>): StartedAttempt {
    const state = randomBytes(32).toString('base64url');
    const name = this.#prefix + digest(state);
    const cookies = parse(cookieHeader ?? '');
    const own = Object.entries(cookies).filter(([key]) => key.startsWith(this.#prefix));
    const othersBytes = (cookieHeader ?? '').length - sizeOf(own);
    let attempt = { ...options, state };
    let sealed = this.#seal(attempt);
    if (sizeOf([[name, sealed]]) > Math.min(MAX_COOKIE_BYTES, MAX_COOKIE_HEADER_BYTES - othersBytes)) {
      attempt = { ...attempt, returnTo: this.#defaultReturnTo };
      sealed = this.#seal(attempt);
    }
    const room = MAX_COOKIE_HEADER_BYTES - othersBytes - sizeOf([[name, sealed]]);
    return {
      attempt,
      cookies: [...this.#evict(own, room), this.#cookies.line(name, sealed, ATTEMPT_TTL_SECONDS)],
    };
  }

  /** Finds the attempt with this state among a request's cookies. */
  find(cookieHeader: string | undefined, state: string): FoundAttempt {
    const name = this.#prefix + digest(state);
    const sealed = parse(cookieHeader ?? '')[name];
    if (sealed === undefined) return { attempt: undefined, deletion: undefined };
    const content = this.#sealer.open(sealed);
    const isOurs =
      content?.state === state && content.owner === this.#cookies.owner && typeof content.returnTo === 'string';
    return {
      attempt: isOurs
        ? {
            state,
            returnTo: content.returnTo as string,
            ...(typeof content.popup === 'string' && { popup: content.popup }),
            ...(typeof content.data === 'object' && { data: content.data as Record<string, unknown> }),
          }
        : undefined,
      deletion: this.#cookies.line(name, '', 0),
    };
  }

  #seal(attempt: LoginAttempt): string {
    return this.#sealer.seal({ ...attempt, owner: this.#cookies.owner }, ATTEMPT_TTL_SECONDS);
  }

  /** Deletes the oldest attempts; browsers send those first (RFC 6265, section 5.4). */
  #evict(own: [string, string | undefined][], room: number): string[] {
    const deletions: string[] = [];
    let bytes = sizeOf(own);
    for (const [index, [name, value]] of own.slice(0, MAX_READ_COOKIES).entries()) {
      if (own.length - index < MAX_ATTEMPTS && bytes <= room) break;
      bytes -= sizeOf([[name, value]]);
      deletions.push(this.#cookies.line(name, '', 0));
    }
    return deletions;
  }
}

/** The bytes that cookies take in a Cookie header: name, value, and `=` and `; ` between them. */
function sizeOf(cookies: [string, string | undefined][]): number {
  return cookies.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0) + 3, 0);
}
