import { SIZE_CODES } from './url-forms.js';
import { AVATAR_SIZES, DEFAULT_AVATAR_SIZE } from './types.js';
import type { Request } from 'express';
import type { AvatarSize } from './types.js';

/** What a request wants, apart from the owner of the avatar. */
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
