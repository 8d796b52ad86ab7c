import { warn } from '../protocol/warn.js';
import { parametersOf, sendAvatar, sendJson } from './http.js';
import { DEFAULT_AVATAR_SIZE, type AvatarImage } from './types.js';
import type { Request, Response } from 'express';
import type sharp from 'sharp';
import type { AvatarService } from './avatar-service.js';
import type { Lookup } from './avatar-cache.js';
import type { QQAvatarsOptions } from './options.js';

const MAX_LENGTH = 128;
const NO_SHARP = { code: 404, msg: '头像不是 JPEG 格式，服务器未安装 sharp，无法转换' };
const ERRORS = {
  parameters: { code: 204, msg: '接口参数错误' },
  miss: { code: 404, msg: '用户不存在' },
  unknown: { code: 404, msg: '用户不存在' },
  unconvertible: { code: 404, msg: '头像无法转换为 JPEG' },
  limited: { code: 429, msg: '请求过于频繁' },
  failed: { code: 502, msg: '暂时无法获取头像' },
};

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
    const [appid, user] = [query.get('appid') ?? '', query.get('user') ?? ''];
    if ([appid, user].some((text) => text === '' || text.length > MAX_LENGTH)) {
      sendJson(res, JSON.stringify(ERRORS.parameters));
      return;
    }
    const key = `nobase/${JSON.stringify([appid, user])}`;
    const request = { key, size: DEFAULT_AVATAR_SIZE, client: req.ip ?? '', convert: toJpeg };
    const found = await service
      .bySource(request, () => resolveUser(appid, user))
      .catch((): Lookup => {
        // The clients of this form read nothing but its JSON.
        if (!hasFailed) warn('QQ_RESOLVE_USER', 'resolveUser threw, or returned something that is no avatar source');
        hasFailed = true;
        return { problem: 'failed', cache: 'MISS' };
      });
    if (found.avatar) sendAvatar(req, res, found.avatar, found.cache);
    else {
      const lacksSharp = found.problem === 'unconvertible' && !(await decoder);
      sendJson(res, JSON.stringify(lacksSharp ? NO_SHARP : ERRORS[found.problem]));
    }
  };
}

let isWarned = false;

async function loadSharp(): Promise<typeof sharp | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    const problem = 'sharp is not installed, so get_avatar returns code 404 for every avatar that is not a JPEG.';
    if (!isWarned) warn('QQ_AVATAR_SHARP', `${problem} Run npm install sharp (非 JPEG 头像需要 sharp，请安装)`);
    isWarned = true;
    return undefined;
  }
}
