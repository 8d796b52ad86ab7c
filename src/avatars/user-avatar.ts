import { createHash } from 'node:crypto';
import { forgetAccount } from './avatar-cache.js';
import { AvatarService, type AvatarServiceSeams } from './avatar-service.js';
import { avatarHandler, hitHeaders, type Fallbacks } from './http.js';
import type { Request, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';

/** The route `GET {basePath}/avatar` for the user of a session. */
export interface UserAvatarRoute {
  /** Sends the avatar of a user. */
  send: (req: Request, res: Response, user: QQUser) => Promise<void>;
  /** Drops the cached images of a user, because the image of an unchanged URL can be a new one. */
  forget: (user: Pick<QQUser, 'appId' | 'openid'>) => void;
}

const CACHE_BYTES = 32 * 1024 * 1024;
// The same URL shows another user's image after the next login.
const PRIVATE = 'private, no-cache';

/** Creates the route `GET {basePath}/avatar`, with a cache of its own. */
export function createUserAvatarRoute(
  { graphUrl }: { graphUrl: string },
  seams: AvatarServiceSeams = {},
): UserAvatarRoute {
  const service = new AvatarService({ graphUrl, cacheBytes: CACHE_BYTES, headers: hitHeaders }, seams);
  return { send: userAvatarHandler(service, { fallback: 'letter', fallbackImages: [] }), forget: forgetAccount };
}

/** Creates the handler over a service that other routes use too. */
export function userAvatarHandler(service: AvatarService, fallbacks: Fallbacks): UserAvatarRoute['send'] {
  return avatarHandler(
    fallbacks,
    async (req, { size }, user: QQUser) => {
      const { appId, openid, figureurl_qq: large, figureurl_qq_2: medium, figureurl_qq_1: small } = user;
      const identity = JSON.stringify([appId, openid, large, medium, small]);
      const key = `user/${createHash('sha256').update(identity).digest('base64url')}/${size}`;
      const found = await service.byUser({ key, size, client: req.ip ?? '' }, user);
      return found.avatar ? found : { ...found, nickname: nicknameOf(user) };
    },
    PRIVATE,
  );
}

function nicknameOf({ nickname }: Partial<QQUser>): string {
  return typeof nickname === 'string' ? nickname : '';
}
