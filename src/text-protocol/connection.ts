import { randomInt } from 'node:crypto';
import { isLoopbackHost } from '../protocol/endpoints.js';
import { QQConfigurationError, QQResponseError, QQTransportError } from '../protocol/errors/index.js';
import { BODY_TOO_LARGE, createRequest } from '../transport/request.js';
import { QQTextError } from './errors.js';
import { commandOf, formatTextPacket, parseTextPacket } from './packet.js';
import { malformedReply, textOf } from './replies.js';
import type { HttpAnswer, SendRequest } from '../transport/request.js';
import type { TextPacket } from './packet.js';

const MAX_PAGES = 1_000;

/**
 * Validates the address of a server: https, or plain http on a loopback address.
 *
 * @throws QQConfigurationError for any other address; the message does not hold it
 */
export function readUrl(url: unknown): string {
  const parsed = typeof url === 'string' && !/[?#@\s\\]/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopbackHost(parsed.hostname))) {
    return parsed.href;
  }
  throw new QQConfigurationError(
    'text protocol: url must be an https URL of a host and a path, or plain http on a loopback address, because the ' +
      "password's MD5, which is as good as the password, would cross the network in the clear",
    {
      en: 'Set url to an https address, or to the url of startTextServer() on this machine. Tencent’s server is gone.',
      zh: '请将 url 设为 https 地址，或本机 startTextServer() 的 url。腾讯的服务器早已关闭。',
    },
  );
}

function transportError(error: unknown, timeoutMs: number): unknown {
  // By its name: in another realm, such as a test runner's, a DOMException is no instance of Error.
  if ((error as { name?: unknown } | undefined)?.name === 'TimeoutError') {
    const hint = {
      en: 'Check that the server runs, or raise timeoutMs. The request may have been carried out.',
      zh: '请检查服务器是否正常，或增大 timeoutMs。该请求可能已被执行。',
    };
    const message = `text protocol: the server did not reply within ${timeoutMs} ms`;
    return new QQTransportError('ERR_QQ_TIMEOUT', message, { step: 'api', hint });
  }
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  const { cause } = error;
  const code = 'code' in cause ? String(cause.code) : 'no connection';
  if (code === BODY_TOO_LARGE) {
    const hint = { en: 'Check that url is a server of the text protocol.', zh: '请检查 url 是否为文本协议的服务器。' };
    return new QQTransportError(BODY_TOO_LARGE, 'text protocol: the reply is larger than 64 KiB', {
      step: 'api',
      hint,
    });
  }
  const hint = {
    en: 'Check that the server runs and that this machine reaches it. The request may have been carried out.',
    zh: '请检查服务器是否正常、网络是否连通。该请求可能已被执行。',
  };
  const message = `text protocol: the connection to the server failed (${code})`;
  return new QQTransportError('ERR_QQ_NETWORK', message, { step: 'api', cause, hint });
}

function parseReply(body: string, command: string): TextPacket {
  try {
    return parseTextPacket(body, 'reply');
  } catch (error) {
    throw malformedReply(command, `the reply is no packet (${(error as Error).message})`);
  }
}

/**
 * Sends commands, one at a time and each on an HTTP connection of its own, and validates the replies. It repeats
 * nothing and follows no redirect.
 */
export class TextConnection {
  readonly #url: string;
  readonly #uin: string;
  readonly #timeoutMs: number;
  readonly #request: SendRequest;
  #sequence = randomInt(10_000, 100_000);
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(url: string, uin: string, timeoutMs: number) {
    this.#url = url;
    this.#uin = uin;
    this.#timeoutMs = timeoutMs;
    const headers = { 'content-type': 'text/plain; charset=UTF-8', connection: 'close' };
    this.#request = createRequest({ timeoutMs, headers });
  }

  /** Sends a command after all earlier ones, and returns the reply. */
  async call(command: string, parameters: Record<string, string> = {}, signal?: AbortSignal): Promise<TextPacket> {
    return this.#inTurn(async () => this.#exchange(command, parameters, signal));
  }

  /** Runs a task after the tasks of all earlier calls. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const call = this.#lastCall.then(task);
    this.#lastCall = call.catch(() => undefined);
    return call;
  }

  /** Reads all pages of a list. A page without a new item is the last one, whatever `FN` is. */
  async pages<T>(
    command: string,
    size: string,
    read: (packet: TextPacket) => T[],
    uinOf: (item: T) => string,
  ): Promise<T[]> {
    return this.#inTurn(async () => {
      const found = new Map<string, T>();
      let after = '0';
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const packet = await this.#exchange(command, { TN: size, UN: after });
        const items = read(packet);
        const known = found.size;
        for (const item of items) if (!found.has(uinOf(item))) found.set(uinOf(item), item);
        const last = items.at(-1);
        if (packet.FN === '1' || last === undefined || found.size === known || uinOf(last) === after) {
          return [...found.values()];
        }
        after = uinOf(last);
      }
      throw malformedReply(command, `the list does not end after ${MAX_PAGES} pages`);
    });
  }

  async #exchange(command: string, parameters: Record<string, string>, signal?: AbortSignal): Promise<TextPacket> {
    signal?.throwIfAborted();
    const SEQ = String(this.#sequence);
    this.#sequence = this.#sequence === 99_999 ? 10_000 : this.#sequence + 1;
    const request = { VER: '1.1', CMD: command, SEQ, UIN: this.#uin, ...parameters };
    const body = await this.#post(formatTextPacket(request, 'request'), signal);
    return this.#validate(parseReply(body, command), command);
  }

  async #post(body: string, signal?: AbortSignal): Promise<string> {
    let response: HttpAnswer;
    try {
      response = await this.#request({ method: 'POST', url: this.#url, body, once: true, signal });
    } catch (error) {
      throw signal?.aborted === true ? error : transportError(error, this.#timeoutMs);
    }
    if (response.status !== 200) {
      const message = `text protocol: the server replied with HTTP status ${response.status}`;
      const hint = {
        en: 'Check that url is a server of the text protocol.',
        zh: '请检查 url 是否为文本协议的服务器。',
      };
      throw new QQResponseError(message, { code: 'ERR_QQ_HTTP_STATUS', step: 'api', hint });
    }
    return response.text;
  }

  #validate(packet: TextPacket, command: string): TextPacket {
    if (commandOf(textOf(packet, 'CMD', command)) !== commandOf(command)) {
      throw malformedReply(command, 'the reply belongs to another command');
    }
    const { UIN: uin = '' } = packet;
    if (uin !== '' && uin !== this.#uin) throw malformedReply(command, 'the reply belongs to another QQ number');
    const res = Number(textOf(packet, 'RES', command));
    if (!/^-?\d+$/.test(String(packet.RES)) || !Number.isSafeInteger(res)) {
      throw malformedReply(command, 'RES of the reply is not a whole number');
    }
    if (res === 20) {
      throw new QQTextError('ERR_QQ_TEXT_OFFLINE', `${command}: the user is not logged in (RES=20)`, { res });
    }
    if (res !== 0)
      throw new QQTextError('ERR_QQ_TEXT_REFUSED', `${command}: the server refused it (RES=${res})`, { res });
    return packet;
  }
}
