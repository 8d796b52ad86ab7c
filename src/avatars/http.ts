import { etagOf, type AvatarProblem, type CachedAvatar, type Lookup } from './avatar-cache.js';
import { drawLetter } from './letter.js';
import { AVATAR_SIZES, DEFAULT_AVATAR_SIZE, type AvatarImage, type AvatarSize } from './types.js';
import { SIZE_CODES } from './url-forms.js';
import type { Request, Response } from 'express';

/** The parameters of a request, except the owner of the avatar. */
export interface AvatarQuery {
  size: AvatarSize;
  /** What replaces a missing avatar: `404`, `letter`, or the path of an image of the application. */
  fallback: string;
  format: 'image' | 'base64';
}

/** What can replace a missing avatar. */
export interface Fallbacks {
  fallback: string;
  fallbackImages: readonly string[];
}

/** A request with a wrong parameter. The message names the parameter and not its value. */
export class BadAvatarRequest extends Error {
  override name = 'BadAvatarRequest';
}

/** Returns the parameters of a request, whose `req.query` differs between Express 4 and 5. */
export function parametersOf(req: Request): URLSearchParams {
  const start = req.url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : req.url.slice(start + 1));
}

function sizeOf(text: string | null): AvatarSize {
  if (text === null) return DEFAULT_AVATAR_SIZE;
  if (!/^(?:0|[1-9]\d{0,3})$/.test(text)) {
    throw new BadAvatarRequest(
      'size must be 40, 100, 140, 160 or 640 pixels, 0 for the original, or a code from 1 to 5',
    );
  }
  const pixels = SIZE_CODES[Number(text)] ?? Number(text);
  if (pixels === 0) return 0;
  return AVATAR_SIZES.find((size) => size >= pixels) ?? 640;
}

/**
 * Reads `size`, `d` and `format`.
 *
 * @throws BadAvatarRequest
 */
export function readAvatarQuery(req: Request, { fallback, fallbackImages }: Fallbacks): AvatarQuery {
  if (!req.url.includes('?')) return { size: DEFAULT_AVATAR_SIZE, fallback, format: 'image' };
  const query = parametersOf(req);
  const d = query.get('d') ?? fallback;
  // A URL from the request could lead to any site.
  if (d !== '404' && d !== 'letter' && !fallbackImages.includes(d)) {
    throw new BadAvatarRequest('d must be 404, letter, or the path of an image from the option fallbackImages');
  }
  const format = query.get('format') ?? 'image';
  if (format !== 'image' && format !== 'base64') throw new BadAvatarRequest('format must be image or base64');
  return { size: sizeOf(query.get('size')), fallback: d, format };
}

type Headers = Readonly<Record<string, string | number>>;
type Cache = Lookup['cache'];

