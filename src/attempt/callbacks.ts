import { boundedMap } from './bounded-map.js';
import { ATTEMPT_TTL_SECONDS } from './login-attempt.js';
import { digest } from './own-cookies.js';
import type { Callback } from '../client/callback.js';

const MAX_ENTRIES = 10_000;

interface Exchange<T> {
  callbackId: string;
  result: Promise<T>;
}

/** Identifies a callback among those with one state, without its code. */
export function callbackId({ result }: Callback): string {
  return result.kind === 'code' ? digest(result.code) : result.kind;
}

async function hasFailed(result: Promise<unknown>): Promise<boolean> {
  const [{ status }] = await Promise.allSettled([result]);
  return status === 'rejected';
}

/**
 * Remembers the callbacks of this process, by state, while they run and until their attempt has expired: each one is
 * exchanged once. Two requests at the same moment share the exchange; a later one, whose browser never received the
 * response, gets the same result. After a failure the user may go back to the page of QQ and choose another account.
 */
export class Callbacks<T> {
  readonly #exchanges = boundedMap<Exchange<T>>(MAX_ENTRIES, ATTEMPT_TTL_SECONDS * 1000);

  /**
   * Runs the exchange of this state, or returns the result of the one that ran.
   *
   * @param callbackId - differs for another code with the same state
   */
  async once(state: string, callbackId: string, exchange: () => Promise<T>): Promise<T> {
    const key = digest(state);
    const known = this.#exchanges.get(key);
    if (known && (known.callbackId === callbackId || !(await hasFailed(known.result)))) return known.result;
    const current = this.#exchanges.get(key);
    if (current && current !== known) return this.once(state, callbackId, exchange); // started meanwhile
    const result = exchange();
    this.#exchanges.set(key, { callbackId, result });
    return result;
  }
}
