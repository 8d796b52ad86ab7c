import { boundedMap } from './bounded-map.js';
import { ATTEMPT_TTL_SECONDS, stateId } from './login-attempt.js';

const MAX_ENTRIES = 10_000;

/**
 * Remembers the callbacks of this process, by state, while they run and until their attempt has expired: each one is
 * exchanged once. Two requests at the same moment share the exchange; a later one, whose browser never received the
 * response, gets the same result.
 */
export class Callbacks<T> {
  readonly #results = boundedMap<Promise<T>>(MAX_ENTRIES, ATTEMPT_TTL_SECONDS * 1000);

  /** Runs the exchange of this state, or returns the result of the one that ran. */
  async once(state: string, exchange: () => Promise<T>): Promise<T> {
    const key = stateId(state);
    const known = this.#results.get(key);
    if (known) return known;
    const result = exchange();
    this.#results.set(key, result);
    return result;
  }
}
