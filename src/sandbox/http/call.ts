import { languageOf, type Language } from './language.js';
import type { IncomingMessage } from 'node:http';

const MAX_FORM_BYTES = 64 * 1024;

/** Parameters by name. */
export type Parameters = Readonly<Record<string, string>>;

/** Who reads a page or a message. */
export interface Reader {
  readonly language: Language;
  /** Whether the client is a browser that opens a page. */
  readonly wantsPage: boolean;
}

/** What an endpoint reads of a request. */
export interface Call extends Reader {
  readonly method: string;
  readonly query: Parameters;
  readonly body: Parameters;
  /** Names that the query, or the form body, holds more than once. */
  readonly repeated: readonly string[];
  /** Scheme and host that the client used, for URLs of the sandbox itself. */
  readonly origin: string;
  /** The login that the request belongs to, as the request log counts them. */
  readonly login: number | undefined;
  /** The fault that {@link Sandbox.failNext} set. */
  readonly fault: { readonly error: number } | string | undefined;
}

/** The error that {@link Sandbox.failNext} set. */
export function simulatedError({ fault }: Call): number | undefined {
  return typeof fault === 'object' ? fault.error : undefined;
}

export function readerOf({ headers }: IncomingMessage): Reader {
  const wantsPage = (headers.accept ?? '').includes('text/html');
  return { language: languageOf(headers['accept-language']), wantsPage };
}

/** Returns `undefined` where the escapes are no UTF-8. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a URIError, the only one that decodeURIComponent throws
  }
}

/** A query or a form. Of a repeated parameter the last value counts. */
export interface ParameterList {
  readonly values: Parameters;
  readonly repeated: readonly string[];
}

export function readParameters(text: string): ParameterList {
  const all = new URLSearchParams(text);
  const names = [...all.keys()];
  // fromEntries defines own properties, so a parameter named __proto__ is an ordinary parameter.
  return {
    values: Object.fromEntries(all),
    repeated: [...new Set(names.filter((name, at) => names.indexOf(name) < at))],
  };
}

/**
 * Reads a form body. A body of another type is read to its end and ignored.
 *
 * @returns `undefined` for a body of more than 64 KiB
 */
export async function readForm(req: IncomingMessage): Promise<ParameterList | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read and dropped, since a connection that ends early would lose the response.
    if (length <= MAX_FORM_BYTES) chunks.push(chunk);
  }
  if (length > MAX_FORM_BYTES) return undefined;
  const type = req.headers['content-type'] ?? '';
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(type);
  return readParameters(isForm ? Buffer.concat(chunks).toString('utf8') : '');
}
