import { createHash } from 'node:crypto';
import { QQResponseError } from '../protocol/errors/index.js';
import { readImage } from './image-type.js';
import { FETCH_MS, type SafeFetch, type SafeResponse } from './safe-fetch.js';
import type { AvatarCandidates } from './sources.js';
import type { AvatarImage, AvatarSize } from './types.js';

/** MD5 of the placeholder that is served at 640 px for a user without an avatar. */
export const KNOWN_MISSES: ReadonlySet<string> = new Set(['acef72340ac0e914090bd35799f5594e']);

/** Returns whether a response is the placeholder, which comes with status 200 like an avatar. */
export function isMiss({ status, headers, body }: SafeResponse, knownMisses = KNOWN_MISSES): boolean {
  if (status === 404 || status === 410) return true;
  if (/^\s*notexist:/i.test(text(headers['x-info'])) || /\b1990\b/.test(text(headers['last-modified']))) return true;
  return knownMisses.has(createHash('md5').update(body).digest('hex'));
}

/** What {@link loadImage} needs. */
export interface ImageLoading {
  safeFetch: SafeFetch;
  knownMisses?: ReadonlySet<string> | undefined;
  /** For all candidates together. */
  timeoutMs?: number | undefined;
}

const FIRST_SHARE = 0.6;

/**
 * Requests one candidate after the other, and returns the first image that has the size or at least 100 px, else the
 * largest one. Returns `undefined` if every source had only its placeholder.
 *
 * @throws QQTransportError or QQResponseError if a source failed and none had an image
 */
export async function loadImage(
  candidates: AvatarCandidates,
  size: AvatarSize,
  { safeFetch, knownMisses, timeoutMs = FETCH_MS }: ImageLoading,
): Promise<AvatarImage | undefined> {
  const deadline = performance.now() + timeoutMs;
  const enough = size === 40 ? 40 : 100;
  let failure: Error | undefined;
  for (const [index, urls] of candidates.entries()) {
    const left = deadline - performance.now();
    // A source that does not respond must leave time for the next one.
    const sourceDeadline = performance.now() + left * (index === candidates.length - 1 ? 1 : FIRST_SHARE);
    let best: AvatarImage | undefined;
    for (const url of urls) {
      const within = { timeoutMs: sourceDeadline - performance.now() };
      const response = await safeFetch(url, within).catch((error: unknown) => error as Error);
      if (response instanceof Error) {
        failure = response;
        // The other sizes of this source would fail as slowly.
        break;
      }
      if (isMiss(response, knownMisses)) continue;
      const image = imageOf(response);
      if (!image) failure = imageError(response);
      else if (!best || image.width > best.width) best = image;
      if (best && best.width >= enough) return best;
    }
    if (best) return best;
  }
  if (failure) throw failure;
  return undefined;
}

function imageOf({ status, headers, body }: SafeResponse): AvatarImage | undefined {
  const info = status === 200 ? readImage(body) : undefined;
  if (!info) return undefined;
  // A small buffer is a view of a shared pool, which a cached image must not keep alive.
  const own = Buffer.allocUnsafeSlow(body.length);
  body.copy(own);
  const lastModified = text(headers['last-modified']);
  return { body: own, ...info, ...(/^[\w ,:+-]{1,40}$/.test(lastModified) && { lastModified }) };
}

function imageError({ url, status }: SafeResponse): QQResponseError {
  const what = status === 200 ? 'a body that is not an image' : `HTTP status ${status}`;
  const code = status === 200 ? 'ERR_QQ_INVALID_RESPONSE' : 'ERR_QQ_HTTP_STATUS';
  return new QQResponseError(`${url.hostname} returned ${what}`, { code, step: 'api' });
}

function text(header: unknown): string {
  return typeof header === 'string' ? header : '';
}
