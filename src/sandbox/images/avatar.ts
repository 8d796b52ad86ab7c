import { noticePage } from '../pages/notice-page.js';
import { pictureOf, placeholder } from './pictures.js';
import type { Call, Parameters } from '../http/call.js';
import type { SandboxResponse } from '../http/response.js';
import type { QQ } from '../state/qq.js';
import type { Account } from '../state/registry.js';

/** The sizes of QQ's image hosts, with `0` for the original. */
const SIZES = ['0', '30', '40', '50', '100', '140', '640'];
/** The largest image, in px. */
export const ORIGINAL = 640;

/** The headers by which Tencent's hosts tell an avatar from the placeholder image. Both come with status 200. */
export const HIT = { 'Cache-Control': 'max-age=2592000', 'Last-Modified': 'Sat, 01 Jun 2024 08:00:00 GMT' };
export const MISS = { 'X-Info': 'notexist: -1', 'Last-Modified': 'Mon, 01 Jan 1990 00:00:00 GMT' };

/** The avatar of a user at an application. As at QQ, an image is never enlarged. */
export function avatar(call: Call, qq: QQ, path: Parameters): SandboxResponse {
  if (!SIZES.includes(path.size ?? '')) return noticePage(call, 'notFound', `/…/${path.size}`);
  const size = Number(path.size) || ORIGINAL;
  const account = qq.registry.account(path.openid ?? '', path.appId);
  if (!account || call.failWith !== undefined) return imageResponse(placeholder(size), MISS);
  const response = imageResponse(picture(qq, account, Math.min(size, largest(account))), HIT);
  return { ...response, openid: path.openid ?? '' };
}

/** A user's picture on the sandbox's own pages. */
export function portrait(qq: QQ, openid: string): SandboxResponse {
  const account = qq.registry.account(openid);
  return imageResponse(account ? picture(qq, account, 140) : placeholder(140), { 'Cache-Control': 'no-cache' });
}

/** The pages' icon in the browser's tab. */
export function icon(): SandboxResponse {
  return imageResponse(pictureOf(0, 100), { 'Cache-Control': 'no-cache' });
}

export function imageResponse(body: Buffer, headers: Readonly<Record<string, string>>): SandboxResponse {
  return { type: 'image/png', body, headers };
}

function picture({ registry }: QQ, account: Account, size: number): Buffer {
  return pictureOf(registry.accounts.indexOf(account), size);
}

function largest({ user }: Account): number {
  return user.figureurl_qq_2 === '' || user.figureurl_qq_2 === null ? 40 : ORIGINAL;
}
