import type { Answer } from './answer.js';
import { drawAvatar, drawNobody } from './avatar-image.js';
import type { Call } from './call.js';
import { noticePage } from './error-page.js';
import type { QQ } from './qq.js';
import type { Account } from './registry.js';

/** The sizes that QQ knows, `0` for the original, and how large our images are at each. */
const sizes = new Map([0, 30, 40, 50, 100, 140, 640].map((size) => [`${size}`, size || 640]));

/** The image of a user; like QQ, never enlarged, and a placeholder with status 200 for nobody. */
export function avatar(call: Call, qq: QQ, path: Readonly<Record<string, string>>): Answer {
  const size = sizes.get(path.size ?? '');
  if (size === undefined) return noticePage(call.language, 404);
  const account = qq.registry.account(path.openid ?? '', path.appId);
  if (!account || call.failWith !== undefined) {
    return image(drawNobody(size), { 'X-Info': 'notexist: -1', 'Last-Modified': 'Mon, 01 Jan 1990 00:00:00 GMT' });
  }
  const picture = image(drawn(qq, account, Math.min(size, largest(account))), {
    'Cache-Control': 'max-age=2592000',
    'Last-Modified': 'Sat, 01 Jun 2024 08:00:00 GMT',
  });
  return { ...picture, openid: path.openid };
}

/** A user's picture on the sandbox's own pages. */
export function portrait(qq: QQ, openid: string): Answer {
  const account = qq.registry.account(openid);
  return image(account ? drawn(qq, account, 140) : drawNobody(140), { 'Cache-Control': 'no-cache' });
}

/** The pages' icon in the browser's tab. */
export function icon(): Answer {
  return image(drawAvatar('ordinary', 64), { 'Cache-Control': 'no-cache' });
}

function drawn({ images }: QQ, { id }: Account, size: number): Buffer {
  const key = `${id}/${size}`;
  const png = images.get(key) ?? drawAvatar(id, size);
  images.set(key, png);
  return png;
}

function image(body: Buffer, headers: Readonly<Record<string, string>>): Answer {
  return { type: 'image/png', body, headers };
}

function largest({ user }: Account): number {
  return user.figureurl_qq_2 === '' || user.figureurl_qq_2 === null ? 40 : 640;
}
