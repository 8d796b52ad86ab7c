import type { Request } from 'express';
import type { Language } from './page.js';

/** What an endpoint reads of a request; the same on Express 4 and 5, whose own `req.query` differ. */
export interface Call {
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
  readonly language: Language;
  /** The error that {@link Sandbox.failNext} asked for. */
  readonly failWith: number | undefined;
  /** Whether the user cancels. */
  readonly cancel: boolean;
}

/** The query as sent; of a repeated parameter the last value counts. */
export function queryOf(req: Request): Record<string, string> {
  const start = req.originalUrl.indexOf('?');
  return start === -1 ? {} : parametersOf(req.originalUrl.slice(start + 1));
}

/** The fields of a form body. */
export function bodyOf(req: Request): Record<string, string> {
  const body: unknown = req.body;
  return typeof body === 'string' ? parametersOf(body) : {};
}

/** Chinese unless the browser asks for English. */
export function languageOf(req: Request): Language {
  return req.acceptsLanguages('zh', 'en') === 'en' ? 'en' : 'zh';
}

function parametersOf(text: string): Record<string, string> {
  // fromEntries defines own properties, so a parameter named __proto__ is just a parameter.
  return Object.fromEntries(new URLSearchParams(text));
}
