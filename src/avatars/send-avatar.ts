import { createHash } from 'node:crypto';
import { drawLetter } from './letter.js';
import type { Request, Response } from 'express';
import type { AvatarProblem, CachedAvatar, Lookup } from './avatar-cache.js';
import type { AvatarImage } from './types.js';
import type { AvatarQuery } from './avatar-query.js';

const FRESH = 'public, max-age=86400, stale-while-revalidate=604800, stale-if-error=2592000';
const SOON_FRESH = 'public, max-age=300';
const MISSING = 'public, max-age=600';
const NEVER = 'no-store';
// An image needs nothing, and one that is opened on its own must not do anything either.
const GUARDS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
};

/** The headers of a hit, made once for each image. */
export function hitHeaders(image: AvatarImage, etag: string): CachedAvatar['headers'] {
  return {
    'Content-Type': image.type,
    'Content-Length': image.body.length,
    'Cache-Control': FRESH,
    ETag: etag,
    ...(image.lastModified !== undefined && { 'Last-Modified': image.lastModified }),
    ...GUARDS,
    'X-Cache': 'HIT',
  };
}

// RFC 9110, section 13.1.2: weak comparison with any of a list.
function isKnown(req: Request, etag: string): boolean {
  const sent = req.headers['if-none-match'];
  if (sent === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return false;
  return sent === etag || sent.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}

function send(
  req: Request,
  res: Response,
  status: number,
  headers: Record<string, string | number>,
  body: Buffer,
): void {
  if (status === 200 && isKnown(req, String(headers.ETag))) {
    const { 'Content-Type': _type, 'Content-Length': _length, ...kept } = headers;
    res.writeHead(304, kept).end();
  } else res.writeHead(status, headers).end(body);
}

/** Sends an image, or 304 to a client that has it. `cacheControl` replaces what a public image says. */
export function sendAvatar(
  req: Request,
  res: Response,
  avatar: CachedAvatar,
  cache: Lookup['cache'] = 'HIT',
  cacheControl?: string,
): void {
  if (cache === 'HIT' && cacheControl === undefined && req.headers['if-none-match'] === undefined) {
    res.writeHead(200, avatar.headers).end(avatar.body);
    return;
  }
  const control = cacheControl ?? (cache === 'STALE' ? SOON_FRESH : FRESH);
  send(req, res, 200, { ...avatar.headers, 'Cache-Control': control, 'X-Cache': cache }, avatar.body);
}

/** Sends an image as JSON: its type, dimensions and Base64. */
export function sendBase64(
  req: Request,
  res: Response,
  { type, width, height, body }: Omit<AvatarImage, 'type'> & { type: string },
  cache: Lookup['cache'],
  cacheControl: string = cache === 'STALE' ? SOON_FRESH : FRESH,
): void {
  const json = Buffer.from(JSON.stringify({ type, width, height, base64: body.toString('base64') }));
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': json.length };
  const shared = { ETag: etagOf(json), 'Cache-Control': cacheControl, ...GUARDS, 'X-Cache': cache };
  send(req, res, 200, { ...headers, ...shared }, json);
}

/** Sends our own drawing of an initial; `cacheControl` as of what it stands in for. */
export function sendLetter(
  req: Request,
  res: Response,
  {
    nickname,
    size,
    format,
    status = 200,
  }: Pick<AvatarQuery, 'size' | 'format'> & { nickname: string; status?: number },
  cacheControl: string,
  cache: Lookup['cache'],
): void {
  const body = drawLetter(nickname, size);
  const type = 'image/svg+xml';
  if (format === 'base64') {
    sendBase64(req, res, { type, width: size, height: size, body }, cache, cacheControl);
    return;
  }
  const headers = { 'Content-Type': type, 'Content-Length': body.length, ETag: etagOf(body) };
  send(req, res, status, { ...headers, 'Cache-Control': cacheControl, ...GUARDS, 'X-Cache': cache }, body);
}

const ERRORS = {
  miss: 'there is no avatar',
  unknown: 'there is no such id',
  failed: 'QQ could not be asked for the avatar',
  limited: 'too many avatars are being fetched: try again later',
};

/** Answers where there is no image, with what the request wants in its place. */
export function sendProblem(
  req: Request,
  res: Response,
  { problem, status = 502, retryAfter, nickname = '', cache }: AvatarProblem & Pick<Lookup, 'cache'>,
  { fallback, size, format }: AvatarQuery,
  control: string = problem === 'miss' ? MISSING : NEVER,
): void {
  if (retryAfter !== undefined) res.setHeader('Retry-After', retryAfter);
  if (fallback === 'letter') {
    // Browsers show the image of an error answer, so the limit need not look like a success.
    sendLetter(req, res, { nickname, size, format, status: problem === 'limited' ? 429 : 200 }, control, cache);
  } else if (fallback !== '404' && problem !== 'limited') {
    res.writeHead(302, { Location: encodeURI(fallback), 'Cache-Control': control, ...GUARDS, 'X-Cache': cache }).end();
  } else {
    const code = problem === 'limited' ? 429 : problem === 'failed' ? status : 404;
    sendError(
      res,
      code,
      problem === 'failed' ? 'upstream_failed' : problem === 'limited' ? 'rate_limited' : 'not_found',
      {
        message: ERRORS[problem],
        headers: { 'Cache-Control': control, 'X-Cache': cache },
      },
    );
  }
}

/** Answers an error as JSON. */
export function sendError(
  res: Response,
  status: number,
  error: string,
  { message, headers = {} }: { message: string; headers?: Record<string, string> },
): void {
  const body = JSON.stringify({ error, message });
  const type = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
  res.writeHead(status, { ...type, 'Cache-Control': NEVER, ...GUARDS, ...headers }).end(body);
}

function etagOf(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}

/** Sends what a drop-in form says in place of an image: with status 200, as its clients read nothing else. */
export function sendJson(res: Response, json: string): void {
  res
    .writeHead(200, {
      'Content-Type': 'application/json;charset=utf-8',
      'Content-Length': Buffer.byteLength(json),
      'Cache-Control': NEVER,
      'X-Content-Type-Options': 'nosniff',
    })
    .end(json);
}
