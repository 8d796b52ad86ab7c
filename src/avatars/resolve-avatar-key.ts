import { QQResponseError } from '../protocol/errors/index.js';
import { parseQQBody } from '../protocol/body.js';
import { sandboxOrigin } from './hosts.js';
import { createSafeFetch, type SafeFetch } from './safe-fetch.js';
import { onSandbox } from './sources.js';
import { AVATAR_KEY, UIN } from './url-forms.js';

/** The options of {@link resolveAvatarKey}. */
export interface ResolveAvatarKeyOptions {
  /**
   * The address of QQ Connect, or the `url` of a sandbox.
   * @defaultValue the real QQ
   */
  graphUrl?: string;
}

const QQ_HOST = /(?:^|\.)(?:qq\.com|qlogo\.cn)$/;

/**
 * Finds the opaque key that replaces a QQ number in avatar URLs, so that a page does not contain the number. Calls
 * `getface`, and `get_face` if that returns no key. This can fail: Tencent has required a login for `getface` since
 * 2023, and may close both. Store the key; it does not change.
 *
 * @returns the key, or `undefined` for an unknown number
 * @throws RangeError if `uin` is no QQ number
 * @throws QQTransportError or QQResponseError if both sources failed
 * @example
 * ```ts
 * import { qqAvatarUrl, resolveAvatarKey } from 'express-qq-connect/avatars';
 *
 * export async function numberFreeUrl(uin: string): Promise<string | undefined> {
 *   const key = await resolveAvatarKey(uin);
 *   return key && qqAvatarUrl({ key }, { size: 100, host: 'auto' });
 * }
 * ```
 */
export async function resolveAvatarKey(
  uin: string | number,
  { graphUrl }: ResolveAvatarKeyOptions = {},
): Promise<string | undefined> {
  if (!UIN.test(String(uin))) throw new RangeError('uin must be a QQ number: 5 to 11 digits, the first not 0');
  const sandbox = sandboxOrigin(graphUrl);
  const safeFetch = createSafeFetch({ sandbox, allowsHost: (hostname) => QQ_HOST.test(hostname) });
  try {
    return await askGetface(uin, safeFetch, sandbox);
  } catch {
    // After a login page or a failure the other source can still have the key.
    return await askGetFace(uin, safeFetch, sandbox);
  }
}

/** Returns `undefined` for an unknown number. Throws if the response is another one, for example a login page. */
async function askGetface(uin: string | number, safeFetch: SafeFetch, sandbox?: string): Promise<string | undefined> {
  const { body } = await safeFetch(onSandbox(`https://ptlogin2.qq.com/getface?imgtype=1&uin=${uin}`, sandbox));
  // pt.setHeader({"UIN":"https:\/\/…"}), with or without a semicolon: JSONP with a dot in its name.
  const answer = parseQQBody(body.toString('utf8'));
  const found = answer[String(uin)];
  if (found === undefined && answer[''] === '') return undefined;
  const key = typeof found === 'string' && URL.canParse(found) ? keyOf(new URL(found)) : undefined;
  if (key === undefined) throw invalid('getface');
  return key;
}

/** Reads the key from where `get_face` redirects to, without fetching the image there. */
async function askGetFace(uin: string | number, safeFetch: SafeFetch, sandbox?: string): Promise<string | undefined> {
  const url = onSandbox(`https://s.p.qq.com/pub/get_face?img_type=3&uin=${uin}`, sandbox);
  const response = await safeFetch(url, { stopAt: (target) => keyOf(target) !== undefined });
  const key = keyOf(response.url);
  if (key === undefined && response.status !== 200 && response.status !== 404) throw invalid('get_face');
  return key;
}

function keyOf(url: URL): string | undefined {
  const key = url.searchParams.get('k');
  return key !== null && AVATAR_KEY.test(key) ? key : undefined;
}

function invalid(endpoint: string): QQResponseError {
  const fields = { code: 'ERR_QQ_INVALID_RESPONSE', step: 'api', endpoint: `/${endpoint}` } as const;
  return new QQResponseError(`${endpoint} returned nothing about the number`, fields);
}
