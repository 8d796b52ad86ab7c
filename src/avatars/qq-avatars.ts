import express from 'express';
import { assertCalled } from '../protocol/assert-called.js';
import { BadAvatarRequest, avatarHandler, hitHeaders, sendError } from './http.js';
import { AvatarService, type AvatarServiceSeams } from './avatar-service.js';
import { createNobaseRoute } from './nobase.js';
import { mountOkayapi } from './okayapi.js';
import { resolveAvatarsOptions, type QQAvatarsOptions, type ResolvedAvatarsOptions } from './options.js';
import { UIN } from './url-forms.js';
import { userAvatarHandler } from './user-avatar.js';
import type { Request, Response, Router } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { SourceResolver } from './types.js';

const ID = /^[\w.~-]{1,128}$/;

/**
 * Creates an Express router that serves QQ avatars from this site. It checks and caches the images, and can serve them by
 * an ID of the application instead of a QQ number.
 *
 * Its routes are `GET /me` (the logged-in user), `/qq/UIN`, `/group/ID` and `/id/ID` (with `resolveId`), each with
 * `size`, `d` and `format`, and drop-in compatible APIs of two hosted services (okayapi, nobase).
 *
 * @throws QQConfigurationError that names every wrong option, and no value
 * @example
 * ```ts
 * import express from 'express';
 * import { qqAvatars } from 'express-qq-connect/avatars';
 *
 * const app = express();
 * app.use('/avatars', qqAvatars({ fallback: 'letter' }));
 * ```
 */
export function qqAvatars(options?: QQAvatarsOptions): Router {
  assertCalled('qqAvatars', options);
  return createAvatarsRouter(resolveAvatarsOptions(options)).router;
}

/** Creates the router of {@link qqAvatars}, with its service. A test replaces the clock and the network. */
export function createAvatarsRouter(
  options: ResolvedAvatarsOptions,
  seams: AvatarServiceSeams = {},
): { router: Router; service: AvatarService } {
  const { graphUrl, cacheBytes, rateLimit, resolveId, resolveUser } = options;
  const service = new AvatarService({ graphUrl, cacheBytes, limits: rateLimit, headers: hitHeaders }, seams);
  const router = express.Router();
  const share = sharing(options.allowOrigin);

  const mount = (path: string, names: RegExp, rule: string, source: SourceResolver<[name: string]>): void => {
    const handler = avatarHandler(options, (req, { size }) => {
      const name = String(req.params.name);
      if (!names.test(name)) throw new BadAvatarRequest(`the path must end in ${rule}`);
      return service.bySource({ key: `${path}/${name}/${size}`, size, client: req.ip ?? '' }, () => source(name));
    });
    router.get(`/${path}/:name`, (req, res, next) => {
      share(req, res);
      handler(req, res).catch(next);
    });
  };
  mount('qq', UIN, 'a QQ number: 5 to 11 digits', (uin) => ({ uin }));
  mount('group', UIN, 'a group number: 5 to 11 digits', (group) => ({ group }));
  if (resolveId) mount('id', ID, 'an id: 1 to 128 letters, digits, -, _, . or ~', resolveId);

  const sendUser = userAvatarHandler(service, options);
  router.get('/me', (req: Request & { qqUser?: QQUser | undefined }, res, next) => {
    if (req.qqUser) sendUser(req, res, req.qqUser).catch(next);
    else sendError(res, 401, { error: 'login_required', message: 'log in with QQ first' });
  });
  mountOkayapi(router, { service, credentials: options.okayapi, share, now: seams.now ?? Date.now });
  if (resolveUser) {
    const answer = createNobaseRoute(service, resolveUser);
    router.get('/api/user/get_avatar', (req, res, next) => {
      share(req, res);
      answer(req, res).catch(next);
    });
  }
  return { router, service };
}

// Not a middleware, which would add the header to all of an application that mounts the router at its root.
function sharing(allowOrigin: ResolvedAvatarsOptions['allowOrigin']): (req: Request, res: Response) => void {
  return function share(req, res) {
    if (allowOrigin === undefined) return;
    if (allowOrigin !== '*') res.vary('Origin');
    const origin = allowOrigin === '*' ? '*' : allowOrigin.find((allowed) => allowed === req.headers.origin);
    if (origin === undefined) return;
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}
