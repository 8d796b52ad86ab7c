import type { ServerResponse } from 'node:http';
import { describeError } from './errors.js';

/** An answer as a value, so that a fault can still change it before it is sent. */
export interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** QQ's number, for the request log. */
  readonly error?: number;
  /** The openid of the user whom the answer is about, for the request log. */
  readonly openid?: string;
}

/** QQ labels its API answers so, whatever they hold. */
export const textHtml = 'text/html; charset=utf-8';

/** The plain form that `token` answers in. */
export function formAnswer(fields: Readonly<Record<string, string>>): Answer {
  return apiAnswer(new URLSearchParams(fields).toString());
}

/** JSON with `fmt=json`, else JSONP: what `me` answers in, and `token` for its errors. */
export function jsonAnswer(fields: Readonly<Record<string, string | number>>, fmt: string | undefined): Answer {
  const json = JSON.stringify(fields);
  return apiAnswer(fmt === 'json' ? json : `callback( ${json} );\n`);
}

/** An error of `token` or `me`. */
export function errorAnswer(code: number, fmt: string | undefined): Answer {
  return { ...jsonAnswer({ error: code, error_description: describeError(code) }, fmt), error: code };
}

/** An error of the APIs behind the login, `get_user_info` here. */
export function retAnswer(code: number): Answer {
  return { ...apiAnswer(JSON.stringify({ ret: code, msg: describeError(code) })), error: code };
}

/** An API body; it is labelled HTML, so a browser that opens it must not run what a nickname holds. */
export function apiAnswer(body: string): Answer {
  return {
    type: textHtml,
    body,
    headers: { 'Cache-Control': 'no-store', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" },
  };
}

/** A redirect of the browser. */
export function redirectAnswer(status: 302 | 303, location: string): Answer {
  return { status, type: textHtml, body: '', headers: { Location: location, 'Cache-Control': 'no-store' } };
}

/** An answer's body as it goes over the wire. */
export function bytesOf({ body }: Answer): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

/** Writes an answer without Express's own additions, which differ between its versions. */
export function send(res: ServerResponse, answer: Answer): void {
  const { status = 200, type, headers } = answer;
  const bytes = bytesOf(answer);
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...headers,
  });
  res.end(bytes);
}
