import { simulatedError, type Call, type Parameters } from '../http/call.js';
import { noticePage } from '../pages/notice-page.js';
import { pictureOf, placeholder } from './pictures.js';
import type { SandboxResponse } from '../http/response.js';
import type { Account } from '../state/grants.js';
import type { QQ } from '../state/qq.js';

/** The sizes of QQ's image hosts, with `0` for the original. */
const SIZES = ['0', '30', '40', '50', '100', '140', '640'];
/** The largest image, in px. */
export const ORIGINAL = 640;

/** The headers by which Tencent's hosts tell an avatar from the placeholder image. Both come with status 200. */
export const HIT = { 'Cache-Control': 'max-age=2592000', 'Last-Modified': 'Sat, 01 Jun 2024 08:00:00 GMT' };
export const MISS = { 'X-Info': 'notexist: -1', 'Last-Modified': 'Mon, 01 Jan 1990 00:00:00 GMT' };

/** The avatar of a user at an application. As at QQ, an image is never enlarged. */
export function avatar(call: Call, qq: QQ, path: Parameters): SandboxResponse {
  if (!SIZES.includes(path.size ?? '')) return noticePage(call, 'notFound', { what: `/…/${path.size}` });
  const size = Number(path.size) || ORIGINAL;
  const account = qq.findAccount(path.openid, path.appId);
  const largest = account ? largestOf(account) : 0;
  if (!account || largest === 0 || simulatedError(call) !== undefined) return imageResponse(placeholder(size), MISS);
  return { ...imageResponse(picture(qq, account, Math.min(size, largest)), HIT), openid: path.openid ?? '' };
}

/** A user's picture on the sandbox's own pages. */
export function portrait(qq: QQ, openid: string): SandboxResponse {
  const account = qq.findAccount(openid);
  const image = account && largestOf(account) > 0 ? picture(qq, account, 140) : placeholder(140);
  return imageResponse(image, { 'Cache-Control': 'no-cache' });
}

/** The pages' icon in the browser's tab. */
export function icon(): SandboxResponse {
  return imageResponse(pictureOf(0, 100), { 'Cache-Control': 'no-cache' });
}

export function imageResponse(body: Buffer, headers: Readonly<Record<string, string>>): SandboxResponse {
  return { type: 'image/png', body, headers };
}

function picture({ accounts }: QQ, account: Account, size: number): Buffer {
  return pictureOf(accounts.indexOf(account), size);
}

/** The largest size that QQ has of a user's avatar, 0 if the user has none. */
function largestOf({ figureurl_qq_1: small, figureurl_qq_2: large }: Account): number {
  if (small === '' || small === null) return 0;
  return large === '' || large === null ? 40 : ORIGINAL;
}
