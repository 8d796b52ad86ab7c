import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundedMap } from '../../attempt/bounded-map.js';
import { refreshOutcome } from '../../client/grants.js';
import {
  QQRequestError,
  QQResponseError,
  QQTransportError,
  isQQConnectError,
  storeError,
} from '../../protocol/errors/index.js';
import { debug } from '../debug.js';
import { shareTask } from '../share-task.js';
import { callStore, readStored } from '../session-store.js';
import { describeFailure, startClock } from '../events.js';
import {
  REFRESH_PERIOD_MS,
  afterRefresh,
  isFresh,
  isUsable,
  isValid,
  markedForRefresh,
  recordTtlMs,
  retryDelayMs,
} from './token-entry.js';
import type { SessionData, Store } from 'express-session';
import type { QQConnectClient } from '../../client/client.js';
import type { TokenSet } from '../../client/grants.js';
import type { Lock } from '../../lock/lock.js';
import type { QQConnectError } from '../../protocol/errors/index.js';
import type { Sealer } from '../../attempt/sealer.js';
import type { Emit } from '../events.js';
import type { TokenEntry } from './token-entry.js';

/** Where the tokens of a login are stored. */
export interface TokenRef {
  store: Store;
  openid: string;
  /** The first tokens of the login, encrypted. */
  sealed: string;
  /** The id of the record that a refresh creates. */
  record: string;
}

/** What is stored under a record's id after a refresh, or for an hour after a logout. */
type StoredRecord = { sealed?: unknown; ended?: unknown } | undefined;

const TOMBSTONE_TTL_MS = 3_600_000;
const MAX_DELAY_MS = 500;
const MAX_ENDED = 10_000;

/** Creates the error for a user who has to log in (again). */
export function loginRequired(why: string): QQRequestError {
  return new QQRequestError('ERR_QQ_LOGIN_REQUIRED', `session: ${why}`);
}

/**
 * Keeps the users' tokens. A session holds the first tokens of its login, encrypted, and these never change: a request
 * that saves an older session cannot bring a used refresh token back. A refresh writes a record of its own into the
 * application's session store, which overrides them.
 */
export class TokenVault {
  readonly #sealer: Sealer;
  readonly #client: QQConnectClient;
  readonly #lock: Lock;
  readonly #emit: Emit;
  /** Records that a logout of this process has ended: a refresh that is running must not write over the tombstone. */
  readonly #ended = boundedMap<object>(MAX_ENDED, TOMBSTONE_TTL_MS);
  /** Refreshes of this process that have not ended, by record. */
  readonly #pendingRefreshes = new Map<string, Promise<TokenEntry>>();

  constructor(options: { sealer: Sealer; client: QQConnectClient; lock: Lock; emit: Emit }) {
    this.#sealer = options.sealer;
    this.#client = options.client;
    this.#lock = options.lock;
    this.#emit = options.emit;
  }

