import { createHash } from 'node:crypto';
import { redact } from '../protocol/redact.js';
import { TextConnection, readUrl } from './connection.js';
import { QQTextError } from './errors.js';
import { optionalNumberOf, readFriends, readMessages, readOnline, readProfile, textOf } from './replies.js';
import type { TextPacket } from './packet.js';
import type { TextFriend, TextMessage, TextProfile } from './replies.js';

const MAX_TIMER_MS = 2 ** 31 - 1;

const verdicts = { accept: '0', refuse: '1', request: '2' } as const;
const sexes = { male: '0', female: '1' } as const;
const addResults = new Map([
  ['0', 'added'],
  ['1', 'needs-request'],
  ['3', 'refused'],
] as const);

/** The options of a {@link QQTextClient}. */
export interface QQTextClientOptions {
  /** The address of the server: https, or plain http on a loopback address. There is no default. */
  url: string;
  /** The own QQ number: 5 to 11 digits, the first not 0. */
  uin: string;
  /** The password. The client keeps its MD5 only. */
  password: string;
  /**
   * The timeout of each request in milliseconds.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
}

/** The options of {@link QQTextClient.messages}. */
export interface TextMessagesOptions {
  /**
   * The pause from the end of one poll to the start of the next, in milliseconds; at least 100.
   * @defaultValue `2000`
   */
  everyMs?: number | undefined;
  /** Ends the iterator, without an error, and cancels a poll in progress. */
  signal?: AbortSignal | undefined;
}

function requireUin(uin: unknown, name = 'uin'): asserts uin is string {
  if (typeof uin !== 'string' || !/^[1-9]\d{4,10}$/.test(uin)) {
    throw new RangeError(`${name} must be a string of 5 to 11 digits, the first not 0`);
  }
}

function requireText(text: unknown, name: string): asserts text is string {
  if (typeof text !== 'string') throw new RangeError(`${name} must be a string`);
  // UTF-8 has no half of a surrogate pair: the character would arrive as U+FFFD.
  if (/\p{Surrogate}/u.test(text)) throw new RangeError(`${name} must not hold half of a surrogate pair`);
}

function requireOneOf(value: unknown, values: readonly unknown[], name: string): void {
  if (!values.includes(value)) throw new RangeError(`${name} must be one of ${values.join(', ')}`);
}

function requireWhole(value: unknown, from: number, to: number, name: string): void {
  if (!Number.isInteger(value) || (value as number) < from || (value as number) > to) {
    throw new RangeError(`${name} must be a whole number from ${from} to ${to}`);
  }
}

/** Waits until the time is over or the signal aborts. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true || ms <= 0) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

/**
 * A client of the QQ HTTP text protocol, which phones and robots used from 2004 to about 2010. The service is gone:
 * use it with `startTextServer`, or with a server of your own.
 *
 * The client sends one request at a time, in the order of the calls, and retries none. Every method rejects with
 * - a `RangeError` for bad input, before it sends anything;
 * - a `QQTextError` for a refusal and for a reply that it cannot read;
 * - a `QQTransportError` (`ERR_QQ_TIMEOUT`, `ERR_QQ_NETWORK`, `ERR_QQ_BODY_TOO_LARGE`) without a reply, and
 *   a `QQResponseError` (`ERR_QQ_HTTP_STATUS`) for an HTTP status other than 200. The server may have carried out the
 *   request.
 *
 * @example
 * ```ts
 * import { QQTextClient, startTextServer } from 'express-qq-connect/text-protocol';
 *
 * await using server = await startTextServer();
 * const client = new QQTextClient({ url: server.url, uin: '9990000300', password: 'password' });
 * await client.login();
 * console.log(await client.friends());
 * await client.logout();
 * ```
 */
export class QQTextClient {
  readonly #passwordMd5: string;
  readonly #connection: TextConnection;

