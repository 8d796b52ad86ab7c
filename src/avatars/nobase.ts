import { DEFAULT_AVATAR_SIZE } from './sizes.js';
import { parametersOf } from './avatar-query.js';
import { warn } from '../protocol/warn.js';
import { sendAvatar, sendJson } from './send-avatar.js';
import type { Request, Response } from 'express';
import type { Lookup } from './avatar-cache.js';
import type { AvatarService } from './avatar-service.js';
import type { QQAvatarsOptions } from './avatar-options.js';

const LONGEST = 128;
const MISSING_PARAMETERS = { code: 204, msg: '接口参数错误' };
const NO_USER = { code: 404, msg: '用户不存在' };
const LIMITED = { code: 429, msg: '请求过于频繁' };
const UNAVAILABLE = { code: 502, msg: '暂时无法获取头像' };

/** Answers in the nobase form: the image, or JSON with what went wrong in `code`. */
export function nobase(service: AvatarService, resolveUser: NonNullable<QQAvatarsOptions['resolveUser']>) {
  let hasFailed = false;
  return async function serve(req: Request, res: Response): Promise<void> {
    const query = parametersOf(req);
    const appid = query.get('appid') ?? '';
    const user = query.get('user') ?? '';
    if (appid === '' || user === '' || appid.length > LONGEST || user.length > LONGEST) {
      answer(res, MISSING_PARAMETERS);
      return;
    }
    const key = `nobase/${JSON.stringify([appid, user])}`;
    let found: Lookup;
    try {
      found = await service.bySource(key, DEFAULT_AVATAR_SIZE, req.ip ?? '', () => resolveUser(appid, user));
    } catch {
      // The clients of this form read nothing but its JSON.
      if (!hasFailed) warn('QQ_RESOLVE_USER', 'resolveUser threw, or named no avatar source');
      hasFailed = true;
      answer(res, UNAVAILABLE);
      return;
    }
    if (found.avatar) sendAvatar(req, res, found.avatar, found.cache);
    else if (found.problem === 'limited') answer(res, LIMITED);
    else if (found.problem === 'failed') answer(res, UNAVAILABLE);
    else answer(res, NO_USER);
  };
}

function answer(res: Response, error: { code: number; msg: string }): void {
  sendJson(res, JSON.stringify(error));
}
