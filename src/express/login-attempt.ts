import { createHash, randomBytes } from 'node:crypto';
import { parse, serialize } from 'cookie';
import type { Request, Response } from 'express';
import type { Sealer } from './sealer.js';

/** A login that was begun in this browser and has not come back yet. */
export interface LoginAttempt {
  state: string;
  /** Where it will end; judged when it was begun. */
  returnTo: string;
  /** The channel on which the opener waits, where the login runs in a pop-up. */
  popup?: string | undefined;
}

/** How long a user may take on QQ's page, in seconds. */
export const ATTEMPT_LIFETIME = 600;

const MOST_ATTEMPTS = 10;
const MOST_BYTES = 4_000;

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, length);
}

/** Names a state without giving it away: in a cookie's name, in a session. */
export function stateId(state: string): string {
  return digest(state, 22);
}

/**
 * Keeps login attempts in the browser, each in a sealed cookie of its own: nothing of one is stored on the server, and
 * two tabs cannot overwrite each other's.
 */
export class LoginAttempts {
  readonly #sealer: Sealer;
  readonly #defaultReturnTo: string;
  readonly #secure: boolean;
  readonly #prefix: string;

  constructor(options: { sealer: Sealer; appId: string; redirectUri: string; defaultReturnTo: string }) {
    this.#sealer = options.sealer;
    this.#defaultReturnTo = options.defaultReturnTo;
    // By the scheme that QQ calls back with, not by req.secure: behind a proxy that is often wrong.
    this.#secure = options.redirectUri.startsWith('https:');
    // All ports of localhost share their cookies; another application's are none of ours to evict.
    const owner = digest(`${options.appId}\n${options.redirectUri}`, 8);
    this.#prefix = `${this.#secure ? '__Host-' : ''}qq_login_${owner}_`;
  }

  /** Begins an attempt and gives its cookie to the browser; the oldest ones make room for it. */
  async begin(req: Request, res: Response, wish: Omit<LoginAttempt, 'state'>): Promise<LoginAttempt> {
    const state = randomBytes(32).toString('base64url');
    let attempt = { ...wish, state };
    let sealed = await this.#seal(attempt);
    const name = this.#prefix + stateId(state);
    if (name.length + sealed.length > MOST_BYTES) {
      attempt = { ...attempt, returnTo: this.#defaultReturnTo };
      sealed = await this.#seal(attempt);
    }
    this.#evict(req, res, name.length + sealed.length);
    res.append('Set-Cookie', this.#cookie(name, sealed, ATTEMPT_LIFETIME));
    return attempt;
  }

  /** Takes back the attempt with this state, once: its cookie goes. `undefined` if this browser has none. */
  async take(req: Request, res: Response, state: string): Promise<LoginAttempt | undefined> {
    const name = this.#prefix + stateId(state);
    const sealed = parse(req.headers.cookie ?? '')[name];
    if (sealed === undefined) return undefined;
    res.append('Set-Cookie', this.#cookie(name, '', 0));
    const content = await this.#sealer.open(sealed);
    if (content?.state !== state || typeof content.returnTo !== 'string') return undefined;
    return { state, returnTo: content.returnTo, ...(typeof content.popup === 'string' && { popup: content.popup }) };
  }

  async #seal(attempt: LoginAttempt): Promise<string> {
    return this.#sealer.seal({ ...attempt }, ATTEMPT_LIFETIME);
  }

  #evict(req: Request, res: Response, newBytes: number): void {
    // Browsers send the oldest first (RFC 6265, section 5.4).
    const own = Object.entries(parse(req.headers.cookie ?? '')).filter(([name]) => name.startsWith(this.#prefix));
    let bytes = own.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), newBytes);
    for (let count = own.length + 1; count > MOST_ATTEMPTS || bytes > MOST_BYTES; count -= 1) {
      const [name, value] = own.shift() ?? [];
      if (name === undefined) return;
      bytes -= name.length + (value?.length ?? 0);
      res.append('Set-Cookie', this.#cookie(name, '', 0));
    }
  }

  #cookie(name: string, value: string, maxAge: number): string {
    // Not every cookie jar knows that a Max-Age of 0 takes a cookie away.
    const expires = maxAge === 0 ? new Date(0) : undefined;
    return serialize(name, value, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#secure,
      maxAge,
      expires,
      encode: String, // a JWE holds nothing that a cookie may not
    });
  }
}
