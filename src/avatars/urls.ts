import { AVATAR_KEY, UIN, matchAvatarUrl } from './url-forms.js';
import type { ParsedAvatarUrl } from './url-forms.js';

/** Who an avatar belongs to: a QQ number, or the opaque key that stands for one (see `resolveAvatarKey`). */
export type QQAvatarOwner = { uin: string | number } | { key: string };

/** A size in pixels of a QQ avatar; 0 is the original. */
export type QQAvatarUrlSize = 0 | 40 | 100 | 140 | 640;

/** The options of {@link qqAvatarUrl}. */
export interface QQAvatarUrlOptions {
  /**
   * In pixels; 0 is the original.
   * @defaultValue `100`
   */
  size?: QQAvatarUrlSize;
  /**
   * Which of the hosts below `qlogo.cn`; `auto` spreads the avatars over all five, the same avatar always on the same
   * host, so that browsers find it in their cache.
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

function hostFor(id: string): (typeof HOSTS)[number] {
  let hash = 0;
  for (let at = 0; at < id.length; at++) hash = (hash * 31 + id.charCodeAt(at)) >>> 0;
  return HOSTS[hash % HOSTS.length] ?? 'q';
}

/**
 * Builds the URL of a QQ user's avatar.
 *
 * With `uin` it shows the QQ number to everybody who sees the page; with `key` it does not.
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
  if (byNumber) check(UIN.test(id), 'uin must be a QQ number: 5 to 11 digits, the first not 0');
  else check(AVATAR_KEY.test(id), 'key must be 22 to 44 letters and digits');
  checkSize(size, [0, 40, 100, 140, 640]);
  check(host === 'auto' || HOSTS.includes(host), `host must be auto, ${HOSTS.join(', ')}`);
  const name = host === 'auto' ? hostFor(id) : host;
  return `https://${name}.qlogo.cn/g?b=qq&${byNumber ? 'nk' : 'k'}=${id}&s=${size}`;
}

/**
 * Builds the URL of a user's avatar from what a login knows: APP ID and openid. It shows no QQ number.
 *
 * @throws RangeError for a wrong APP ID, openid or size
 */
export function qqAppAvatarUrl(
  { appId, openid }: { appId: string; openid: string },
  { size = 100 }: { size?: 40 | 100 | 140 | 640 } = {},
): string {
  const segment = /^[A-Za-z0-9_-]{1,128}$/;
  const isSegment = (value: unknown): boolean => typeof value === 'string' && segment.test(value);
  check(isSegment(appId), 'appId must be the APP ID of connect.qq.com');
  check(isSegment(openid), 'openid must be the one that QQ answered, 32 hex digits');
  checkSize(size, [40, 100, 140, 640]);
  return `https://thirdqq.qlogo.cn/qqapp/${appId}/${openid}/${size}`;
}

/**
 * Builds the URL of a QQ group's avatar. It shows the group's number.
 *
 * @throws RangeError for a wrong group number or size
 */
export function qqGroupAvatarUrl(group: string | number, { size = 100 }: { size?: 0 | 40 | 100 | 640 } = {}): string {
  check(UIN.test(String(group)), 'group must be a group number: 5 to 11 digits, the first not 0');
  checkSize(size, [0, 40, 100, 640]);
  return `https://p.qlogo.cn/gh/${group}/${group}/${size}`;
}

function parse(url: string | URL): URL | undefined {
  return URL.canParse(String(url)) ? new URL(url) : undefined;
}

/** Reads a URL of a QQ avatar in any of its forms; `undefined` for every other URL. */
export function parseAvatarUrl(url: string | URL): ParsedAvatarUrl | undefined {
  const parsed = parse(url);
  return parsed && matchAvatarUrl(parsed)?.parsed;
}

/** Tells whether a URL is one of a QQ avatar: the exact host, no port, no user information, a known form. */
export function isQQAvatarUrl(url: string | URL): boolean {
  return parseAvatarUrl(url) !== undefined;
}

/**
 * Asks for another size of the same avatar, over https.
 *
 * @throws RangeError for a URL of no QQ avatar, and for a size that this form of URL does not have
 */
export function withAvatarSize(url: string | URL, size: number): string {
  const parsed = parse(url);
  const match = parsed && matchAvatarUrl(parsed);
  if (!match) throw new RangeError('url must be the URL of a QQ avatar');
  checkSize(size, match.form.sizes);
  match.form.resize(parsed, size);
  parsed.protocol = 'https:';
  return parsed.href;
}