  /** How long the lock is held at most: its holder sends one request to QQ and a few to the store. */
  get #lockMs(): number {
    return 2 * this.#client.timeoutMs + 5_000;
  }

  /** Encrypts the first tokens of a login for its session. Calls no store. */
  seal(tokens: TokenSet, openid: string, loginAt: number): { sealed: string; record: string } {
    // 36 characters: common SQL stores have no room for more.
    const record = `qqt_${randomBytes(24).toString('base64url')}`;
    const entry: TokenEntry = { openid, tokens, obtainedAt: loginAt, loginAt };
    return { sealed: this.#sealer.seal({ ...entry, record }), record };
  }

  /**
   * Returns a valid access token, refreshed if it is due. A refresh token is sent once, however many requests and
   * processes need it.
   *
   * @param rejected - an access token that QQ has just refused: it is refreshed whatever its age
   */
  async accessToken(ref: TokenRef, rejected?: string): Promise<string> {
    const entry = await this.#newest(ref);
    // A mark of this process is a refresh that is running, and its result is shared.
    const isRunning = this.#pendingRefreshes.has(ref.record);
    if (isRunning ? isFresh(entry, rejected) : isUsable(entry, rejected)) return entry.tokens.accessToken;
    try {
      return (await this.#refreshOnce(ref, entry, rejected)).tokens.accessToken;
    } catch (error) {
      // The lock or the store failed, or another process holds the lock: a token that is still valid is returned.
      const failedHere = isQQConnectError(error) && error.code === 'ERR_QQ_SESSION_STORE';
      if (!failedHere || !isValid(entry, rejected)) throw error;
      debug('refresh: the lock or the session store failed, so the token that is still valid is returned');
      return entry.tokens.accessToken;
    }
  }

  /**
   * Ends the tokens of logins that have ended: neither a session that is written late nor a refresh that is still running
   * brings them back. A failure of the store is no error, because no session leads to these records any more.
   */
  async end(store: Store, records: string[]): Promise<void> {
    for (const record of records) this.#ended.set(record, {});
    await Promise.allSettled(
      records.map(async (record) => this.#set(store, record, { ended: true }, TOMBSTONE_TTL_MS)),
    );
  }

  /** Shares one refresh among all requests of this process; the lock shares it among processes. */
  async #refreshOnce(ref: TokenRef, entry: TokenEntry, rejected: string | undefined): Promise<TokenEntry> {
    const isRunning = this.#pendingRefreshes.has(ref.record);
    debug('refresh: due, %s', isRunning ? 'and running in this process' : 'so the lock is acquired');
    const refreshed = await shareTask(this.#pendingRefreshes, ref.record, async () =>
      this.#underLock(ref, isValid(entry, rejected), rejected),
    );
    // It may have been started by a request for which QQ had not rejected this token yet.
    return !isRunning || isValid(refreshed, rejected) ? refreshed : this.#refreshOnce(ref, refreshed, rejected);
  }

  async #underLock(ref: TokenRef, isStillValid: boolean, rejected: string | undefined): Promise<TokenEntry> {
    // A valid token is returned rather than waited for.
    const limits = { expiresMs: this.#lockMs, waitMs: isStillValid ? 0 : this.#lockMs };
    let refresh: Promise<TokenEntry> | undefined;
    try {
      await this.#lock(`express-qq-connect:${ref.record}`, limits, async () => {
        await (refresh ??= this.#refresh(ref, rejected));
      });
    } catch (error) {
      if (!refresh) throw storeError('the option lock failed', error); // otherwise the refresh has a result of its own
    }
    if (!refresh) throw storeError('the option lock failed', { code: 'it did not run the task' });
    return refresh;
  }

  /** Refreshes an entry if that is still necessary. Runs while the lock is held. */
  async #refresh(ref: TokenRef, rejected: string | undefined): Promise<TokenEntry> {
    const lockedMs = startClock();
    const entry = await this.#newest(ref); // another process may have refreshed it
    if (isUsable(entry, rejected)) {
      debug('refresh: another process has done it');
      return entry;
    }
    const { refreshToken } = entry.tokens;
    if (refreshToken === undefined) throw loginRequired('the access token has expired and cannot be refreshed');
    const delayMs = retryDelayMs(entry);
    if (delayMs > 0) {
      throw new QQTransportError(
        'ERR_QQ_REFRESH_UNCONFIRMED',
        `refresh: the last attempt had no usable response; the next one is possible in ${Math.ceil(delayMs / 1000)} s`,
        { step: 'refresh' },
      );
    }
    const marked = markedForRefresh(entry, rejected);
    await this.#write(ref, marked);
    const elapsedMs = startClock();
    let tokens: TokenSet;
    try {
      tokens = await this.#client.refreshTokenGrant(refreshToken);
      if (tokens.openid !== undefined && tokens.openid !== entry.openid) {
        throw new QQResponseError('refresh: QQ returned tokens of another user', {
          code: 'ERR_QQ_OPENID_MISMATCH',
          step: 'refresh',
        });
      }
    } catch (error) {
      if (!isQQConnectError(error)) throw error;
      this.#emit({ type: 'refresh_failed', durationMs: elapsedMs(), ...describeFailure(error) });
      return this.#afterFailure(ref, entry, marked, error);
    }
    const { openid, loginAt } = entry;
    const refreshed = { openid, tokens: { ...tokens, openid }, obtainedAt: Date.now(), loginAt };
    await this.#writeInHand(ref, refreshed, lockedMs);
    this.#emit({ type: 'refreshed', durationMs: elapsedMs() });
    return refreshed;
  }

  /** Decides what a failed refresh leaves in the record, and returns the entry that stays in use. */
  async #afterFailure(
    ref: TokenRef,
    entry: TokenEntry,
    marked: TokenEntry,
    error: QQConnectError,
  ): Promise<TokenEntry> {
    const current = await this.#newest(ref);
    // Another process found our lock expired, and has refreshed the entry.
    if (current.tokens.refreshToken !== entry.tokens.refreshToken) return current;
    const outcome = refreshOutcome(error);
    const left = afterRefresh(outcome, entry, marked);
    debug('refresh: the refresh token is %s; the access token is %s', outcome, isValid(left) ? 'kept' : 'expired');
    if (left !== marked) await this.#write(ref, left);
    if (isValid(left)) return left;
    if (outcome === 'rejected' && error.action !== 'login_again')
      throw loginRequired(`QQ no longer refreshes this login (${error.qqCode})`);
    throw error;
  }

  /**
   * Stores tokens that QQ has just issued, before any request uses them. It tries until the lock expires, because these
   * tokens exist nowhere else. They are discarded only if the user logged out meanwhile.
   */
  async #writeInHand(ref: TokenRef, entry: TokenEntry, lockedMs: () => number): Promise<void> {
    for (let delayMs = 20; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      try {
        await this.#newest(ref); // throws if a logout has ended the tokens
        await this.#write(ref, entry);
        return;
      } catch (error) {
        const isLate = lockedMs() + delayMs > this.#lockMs;
        if (isLate || !isQQConnectError(error, 'transport')) throw error;
        await sleep(delayMs);
      }
    }
  }

  /** Returns the record, or the entry in the session if there is none. */
  async #newest(ref: TokenRef): Promise<TokenEntry> {
    const stored = (await readStored(ref.store, ref.record)) as unknown as StoredRecord;
    if (stored?.ended === true) throw loginRequired('the user has logged out');
    if (typeof stored?.sealed === 'string') return this.#open(ref, stored.sealed);
    const first = this.#open(ref, ref.sealed);
    if (Date.now() < first.loginAt + REFRESH_PERIOD_MS) return first;
    // QQ's refresh period is over, and a record may have expired: then this refresh token has been used.
    const { refreshToken, ...tokens } = first.tokens;
    return { ...first, tokens };
  }

  #open(ref: TokenRef, sealed: string): TokenEntry {
    const content = this.#sealer.open(sealed);
    // The record's id is encrypted too, so that two users' records cannot be exchanged in the store.
    if (content?.record !== ref.record || content.openid !== ref.openid) {
      throw loginRequired('the tokens of this login cannot be decrypted');
    }
    const { record, exp, ...entry } = content;
    return entry as unknown as TokenEntry;
  }

  async #write({ store, record }: TokenRef, entry: TokenEntry): Promise<void> {
    const ttlMs = Math.max(Math.floor(recordTtlMs(entry)), TOMBSTONE_TTL_MS);
    const sealed = this.#sealer.seal({ ...entry, record }, Math.ceil(ttlMs / 1000));
    await this.#set(store, record, { sealed }, ttlMs);
    if (!this.#ended.get(record)) return;
    await this.end(store, [record]);
    throw loginRequired('the user has logged out');
  }

  async #set(store: Store, id: string, content: object, ttlMs: number): Promise<void> {
    const expires = new Date(Date.now() + ttlMs);
    // Each store reads another one of these ages; a plain object, because some stores call JSON.stringify on it.
    const cookie = { originalMaxAge: ttlMs, maxAge: ttlMs, expires, path: '/', httpOnly: true };
    const record: unknown = { cookie, ...content };
    await callStore((callback) => store.set(id, record as SessionData, callback));
  }
}
