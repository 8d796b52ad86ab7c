import type { ServerResponse } from 'node:http';

/** A response as a value, so that a fault can still change it before it is sent. */
export interface SandboxResponse {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** QQ's number, for the request log. */
  readonly error?: number;
  /** The openid of the user whom the response is about, for the request log. */
  readonly openid?: string;
}

/** QQ labels its API responses so, whatever they hold. */
export const TEXT_HTML = 'text/html; charset=utf-8';

/** JSON with `fmt=json`, else JSONP: the formats of `me`, and of an error of `token`. */
export function jsonResponse(fields: object, fmt: string | undefined): SandboxResponse {
  const json = JSON.stringify(fields);
  return apiResponse(fmt === 'json' ? json : `callback( ${json} );\n`);
}

/** An API body. It is labelled HTML, so the policy keeps a browser from running what a nickname holds. */
export function apiResponse(body: string): SandboxResponse {
  return {
    type: TEXT_HTML,
    body,
    headers: { 'Cache-Control': 'no-store', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" },
  };
}

/** Redirects the browser. */
export function redirectResponse(status: 302 | 303, location: string): SandboxResponse {
  return { status, type: TEXT_HTML, body: '', headers: { Location: location, 'Cache-Control': 'no-store' } };
}

/** A response's body as it goes over the wire. */
export function bytesOf({ body }: SandboxResponse): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

/** Sends a response. */
export function send(res: ServerResponse, response: SandboxResponse): void {
  const { status = 200, type, headers } = response;
  const bytes = bytesOf(response);
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...headers,
  });
  res.end(bytes);
}
