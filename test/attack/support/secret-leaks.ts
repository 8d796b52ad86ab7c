import { inspect } from 'node:util';

const SHORTEST = 12;

/**
 * Knows every secret of a test and hears everything that is said in it: errors, logs, warnings, events, pages. A
 * secret in anything said is a leak.
 */
export class LeakWatch {
  readonly #secrets = new Map<string, string>();
  #said: { where: string; text: string }[] = [];

  /** Learns a secret, also as it looks in a URL. Short values are none: they would be found everywhere. */
  secret(kind: string, value: unknown): void {
    if (typeof value !== 'string' || value.length < SHORTEST) return;
    for (const form of [value, encodeURIComponent(value)]) this.#secrets.set(form, kind);
  }

  /** Learns the secrets among the parameters of a request. */
  parameters(parameters: Iterable<readonly [string, string]>): void {
    for (const [name, value] of parameters) {
      if (['code', 'client_secret', 'access_token', 'refresh_token'].includes(name)) this.secret(name, value);
    }
  }

  /** Learns the cookies of a `Cookie` or `Set-Cookie` header. */
  cookies(header: string | undefined, attributes: 'with attributes' | 'without attributes'): void {
    const pairs = (header ?? '').split(';').slice(0, attributes === 'with attributes' ? 1 : undefined);
    for (const pair of pairs) this.secret('cookie', pair.slice(pair.indexOf('=') + 1).trim());
  }

  /** Hears something: a text, or anything that a logger might print, as deep as it goes. */
  hear(where: string, what: unknown): void {
    const text = typeof what === 'string' ? what : inspect(what, { depth: Infinity, showHidden: true });
    this.#said.push({ where, text });
  }

  /** Hears an error in every way in which one is printed or sent. */
  hearError(error: unknown): void {
    this.hear('error, inspected', error);
    if (!(error instanceof Error)) return;
    this.hear('error, as JSON', JSON.stringify(Object.fromEntries(Object.entries(error))));
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) this.hear('stack', cause.stack ?? '');
  }

  /** What leaked since the last time, and where. */
  leaks(): string[] {
    const said = this.#said;
    this.#said = [];
    const found = new Set<string>();
    for (const { where, text } of said) {
      for (const [secret, kind] of this.#secrets) if (text.includes(secret)) found.add(`${kind} in ${where}`);
    }
    return [...found];
  }
}
