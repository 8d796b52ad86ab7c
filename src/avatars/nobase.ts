import { warn } from '../protocol/warn.js';
import { parametersOf } from './avatar-query.js';
import { sendAvatar, sendJson } from './send-avatar.js';
import { DEFAULT_AVATAR_SIZE } from './types.js';
import type { Request, Response } from 'express';
import type sharp from 'sharp';
import type { AvatarService } from './avatar-service.js';
import type { Lookup } from './avatar-cache.js';
import type { QQAvatarsOptions } from './options.js';
import type { AvatarImage } from './types.js';

const MAX_LENGTH = 128;
const MISSING_PARAMETERS = { code: 204, msg: '接口参数错误' };
const NO_USER = { code: 404, msg: '用户不存在' };
const NO_JPEG = { code: 404, msg: '头像无法转换为 JPEG' };
const NO_SHARP = { code: 404, msg: '头像不是 JPEG 格式，服务器未安装 sharp，无法转换' };
const LIMITED = { code: 429, msg: '请求过于频繁' };
const UNAVAILABLE = { code: 502, msg: '暂时无法获取头像' };

/** Creates the route of the nobase form: a JPEG, or JSON with the error in `code`. */
export function createNobaseRoute(
  service: AvatarService,
  resolveUser: NonNullable<QQAvatarsOptions['resolveUser']>,
): (req: Request, res: Response) => Promise<void> {
  // Loaded at start-up, so that the warning comes before the first request.
  const decoder = loadSharp();
  let hasFailed = false;

  async function toJpeg(image: AvatarImage): Promise<AvatarImage | undefined> {
    if (image.type === 'image/jpeg') return image;
    const decode = await decoder;
    if (!decode) return undefined;
    try {
      // JPEG has no transparency.
      const body = await decode(image.body).flatten({ background: '#ffffff' }).jpeg({ quality: 90 }).toBuffer();
      return { ...image, body, type: 'image/jpeg' };
    } catch {
      // A file that is broken behind its header.
      return undefined;
    }
  }

  return async function nobase(req, res) {
    const query = parametersOf(req);
    const appid = query.get('appid') ?? '';
    const user = query.get('user') ?? '';
    if (appid === '' || user === '' || appid.length > MAX_LENGTH || user.length > MAX_LENGTH) {
      answer(res, MISSING_PARAMETERS);
      return;
    }
    const key = `nobase/${JSON.stringify([appid, user])}`;
    const request = { key, size: DEFAULT_AVATAR_SIZE, client: req.ip ?? '', convert: toJpeg };
    let found: Lookup;
    try {
      found = await service.bySource(request, () => resolveUser(appid, user));
    } catch {
      // The clients of this form read nothing but its JSON.
      if (!hasFailed) warn('QQ_RESOLVE_USER', 'resolveUser threw, or returned something that is no avatar source');
      hasFailed = true;
      answer(res, UNAVAILABLE);
      return;
    }
    if (found.avatar) sendAvatar(req, res, found.avatar, found.cache);
    else if (found.problem === 'limited') answer(res, LIMITED);
    else if (found.problem === 'failed') answer(res, UNAVAILABLE);
    else if (found.problem === 'unconvertible') answer(res, (await decoder) ? NO_JPEG : NO_SHARP);
    else answer(res, NO_USER);
  };
}

let isWarned = false;

async function loadSharp(): Promise<typeof sharp | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    if (!isWarned) {
      warn(
        'QQ_AVATAR_SHARP',
        'sharp is not installed, so get_avatar returns code 404 for every avatar that is not a JPEG. ' +
          'Run `npm install sharp` (未安装 sharp，get_avatar 无法返回非 JPEG 头像，请运行 npm install sharp)',
      );
    }
    isWarned = true;
    return undefined;
  }
}

function answer(res: Response, error: { code: number; msg: string }): void {
  sendJson(res, JSON.stringify(error));
}