  /**
   * @throws QQConfigurationError if `url` is neither https nor plain http on a loopback address
   * @throws RangeError if another option is invalid
   */
  constructor(options: QQTextClientOptions) {
    const { url, uin, password, timeoutMs = 5_000 } = (options as QQTextClientOptions | undefined) ?? {};
    const address = readUrl(url);
    requireUin(uin);
    requireText(password, 'password');
    if (password === '') throw new RangeError('password must not be empty');
    requireWhole(timeoutMs, 1, MAX_TIMER_MS, 'timeoutMs');
    this.#passwordMd5 = createHash('md5').update(password, 'utf8').digest('hex');
    this.#connection = new TextConnection(address, uin, timeoutMs);
  }

  /**
   * Logs in with the status 10, online. A login elsewhere ends.
   *
   * @returns `HI` and `LI`, where the server sent them: the longest pause between two requests, and the time without a
   * request after which the login ends, both in seconds
   * @throws QQTextError `ERR_QQ_TEXT_LOGIN` if the server refuses the login; `reason` contains its message
   */
  async login(): Promise<{ heartbeat?: number; timeout?: number }> {
    const parameters = { PS: this.#passwordMd5, M5: '1', LC: '9326B87B234E7235' };
    const packet = await this.#connection.call('Login', parameters);
    if (textOf(packet, 'RS', 'Login') !== '0') throw this.#loginError(packet.RA?.toString() ?? '');
    const heartbeat = optionalNumberOf(packet, 'HI', 'Login');
    const timeout = optionalNumberOf(packet, 'LI', 'Login');
    return { ...(heartbeat !== undefined && { heartbeat }), ...(timeout !== undefined && { timeout }) };
  }

  /** Logs out. */
  async logout(): Promise<void> {
    await this.#connection.call('Logout');
  }

  /** Returns the QQ numbers of all friends. */
  async friends(): Promise<string[]> {
    return this.#connection.pages('List', '160', readFriends, (uin) => uin);
  }

  /** Returns the friends who are online or busy. */
  async online(): Promise<TextFriend[]> {
    return this.#connection.pages('Query_Stat', '50', readOnline, ({ uin }) => uin);
  }

  /**
   * Returns a user's profile.
   *
   * @param options - `level`: 1 short, 2 normal (the default), 3 full
   * @throws RangeError for an invalid number or level
   */
  async info(uin: string, options: { level?: 1 | 2 | 3 } = {}): Promise<TextProfile> {
    requireUin(uin);
    const { level = 2 } = options;
    requireOneOf(level, [1, 2, 3], 'level');
    return readProfile(await this.#connection.call('GetInfo', { LV: String(level), UN: uin }));
  }

  /**
   * Adds a friend, where that user needs no request.
   *
   * @returns `needs-request` if the user must accept a request (`answer(uin, 'request', reason)`), `refused` if the user
   * accepts no friends, `unknown` for a result that is not documented
   * @throws RangeError for an invalid number
   */
  async add(uin: string): Promise<'added' | 'needs-request' | 'refused' | 'unknown'> {
    requireUin(uin);
    const packet = await this.#connection.call('AddToList', { UN: uin });
    return addResults.get(textOf(packet, 'CD', 'AddToList') as '0') ?? 'unknown';
  }

  /**
   * Accepts or refuses a user's request, or sends a request to the user.
   *
   * @param reason - what the other user reads
   * @throws RangeError for an invalid number, verdict or reason
   */
  async answer(uin: string, verdict: 'accept' | 'refuse' | 'request', reason = ''): Promise<void> {
    requireUin(uin);
    requireOneOf(verdict, Object.keys(verdicts), 'verdict');
    requireText(reason, 'reason');
    await this.#connection.call('Ack_AddToList', { UN: uin, CD: verdicts[verdict], RS: reason });
  }

  /**
   * Removes a user from the own list of friends.
   *
   * @throws RangeError for an invalid number
   */
  async remove(uin: string): Promise<void> {
    requireUin(uin);
    await this.#connection.call('DelFromList', { UN: uin });
  }

  /**
   * Changes the own status: 10 online, 20 offline, 30 busy, 40 invisible.
   *
   * @throws RangeError for any other status
   */
  async setStatus(status: 10 | 20 | 30 | 40): Promise<void> {
    requireOneOf(status, [10, 20, 30, 40], 'status');
    await this.#connection.call('Change_Stat', { ST: String(status) });
  }

  /**
   * Sends a text to a user.
   *
   * @throws RangeError for an invalid number, an empty text, and one with half of a surrogate pair
   */
  async send(uin: string, text: string): Promise<void> {
    requireUin(uin);
    requireText(text, 'text');
    if (text === '') throw new RangeError('text must not be empty');
    await this.#connection.call('CLTMSG', { UN: uin, MG: text });
  }

  /**
   * Searches for users by age, sex and province.
   *
   * @returns the reply as it is, because no reply was ever recorded
   * @throws RangeError for an age that is not a whole number from 0 to 200, and for another sex
   */
  async find(who: { age?: number; sex?: 'male' | 'female'; province?: string }): Promise<TextPacket> {
    const { age, sex, province = '' } = (who as typeof who | null | undefined) ?? {};
    if (age !== undefined) requireWhole(age, 0, 200, 'age');
    if (sex !== undefined) requireOneOf(sex, Object.keys(sexes), 'sex');
    requireText(province, 'province');
    const AG = age === undefined ? '' : String(age);
    return this.#connection.call('Finger', { AG, SX: sex === undefined ? '' : sexes[sex], PV: province });
  }

  /** Fetches the messages that arrived since the last poll. The server deletes them. */
  async poll(): Promise<TextMessage[]> {
    return this.#poll();
  }

  /**
   * Polls for messages until the consumer leaves the loop or `signal` aborts. The iterator does not log in.
   *
   * @throws RangeError for an invalid option, QQTextError and QQTransportError as the other methods do: every error
   * ends the iterator, because the messages of a lost reply are lost
   * @example
   * ```ts
   * import { QQTextClient } from 'express-qq-connect/text-protocol';
   *
   * export async function echo(client: QQTextClient): Promise<void> {
   *   for await (const message of client.messages({ everyMs: 1000 })) {
   *     if (message.type === 'text') await client.send(message.from, message.text);
   *   }
   * }
   * ```
   */
  async *messages(options: TextMessagesOptions = {}): AsyncGenerator<TextMessage, void, void> {
    const { everyMs = 2_000, signal } = options;
    if (typeof everyMs !== 'number' || !(everyMs >= 100 && everyMs <= MAX_TIMER_MS)) {
      throw new RangeError(`everyMs must be a number of milliseconds from 100 to ${MAX_TIMER_MS}`);
    }
    if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.aborted !== 'boolean') {
      throw new RangeError('signal must be an AbortSignal');
    }
    const aborted = (): boolean => signal?.aborted === true;
    while (!aborted()) {
      let messages: TextMessage[];
      try {
        messages = await this.#poll(signal);
      } catch (error) {
        if (aborted()) return;
        throw error;
      }
      const polledAt = performance.now();
      for (const message of messages) {
        if (aborted()) return;
        yield message;
      }
      await pause(everyMs - (performance.now() - polledAt), signal);
    }
  }

  async #poll(signal?: AbortSignal): Promise<TextMessage[]> {
    return readMessages(await this.#connection.call('GetMsgEx', {}, signal));
  }

  #loginError(words: string): QQTextError {
    const reason = words.replaceAll(new RegExp(this.#passwordMd5, 'gi'), '[redacted]');
    const shown = redact(reason);
    const message = `Login: the server refused the login${shown === '' ? '' : ` (${shown})`}`;
    return new QQTextError('ERR_QQ_TEXT_LOGIN', message, { reason });
  }
}
