import { DEFAULT_AVATAR_SIZE, snapAvatarSize } from './sizes.js';
import type { Request } from 'express';
import type { AvatarSize } from './sizes.js';

/** What a request asks for beside whose avatar. */
export interface AvatarQuery {
  size: AvatarSize;
  /** What stands in for a missing image: `404`, `letter`, or the path of an image of the application's. */
  fallback: string;
  format: 'image' | 'base64';
}

/** Something in a request that cannot be served; the message names the parameter and not its value. */
export class BadAvatarRequest extends Error {
  override name = 'BadAvatarRequest';
}

/** The parameters of a request, the same on Express 4 and 5, whose own `req.query` differ. */
export function parametersOf(req: Request): URLSearchParams {
  const start = req.url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : req.url.slice(start + 1));
}

function sizeOf(text: string | null): AvatarSize {
  if (text === null) return DEFAULT_AVATAR_SIZE;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new BadAvatarRequest('size must be a number of pixels: 40, 100, 140 or 640');
  return snapAvatarSize(Number(text));
}

/**
 * Reads `size`, `d` and `format`.
 *
 * @throws BadAvatarRequest
 */
export function readAvatarQuery(
  req: Request,
  { fallback, fallbackImages }: { fallback: string; fallbackImages: readonly string[] },
): AvatarQuery {
  if (!req.url.includes('?')) return { size: DEFAULT_AVATAR_SIZE, fallback, format: 'image' };
  const query = parametersOf(req);
  const d = query.get('d') ?? fallback;
  // Only what the application listed: a URL from the request could lead anywhere.
  if (d !== '404' && d !== 'letter' && !fallbackImages.includes(d)) {
    throw new BadAvatarRequest("d must be 404, letter, or the path of an image that this site's avatars fall back to");
  }
  const format = query.get('format') ?? 'image';
  if (format !== 'image' && format !== 'base64') throw new BadAvatarRequest('format must be image or base64');
  return { size: sizeOf(query.get('size')), fallback: d, format };
}
