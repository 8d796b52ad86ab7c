import { createHmac, randomBytes } from 'node:crypto';
import type { Registry } from './registry.js';
import type { SandboxRequest } from './types.js';

/** A request whose outcome is still being filled in. */
export type LoggedRequest = { -readonly [Name in keyof SandboxRequest]: SandboxRequest[Name] };

const MAX_REQUESTS = 1_000;
const MAX_BYTES = 8 * 2 ** 20;
const MAX_TEXT_LENGTH = 4_000;
const MAX_PARAMETERS = 50;

/** The newest requests, in the order they arrived, within a number and a size. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];
  readonly #bytes = new WeakMap<LoggedRequest, number>();
  readonly #numbers = new WeakMap<SandboxRequest, number>();
  #last = 0;
  #total = 0;
  #version = 0;

  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  /** Changes whenever a request arrives or ends. */
  get version(): number {
    return this.#version;
  }

  /** Adds a request, or counts it again after more of it became known. */
  update(request: LoggedRequest): void {
    const before = this.#bytes.get(request);
    // A request that was dropped or cleared meanwhile stays out.
    if (before === undefined) {
      this.#requests.push(request);
      this.#numbers.set(request, ++this.#last);
    } else if (before === 0) return;
    const bytes = JSON.stringify(request).length * 2;
    this.#bytes.set(request, bytes);
    this.#total += bytes - (before ?? 0);
    this.#version++;
    while (this.#requests.length > MAX_REQUESTS || (this.#total > MAX_BYTES && this.#requests.length > 1)) this.#drop();
  }

  /** The number of a request, counted from 1. */
  numberOf(request: SandboxRequest): number {
    return this.#numbers.get(request) ?? 0;
  }

  clear(): void {
    while (this.#requests.length > 0) this.#drop();
    this.#version++;
  }

  #drop(): void {
    const dropped = this.#requests.shift();
    if (!dropped) return;
    this.#total -= this.#bytes.get(dropped) ?? 0;
    this.#bytes.set(dropped, 0);
  }
}

const SECRET_NAMES = new Set(['client_secret', 'code', 'access_token', 'refresh_token']);
const SECRET_IN_TEXT = /\b((?:access_token|refresh_token|client_secret|code)(?:=|%3d|"\s*:\s*"))([^&"\s%]+)/gi;
const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);
export const APP_ID_NAMES: ReadonlySet<string> = new Set(['client_id', 'oauth_consumer_key', 'appid']);

/**
 * Removes secrets from what is logged. In place of each stands `***` and a tag that is the same for the same value, so
 * that a reader sees which code or token came twice.
 */
export class Redactor {
  readonly #registry: Registry;
  readonly #key = randomBytes(32);

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Hides APP Keys, and text that looks like a code, a token or a key and is no openid of the sandbox. */
  text(text: string): string {
    const short = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    return this.#registry.apps
      .reduce((rest, { appKey }) => rest.replaceAll(appKey, this.#hide(appKey)), short)
      .replace(SECRET_IN_TEXT, (_match, name: string, value: string) => name + this.#hide(value))
      .replace(/(?<!UID_)[0-9a-f]{32,}/gi, (hex) => (this.#registry.account(hex) ? hex : this.#hide(hex)));
  }

  parameters(values: Readonly<Record<string, string>>): Record<string, string> {
    const entries = Object.entries(values).slice(0, MAX_PARAMETERS);
    return Object.fromEntries(entries.map(([name, value]) => [this.text(name), this.#value(name, value)]));
  }

  headers(values: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
    const entries = Object.entries(values).map(([name, value]) => [
      name,
      SECRET_HEADERS.has(name) ? this.#hide(String(value)) : this.text(String(value)),
    ]);
    return Object.fromEntries(entries) as Record<string, string>;
  }

  #value(name: string, value: string): string {
    if (value === '') return value;
    // A developer who confuses APP ID and APP Key sends the key here.
    if (APP_ID_NAMES.has(name) && !/^\d+$/.test(value) && !this.#registry.app(value)) return this.#hide(value);
    return SECRET_NAMES.has(name) ? this.#hide(value) : this.text(value);
  }

  #hide(secret: string): string {
    if (secret.startsWith('***')) return secret;
    return `***${createHmac('sha256', this.#key).update(secret).digest('hex').slice(0, 6)}`;
  }
}