const FRESH = 'public, max-age=86400, stale-while-revalidate=604800, stale-if-error=2592000';
const CONTROL = { HIT: FRESH, MISS: FRESH, STALE: 'public, max-age=300' };
const MISSING = 'public, max-age=600';
const NEVER = 'no-store';
const NOSNIFF = { 'X-Content-Type-Options': 'nosniff' };
// An image that is opened as a page must not run scripts.
const GUARDS = { ...NOSNIFF, 'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'" };
const JSON_TYPE = 'application/json; charset=utf-8';
const LETTER_OF_ORIGINAL = 640;

const PROBLEMS: Readonly<Record<AvatarProblem['problem'], { status: number; error: string; message: string }>> = {
  miss: { status: 404, error: 'not_found', message: 'there is no avatar' },
  unknown: { status: 404, error: 'not_found', message: 'there is no such id' },
  unconvertible: { status: 404, error: 'not_found', message: 'the avatar cannot be converted' },
  failed: { status: 502, error: 'upstream_failed', message: "Tencent's image hosts did not return the avatar" },
  limited: { status: 429, error: 'rate_limited', message: 'too many avatars are being fetched: try again later' },
};

/** Returns the headers of a cache hit, created once for each image. */
export function hitHeaders({ type, body, lastModified }: AvatarImage, etag: string): Headers {
  const shared = { 'Cache-Control': FRESH, ETag: etag, ...GUARDS, 'X-Cache': 'HIT' };
  const modified = lastModified !== undefined && { 'Last-Modified': lastModified };
  return { 'Content-Type': type, 'Content-Length': body.length, ...shared, ...modified };
}

function send(req: Request, res: Response, headers: Headers, body: Buffer): void {
  // Without the ETag of the client Express would compare Last-Modified, which is Beijing time labelled as GMT.
  if (req.headers['if-none-match'] !== undefined) {
    res.setHeader('ETag', String(headers.ETag));
    if (req.fresh) {
      const { 'Content-Type': _type, 'Content-Length': _length, ...kept } = headers;
      res.writeHead(304, kept).end();
      return;
    }
  }
  res.writeHead(200, headers).end(body);
}

function sendNew(req: Request, res: Response, type: string, body: Buffer, control: string, cache: Cache): void {
  const headers = { 'Content-Type': type, 'Content-Length': body.length, 'Cache-Control': control, ETag: etagOf(body) };
  send(req, res, { ...headers, ...GUARDS, 'X-Cache': cache }, body);
}

/** Sends an image, or status 304 to a client that has it. `control` replaces the `Cache-Control` of a public image. */
export function sendAvatar(req: Request, res: Response, avatar: CachedAvatar, cache: Cache, control?: string): void {
  const { headers, body } = avatar;
  if (cache === 'HIT' && control === undefined) send(req, res, headers, body);
  else send(req, res, { ...headers, 'Cache-Control': control ?? CONTROL[cache], 'X-Cache': cache }, body);
}

/** An image as JSON: its type, dimensions and Base64. */
function jsonOf({ type, width, height, body }: Omit<AvatarImage, 'type'> & { type: string }): Buffer {
  return Buffer.from(JSON.stringify({ type, width, height, base64: body.toString('base64') }));
}

/** Sends what replaces a missing image. */
function sendProblem(
  req: Request,
  res: Response,
  { problem, status, retryAfter, nickname = '', cache }: AvatarProblem & { cache: Cache },
  { fallback, size: wanted, format }: AvatarQuery,
  control: string = problem === 'miss' ? MISSING : NEVER,
): void {
  if (retryAfter !== undefined) res.setHeader('Retry-After', retryAfter);
  const headers = { 'Cache-Control': control, ...GUARDS, 'X-Cache': cache };
  const isLimited = problem === 'limited';
  if (fallback === 'letter') {
    const size = wanted || LETTER_OF_ORIGINAL;
    const image = { type: 'image/svg+xml', width: size, height: size, body: drawLetter(nickname, size) };
    const isJson = format === 'base64';
    const [type, body] = isJson ? [JSON_TYPE, jsonOf(image)] : [image.type, image.body];
    // Browsers show the image of an error response too.
    if (isLimited && !isJson) res.writeHead(429, { 'Content-Type': type, ...headers }).end(body);
    else sendNew(req, res, type, body, control, cache);
  } else if (fallback !== '404' && !isLimited) {
    res.writeHead(302, { Location: encodeURI(fallback), ...headers }).end();
  } else {
    const { error, message, status: byDefault } = PROBLEMS[problem];
    sendError(res, status ?? byDefault, { error, message }, headers);
  }
}

/** Sends an error as JSON. */
export function sendError(
  res: Response,
  status: number,
  body: { error: string; message: string },
  headers: Headers = { 'Cache-Control': NEVER, ...GUARDS },
): void {
  const json = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'Content-Type': JSON_TYPE, 'Content-Length': json.length, ...headers }).end(json);
}

/** Sends the JSON of a drop-in form, with status 200 because its clients read only the body. */
export function sendJson(res: Response, text: string): void {
  const json = Buffer.from(text);
  const headers = { 'Content-Type': 'application/json;charset=utf-8', 'Content-Length': json.length };
  res.writeHead(200, { ...headers, 'Cache-Control': NEVER, ...NOSNIFF }).end(json);
}

/**
 * Creates a handler that finds an avatar and sends it, or what replaces it. A wrong parameter gets status 400.
 *
 * @param control - replaces the `Cache-Control` of a public image
 */
export function avatarHandler<Rest extends unknown[]>(
  fallbacks: Fallbacks,
  find: (req: Request, query: AvatarQuery, ...rest: Rest) => Promise<Lookup>,
  control?: string,
): (req: Request, res: Response, ...rest: Rest) => Promise<void> {
  return async function qqAvatar(req, res, ...rest) {
    try {
      const query = readAvatarQuery(req, fallbacks);
      const found = await find(req, query, ...rest);
      if (!found.avatar) sendProblem(req, res, found, query, control);
      else if (query.format === 'image') sendAvatar(req, res, found.avatar, found.cache, control);
      else sendNew(req, res, JSON_TYPE, jsonOf(found.avatar), control ?? CONTROL[found.cache], found.cache);
    } catch (error) {
      if (!(error instanceof BadAvatarRequest)) throw error;
      sendError(res, 400, { error: 'invalid_request', message: error.message });
    }
  };
}
