import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { TextService } from './service.js';
import { copyUsers, defaultUsers } from './users.js';
import { readRequest } from './wire.js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TextPacket } from '../packet.js';
import type { TextUser } from './users.js';

const MAX_EXCHANGES = 10_000;
const MAX_BODY_BYTES = 1024 * 1024;
const HTML = '<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>';

/**
 * What the next request gets instead of its reply.
 *
 * - `'timeout'`: nothing, and the connection stays open; `'reset'`: a reset connection; `'empty'`: an empty body. The
 *   simulator carries the request out, and the reply is lost.
 * - `'NULL'`: that body; `'html'`: a page; `{ res }`: a reply with this `RES`. The request is not carried out.
 */
export type TextFault = 'timeout' | 'reset' | 'empty' | 'NULL' | 'html' | { res: number };

/** The options of {@link startTextServer}. */
export interface TextServerOptions {
  /**
   * The port on 127.0.0.1; 0 takes a free one.
   * @defaultValue `0`
   */
  port?: number | undefined;
  /** @defaultValue five users who are friends of each other, with the password `password` */
  users?: TextUser[] | undefined;
  /**
   * Returns the time in ms. Logins expire by it.
   * @defaultValue `Date.now`
   */
  clock?: (() => number) | undefined;
  /**
   * `HI` of a login, in seconds.
   * @defaultValue `60`
   */
  heartbeat?: number | undefined;
  /**
   * `LI` of a login, in seconds: a login ends after this time without a request.
   * @defaultValue `300`
   */
  timeout?: number | undefined;
  /**
   * The line end behind every body, for programs that read a line.
   * @defaultValue `''`
   */
  lineEnd?: '' | '\n' | '\r\n' | undefined;
}

/** A running simulator. */
export interface TextServer extends AsyncDisposable {
  /** The address, without a trailing slash. */
  readonly url: string;
  /** The users, with their friends as they are now. */
  readonly users: readonly TextUser[];
  /**
   * The newest 10,000 exchanges: the request without `PS`, and the body of the reply, which is empty if none was sent.
   * A body that is no packet is not listed.
   */
  readonly exchanges: readonly { request: TextPacket; reply: string }[];
  /**
   * Puts a message into a user's queue, as if it had been sent.
   *
   * @param message - `type` is `MT`, 9 by default
   * @throws RangeError for an unknown user and an invalid message
   */
  deliver(to: string, message: { from: string; type?: number; text: string }): void;
  /**
   * Ends a login, as a login elsewhere does.
   *
   * @throws RangeError for an unknown user
   */
  kick(uin: string): void;
  /**
   * Simulates a fault for the next request, once; several calls queue up.
   *
   * @throws RangeError for an unknown fault
   */
  failNext(fault: TextFault): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/**
 * Starts a simulator of the QQ HTTP text protocol on 127.0.0.1. It shares no code with the client and the codec.
 *
 * @throws RangeError for an invalid option
 * @throws the listener's error, `EADDRINUSE` for example
 * @example
 * ```ts
 * import { startTextServer } from 'express-qq-connect/text-protocol';
 *
 * await using server = await startTextServer({ users: [{ uin: '9990000300', password: 'password' }] });
 * server.deliver('9990000300', { from: '10000', type: 99, text: '系统消息' });
 * console.log(server.url);
 * ```
 */
export async function startTextServer(options: TextServerOptions = {}): Promise<TextServer> {
  const { port = 0, users = defaultUsers(), clock = Date.now, heartbeat = 60, timeout = 300, lineEnd = '' } = options;
  const isWhole = (value: unknown, from: number, to: number): boolean =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
  if (!isWhole(port, 0, 65_535)) throw new RangeError('port must be a whole number from 0 to 65535');
  if (typeof clock !== 'function') throw new RangeError('clock must be a function');
  if (!isWhole(heartbeat, 1, 1e9)) throw new RangeError('heartbeat must be a whole number of seconds from 1');
  if (!isWhole(timeout, 1, 1e9)) throw new RangeError('timeout must be a whole number of seconds from 1');
  if (!['', '\n', '\r\n'].includes(lineEnd)) throw new RangeError('lineEnd must be empty, LF or CR LF');
  const simulator = new Simulator(new TextService(copyUsers(users), clock, heartbeat, timeout), lineEnd);
  await simulator.listen(port);
  return simulator;
}

/** All that holds passwords is private, so that an inspected simulator shows its address only. */
class Simulator implements TextServer {
  readonly #service: TextService;
  readonly #lineEnd: string;
  readonly #server: Server;
  readonly #exchanges: { request: TextPacket; reply: string }[] = [];
  readonly #faults: TextFault[] = [];
  readonly #answering = new WeakSet<Duplex>();
  #url = '';
  #closed: Promise<void> | undefined;

