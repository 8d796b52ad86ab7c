import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AvatarService } from './avatar-service.js';
import { candidatesForUser } from './sources.js';
import { BadAvatarRequest, readAvatarQuery } from './avatar-query.js';
import { hitHeaders, sendAvatar, sendBase64, sendError, sendProblem } from './send-avatar.js';
import type { Request, Response } from 'express';
import type { AvatarServiceSeams } from './avatar-service.js';
import type { Lookup } from './avatar-cache.js';
import type { QQUser } from '../protocol/profile.js';
import type { AvatarQuery } from './avatar-query.js';

/** The route `GET {basePath}/avatar` for the user of a session. */
export interface UserAvatarRoute {
  /** Sends the avatar of a user. */
  send: (req: Request, res: Response, user: QQUser) => Promise<void>;
  /** Drops the cached images of a user, because the image behind an unchanged URL can be another one. */
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
  return { send: userAvatarRoute(service, { fallback: 'letter', fallbackImages: [] }), forget };
}

// A version for each user whose images were dropped. It is part of the cache's keys, so that an image that is being
// fetched at that moment is dropped as well.
const versions = new LRUCache<string, number>({ max: 100_000 });
let lastVersion = 0;

function forget(user: Pick<QQUser, 'appId' | 'openid'>): void {
  versions.set(accountOf(user), ++lastVersion);
}

function accountOf({ appId, openid }: Pick<QQUser, 'appId' | 'openid'>): string {
  return JSON.stringify([appId, openid]);
}

/** Makes the route over a service that other routes use too. */
export function userAvatarRoute(
  service: AvatarService,
  options: { fallback: string; fallbackImages: readonly string[] },
): UserAvatarRoute['send'] {
  return async function qqUserAvatar(req, res, user) {
    let query: AvatarQuery;
    try {
      query = readAvatarQuery(req, options);
    } catch (error) {
      if (!(error instanceof BadAvatarRequest)) throw error;
      sendError(res, 400, 'invalid_request', { message: error.message });
      return;
    }
    const found = await find(service, user, query, req.ip ?? '');
    if (!found.avatar) sendProblem(req, res, { ...found, nickname: nicknameOf(user) }, query, PRIVATE);
    else if (query.format === 'base64') sendBase64(req, res, found.avatar, found.cache, PRIVATE);
    else sendAvatar(req, res, found.avatar, found.cache, PRIVATE);
  };
}

function find(service: AvatarService, user: QQUser, { size }: AvatarQuery, client: string): Promise<Lookup> {
  const urls = [user.figureurl_qq, user.figureurl_qq_2, user.figureurl_qq_1];
  const identity = JSON.stringify([accountOf(user), versions.get(accountOf(user)), ...urls]);
  const key = `user/${createHash('sha256').update(identity).digest('base64url')}/${size}`;
  return service.byCandidates(key, size, client, () => candidatesForUser(user, size, service.sandbox));
}

function nicknameOf({ nickname }: Partial<QQUser>): string {
  return typeof nickname === 'string' ? nickname : '';
}
