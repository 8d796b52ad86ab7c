import { createHmac, randomBytes } from 'node:crypto';
import { bytesOf, type SandboxResponse } from '../http/response.js';
import type { QQ } from './qq.js';
import type { SandboxRequest } from './types.js';
import type { IncomingHttpHeaders } from 'node:http';

type Parameters = Readonly<Record<string, string>>;

/** A request whose outcome is still being filled in. */
export type LoggedRequest = { -readonly [Name in keyof SandboxRequest]: SandboxRequest[Name] };

const MAX_REQUESTS = 1_000;
const MAX_BYTES = 8 * 2 ** 20;
const MAX_TEXT_LENGTH = 4_000;
const MAX_BODY_LENGTH = 8_000;
const MAX_PARAMETERS = 50;

/** The newest requests, in the order they arrived, within a number and a size. No secret enters it. */
export class RequestLog {
  /** Changes whenever a request arrives or ends. */
  version = 0;
  readonly #redactor: Redactor;
  readonly #clock: () => number;
  readonly #requests: LoggedRequest[] = [];
  readonly #entries = new WeakMap<SandboxRequest, { number: number; startedAt: number; bytes: number }>();
  #last = 0;
  #total = 0;

  constructor(qq: QQ) {
    this.#redactor = new Redactor(qq);
    this.#clock = qq.clock;
  }

  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  add(method: string, path: string, query: Parameters, headers: IncomingHttpHeaders): LoggedRequest {
    const request: LoggedRequest = {
      at: this.#clock(),
      durationMs: undefined,
      endpoint: 'other',
      login: undefined,
      method,
      path: this.#redactor.text(path),
      query: this.#redactor.parameters(query),
      body: {},
      headers: this.#redactor.parameters(headers),
      status: undefined,
      location: undefined,
      responseBody: undefined,
      error: undefined,
      openid: undefined,
      fault: undefined,
      warnings: [],
    };
    this.#requests.push(request);
    this.#entries.set(request, { number: ++this.#last, startedAt: performance.now(), bytes: 0 });
    this.#measure(request);
    return request;
  }

  setBody(request: LoggedRequest, form: Parameters): void {
    request.body = this.#redactor.parameters(form);
  }

  /** Completes a request: before the first byte of its response leaves, so that a client finds the log complete. */
  end(request: LoggedRequest, response?: SandboxResponse): void {
    if (response) {
      const location = response.headers?.Location;
      request.status = response.status ?? 200;
      request.error = response.error;
      request.location = location === undefined ? undefined : this.#redactor.text(location);
      request.responseBody = this.#describeBody(response);
    }
    const startedAt = this.#entries.get(request)?.startedAt ?? 0;
    request.durationMs ??= Math.round((performance.now() - startedAt) * 10) / 10;
    if (this.#requests.includes(request)) this.#measure(request);
  }

  /** The number of a request, counted from 1. */
  numberOf(request: SandboxRequest): number {
    return this.#entries.get(request)?.number ?? 0;
  }

  clear(): void {
    this.#requests.length = 0;
    this.#total = 0;
    this.version++;
  }

  #measure(request: LoggedRequest): void {
    const entry = this.#entries.get(request);
    if (!entry) return;
    const bytes = JSON.stringify(request).length * 2;
    this.#total += bytes - entry.bytes;
    entry.bytes = bytes;
    this.version++;
    while (this.#requests.length > MAX_REQUESTS || (this.#total > MAX_BYTES && this.#requests.length > 1)) {
      const dropped = this.#requests.shift();
      this.#total -= (dropped && this.#entries.get(dropped)?.bytes) ?? 0;
    }
  }

  #describeBody(response: SandboxResponse): string {
    const { type } = response;
    const bytes = bytesOf(response);
    const text = type.startsWith('image/') ? undefined : bytes.toString();
    if (text === undefined || text.startsWith('<!doctype')) return `[${type.split(';')[0]}, ${bytes.length} bytes]`;
    return this.#redactor.text(text.slice(0, MAX_BODY_LENGTH));
  }
}

/** Of parameters and of headers. */
const SECRET_NAMES = new Set(
  'client_secret code access_token refresh_token authorization proxy-authorization cookie set-cookie'.split(' '),
);
const SECRET_IN_TEXT = /\b((?:access_token|refresh_token|client_secret|code)(?:=|%3d|"\s*:\s*"))([^&"\s%]+)/gi;
export const APP_ID_NAMES: ReadonlySet<string> = new Set(['client_id', 'oauth_consumer_key', 'appid']);

/**
 * Removes secrets from what is logged. In place of each stands `***` and a tag that is the same for the same value, so
 * that a reader sees which code or token came twice.
 */
class Redactor {
  readonly #qq: QQ;
  readonly #key = randomBytes(32);

  constructor(qq: QQ) {
    this.#qq = qq;
  }

  /** Hides APP Keys, and text that looks like a code, a token or a key and is no openid of the sandbox. */
  text(text: string): string {
    const short = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    return this.#qq.apps
      .reduce((rest, { appKey }) => rest.replaceAll(appKey, this.#hide(appKey)), short)
      .replace(SECRET_IN_TEXT, (_match, name: string, value: string) => name + this.#hide(value))
      .replace(/(?<!UID_)[0-9a-f]{32,}/gi, (hex) => (this.#qq.findAccount(hex) ? hex : this.#hide(hex)));
  }

  parameters(values: Parameters | IncomingHttpHeaders): Record<string, string> {
    const entries = Object.entries(values).slice(0, MAX_PARAMETERS);
    return Object.fromEntries(entries.map(([name, value]) => [this.text(name), this.#value(name, String(value))]));
  }

  #value(name: string, value: string): string {
    if (value === '') return value;
    // A developer who confuses APP ID and APP Key sends the key here.
    if (APP_ID_NAMES.has(name) && !/^\d+$/.test(value) && !this.#qq.findApp(value)) return this.#hide(value);
    return SECRET_NAMES.has(name) ? this.#hide(value) : this.text(value);
  }

  #hide(secret: string): string {
    if (secret.startsWith('***')) return secret;
    return `***${createHmac('sha256', this.#key).update(secret).digest('hex').slice(0, 6)}`;
  }
}