  constructor(service: TextService, lineEnd: string) {
    this.#service = service;
    this.#lineEnd = lineEnd;
    this.#server = createServer((req, res) => {
      this.#answering.add(req.socket);
      void this.#answer(req, res);
    });
    this.#server.on('clientError', (_error, socket) => this.#endBadRequest(socket));
  }

  get url(): string {
    return this.#url;
  }

  get users(): readonly TextUser[] {
    return this.#service.users;
  }

  get exchanges(): readonly { request: TextPacket; reply: string }[] {
    return this.#exchanges;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
        resolve();
      });
    });
  }

  deliver(to: string, message: { from: string; type?: number; text: string }): void {
    const { from, type = 9, text } = message;
    if (typeof from !== 'string' || !/^\d+$/.test(from)) throw new RangeError('from must be a string of digits');
    if (!Number.isSafeInteger(type) || type < 0) throw new RangeError('type must be a whole number from 0');
    if (typeof text !== 'string') throw new RangeError('text must be a string');
    this.#service.deliver(to, { from, type, text });
  }

  kick(uin: string): void {
    this.#service.kick(uin);
  }

  failNext(fault: TextFault): void {
    const known = ['timeout', 'reset', 'empty', 'NULL', 'html'].includes(fault as string);
    const res = (fault as { res?: unknown } | null | undefined)?.res;
    if (!known && !Number.isSafeInteger(res)) {
      throw new RangeError("the fault must be 'timeout', 'reset', 'empty', 'NULL', 'html' or { res: number }");
    }
    this.#faults.push(typeof fault === 'object' ? { ...fault } : fault);
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [inspect.custom](): string {
    return `TextServer { url: '${this.url}' }`;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'POST') {
      send(res, 405, 'Method Not Allowed', { allow: 'POST' });
      return;
    }
    // A request that is sent to a proxy has a whole URL as its target.
    if (!/^(?:http:\/\/[^/?#]*)?\/?(?:\?.*)?$/i.test(req.url ?? '')) {
      send(res, 404, 'Not Found');
      return;
    }
    let body: Buffer | undefined;
    try {
      body = await readBody(req);
    } catch {
      return; // The connection broke before the request was complete.
    }
    if (body) this.#reply(body, res);
    else send(res, 413, 'Payload Too Large');
  }

  #reply(body: Buffer, res: ServerResponse): void {
    const request = readRequest(body);
    const fault = this.#faults.shift();
    let reply = 'NULL';
    if (fault === 'html') reply = HTML;
    else if (request && fault !== 'NULL')
      reply = this.#service.reply(request, (fault as { res?: number } | undefined)?.res);
    if (fault !== 'html') reply += this.#lineEnd;
    if (fault === 'timeout' || fault === 'reset' || fault === 'empty') reply = '';
    if (request) this.#record(request, reply);
    if (fault === 'timeout') return;
    if (fault === 'reset') res.socket?.resetAndDestroy();
    else send(res, 200, reply, fault === 'html' ? { 'content-type': 'text/html' } : {});
  }

  /** Ignores bytes behind a complete request, as the server of the time did. */
  #endBadRequest(socket: Duplex): void {
    if (this.#answering.has(socket)) return;
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  }

  #record(request: ReadonlyMap<string, string>, reply: string): void {
    const packet = Object.create(null) as TextPacket;
    for (const [key, value] of request) if (key !== 'PS') packet[key] = value;
    this.#exchanges.push({ request: packet, reply });
    if (this.#exchanges.length > MAX_EXCHANGES) this.#exchanges.shift();
  }
}

/** Reads a body; returns `undefined` for one that is too large. */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function send(res: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
    ...headers,
  });
  res.end(body);
}
