import {
  ALL_SIZES,
  AVATAR_KEY,
  SEGMENT,
  UIN,
  matchAvatarUrl,
  resizeAvatarUrl,
  type ParsedAvatarUrl,
} from './url-forms.js';

/** The owner of an avatar: a QQ number, or the opaque key that replaces it (see `resolveAvatarKey`). */
export type QQAvatarOwner = { uin: string | number } | { key: string };

/**
 * A size of a QQ avatar: 40, 100, 140, 160 or 640 pixels, 0 for the original, or one of Tencent's codes: 1 and 2 (40),
 * 3 (100), 4 (140) and 5 (640 pixels). Tencent returns status 400 for every other size.
 */
export type QQAvatarUrlSize = 0 | 1 | 2 | 3 | 4 | 5 | 40 | 100 | 140 | 160 | 640;

/** The options of {@link qqAvatarUrl}. */
export interface QQAvatarUrlOptions {
  /**
   * In pixels, or one of Tencent's codes.
   * @defaultValue `100`
   */
  size?: QQAvatarUrlSize;
  /**
   * Which of the hosts below `qlogo.cn`. `auto` spreads the avatars over all five. The same avatar is always on the
   * same host, so that browsers find it in their cache.
   * @defaultValue `'q'`
   */
  host?: 'auto' | 'q' | 'q1' | 'q2' | 'q3' | 'q4';
}

const HOSTS = ['q', 'q1', 'q2', 'q3', 'q4'] as const;

function check(valid: boolean, what: string): void {
  if (!valid) throw new RangeError(what);
}

function checkSize(size: number, sizes: readonly number[]): void {
  check(sizes.includes(size), `size must be one of ${sizes.join(', ')}`);
}

function checkUin(uin: unknown): void {
  check(UIN.test(String(uin)), 'uin must be a QQ number: 5 to 11 digits, the first not 0');
}

function hostFor(id: string): (typeof HOSTS)[number] {
  let hash = 0;
  for (let at = 0; at < id.length; at++) hash = (hash * 31 + id.charCodeAt(at)) >>> 0;
  return HOSTS[hash % HOSTS.length] ?? 'q';
}

/**
 * Builds the URL of a QQ user's avatar.
 *
 * With `uin` the URL contains the QQ number in plain text; with `key` it does not.
 *
 * @throws RangeError for a wrong number, key, size or host
 * @example
 * ```ts
 * import { qqAvatarUrl } from 'express-qq-connect/avatars';
 *
 * qqAvatarUrl({ key: 'A1b2C3d4E5f6G7h8I9j0K1' }, { size: 140, host: 'auto' });
 * ```
 */
export function qqAvatarUrl(owner: QQAvatarOwner, { size = 100, host = 'q' }: QQAvatarUrlOptions = {}): string {
  check(Object(owner) === owner, 'the owner must be { uin } or { key }');
  const byNumber = 'uin' in owner;
  const id = String(byNumber ? owner.uin : owner.key);
  if (byNumber) checkUin(id);
  else check(AVATAR_KEY.test(id), 'key must be 22 to 44 letters and digits');
  checkSize(size, ALL_SIZES);
  check(host === 'auto' || HOSTS.includes(host), `host must be auto, ${HOSTS.join(', ')}`);
  const name = host === 'auto' ? hostFor(id) : host;
  return `https://${name}.qlogo.cn/g?b=qq&${byNumber ? 'nk' : 'k'}=${id}&s=${size}`;
}

/**
 * Builds the `headimg_dl` URL of a QQ user's avatar: Tencent's second source by number. The URL contains the QQ number
 * in plain text.
 *
 * @throws RangeError for a wrong number or size
 * @example
 * ```ts
 * import { qqHeadimgUrl } from 'express-qq-connect/avatars';
 *
 * qqHeadimgUrl(9990000001, { size: 640 }); // https://q.qlogo.cn/headimg_dl?dst_uin=9990000001&spec=640
 * ```
 */
export function qqHeadimgUrl(uin: string | number, { size = 100 }: { size?: QQAvatarUrlSize } = {}): string {
  checkUin(uin);
  checkSize(size, ALL_SIZES);
  return `https://q.qlogo.cn/headimg_dl?dst_uin=${uin}&spec=${size}`;
}

/**
 * Builds the URL of a user's avatar from APP ID and openid, which every login has. The URL contains no QQ number.
 *
 * @throws RangeError for a wrong APP ID, openid or size
 */
export function qqAppAvatarUrl(
  { appId, openid }: { appId: string; openid: string },
  { size = 100 }: { size?: 40 | 100 | 140 | 640 } = {},
): string {
  const isSegment = (value: unknown): boolean => typeof value === 'string' && SEGMENT.test(value);
  check(isSegment(appId), 'appId must be the APP ID of connect.qq.com');
  check(isSegment(openid), 'openid must be the one that QQ returned, 32 hex digits');
  checkSize(size, [40, 100, 140, 640]);
  return `https://thirdqq.qlogo.cn/qqapp/${appId}/${openid}/${size}`;
}

/**
 * Builds the URL of a QQ group's avatar. The URL contains the group's number in plain text.
 *
 * @throws RangeError for a wrong group number or size
 */
export function qqGroupAvatarUrl(group: string | number, { size = 100 }: { size?: 0 | 40 | 100 | 640 } = {}): string {
  check(UIN.test(String(group)), 'group must be a group number: 5 to 11 digits, the first not 0');
  checkSize(size, [0, 40, 100, 640]);
  return `https://p.qlogo.cn/gh/${group}/${group}/${size}`;
}

/**
 * Reads a URL of a QQ avatar in any of its forms. Returns `undefined` for every other URL, and for one of more than
 * 2,048 characters.
 */
export function parseAvatarUrl(url: string | URL): ParsedAvatarUrl | undefined {
  return matchAvatarUrl(url)?.parsed;
}

/** Returns whether a URL is one of a QQ avatar: the exact host, no port, no user information, a known form. */
export function isQQAvatarUrl(url: string | URL): boolean {
  return matchAvatarUrl(url) !== undefined;
}

/**
 * Returns the URL of the same avatar in another size, over https.
 *
 * @throws RangeError if `url` is no URL of a QQ avatar, or if this form of URL does not have the size
 */
export function withAvatarSize(url: string | URL, size: number): string {
  const match = matchAvatarUrl(url);
  if (!match) throw new RangeError('url must be the URL of a QQ avatar');
  checkSize(size, match.form.sizes);
  return resizeAvatarUrl(match, size);
}
