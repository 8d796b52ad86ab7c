import express from 'express';
import { AvatarService } from './avatar-service.js';
import { UIN } from './url-forms.js';
import { BadAvatarRequest, readAvatarQuery } from './avatar-query.js';
import { assertCalled } from '../protocol/assert-called.js';
import { resolveAvatarsOptions } from './resolve-avatar-options.js';
import { nobase } from './nobase.js';
import { okayapi, okayapiParameters } from './okayapi.js';
import { hitHeaders, sendAvatar, sendBase64, sendError, sendProblem } from './send-avatar.js';
import { userAvatarRoute } from './user-avatar.js';
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express';
import type { AvatarServiceSeams } from './avatar-service.js';
import type { AvatarSource } from './types.js';
import type { QQUser } from '../protocol/profile.js';
import type { AvatarQuery } from './avatar-query.js';
import type { QQAvatarsOptions, ResolvedAvatarsOptions } from './avatar-options.js';

/** Whose avatar a path names. */
interface Subject {
  /** Names it in the cache, without the size. */
  key: string;
  source: () => AvatarSource | undefined | Promise<AvatarSource | undefined>;
}

/**
 * Makes an Express router that serves QQ avatars from this site: checked, cached, without a QQ number where you wish.
 *
 * `GET /me` (the signed-in user), `/qq/UIN`, `/group/ID`, `/id/ID` (with `resolveId`), each with `size`, `d` and
 * `format`; and the two hosted APIs that people embed, so that their clients only need another base URL.
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

/** Makes the router of {@link qqAvatars}, and shows its service; a test replaces the clock and the network. */
export function createAvatarsRouter(
  options: ResolvedAvatarsOptions,
  seams: AvatarServiceSeams = {},
): { router: Router; service: AvatarService } {
  const { graphUrl, cacheBytes, rateLimit, resolveId, resolveUser } = options;
  const service = new AvatarService({ graphUrl, cacheBytes, limits: rateLimit, headers: hitHeaders }, seams);
  const router = express.Router();
  const share = sharing(options.allowOrigin);

  const mount = (path: string, subject: (text: string) => Subject): void => {
    router.get(path, (req, res, next) => {
      share(req, res);
      serve(service, options, subject, req, res)?.catch(next);
    });
  };
  mount('/qq/:name', (uin) => {
    if (!UIN.test(uin)) throw new BadAvatarRequest('the path must end in a QQ number: 5 to 11 digits');
    return { key: `qq/${uin}`, source: () => ({ uin }) };
  });
  mount('/group/:name', (group) => {
    if (!UIN.test(group)) throw new BadAvatarRequest('the path must end in a group number: 5 to 11 digits');
    return { key: `group/${group}`, source: () => ({ group }) };
  });
  if (resolveId) {
    mount('/id/:name', (id) => {
      if (!/^[\w.~-]{1,128}$/.test(id)) {
        throw new BadAvatarRequest('the path must end in an id: 1 to 128 letters, digits, -, _, . or ~');
      }
      return { key: `id/${id}`, source: () => resolveId(id) };
    });
  }
  mountUser(router, service, options);
  mountOkayapi(router, service, options, share, seams.now ?? Date.now);
  if (resolveUser) {
    const answer = nobase(service, resolveUser);
    router.get('/api/user/get_avatar', (req, res, next) => {
      share(req, res);
      answer(req, res).catch(next);
    });
  }
  return { router, service };
}

function serve(
  service: AvatarService,
  options: ResolvedAvatarsOptions,
  subject: (text: string) => Subject,
  req: Request,
  res: Response,
): Promise<void> | undefined {
  let query: AvatarQuery;
  let asked: Subject;
  try {
    asked = subject(String(req.params.name));
    query = readAvatarQuery(req, options);
  } catch (error) {
    if (!(error instanceof BadAvatarRequest)) throw error;
    sendError(res, 400, 'invalid_request', { message: error.message });
    return undefined;
  }
  const key = `${asked.key}/${query.size}`;
  const hit = query.format === 'image' ? service.fresh(key) : undefined;
  if (!hit) return find(service, key, asked.source, query, req, res);
  sendAvatar(req, res, hit);
  return undefined;
}

async function find(
  service: AvatarService,
  key: string,
  source: Subject['source'],
  query: AvatarQuery,
  req: Request,
  res: Response,
): Promise<void> {
  const found = await service.bySource(key, query.size, req.ip ?? '', source);
  if (!found.avatar) sendProblem(req, res, found, query);
  else if (query.format === 'base64') sendBase64(req, res, found.avatar, found.cache);
  else sendAvatar(req, res, found.avatar, found.cache);
}

function mountUser(router: Router, service: AvatarService, options: ResolvedAvatarsOptions): void {
  const answer = userAvatarRoute(service, options);
  router.get('/me', (req: Request & { qqUser?: QQUser | undefined }, res, next) => {
    if (req.qqUser) answer(req, res, req.qqUser).catch(next);
    else sendError(res, 401, 'login_required', { message: 'log in with QQ first' });
  });
}

function mountOkayapi(
  router: Router,
  service: AvatarService,
  { okayapi: credentials }: ResolvedAvatarsOptions,
  share: Share,
  now: () => number,
): void {
  const api = okayapi({ service, credentials, now });
  const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 100 });
  const only =
    (named: (req: Request, parameters: Record<string, string>) => string | undefined): RequestHandler =>
    (req, res, next) => {
      const parameters = okayapiParameters(req);
      const name = named(req, parameters);
      if (name === undefined) {
        next();
        return;
      }
      share(req, res);
      api.serve(req, res, name, parameters).catch(next);
    };
  const unreadable: ErrorRequestHandler = (_error, _req, res, _next) => api.badRequest(res);
  const byQuery = only((_req, { s }) => s);
  const byPath = only((req) => `App.${String(req.params[0])}.${String(req.params[1])}`);
  router.get('/', byQuery);
  router.post('/', form, unreadable, byQuery);
  // A regular expression is a path that Express 4 and 5 read alike.
  const path = /^\/api\/App\/(\w+)\/(\w+)\/?$/;
  router.get(path, byPath);
  router.post(path, form, unreadable, byPath);
}

type Share = (req: Request, res: Response) => void;

// Not a middleware: mounted at the root of an application, that would open all of the application.
function sharing(allowOrigin: ResolvedAvatarsOptions['allowOrigin']): Share {
  return function share(req, res) {
    if (allowOrigin === undefined) return;
    if (allowOrigin !== '*') res.vary('Origin');
    const origin = allowOrigin === '*' ? '*' : allowOrigin.find((allowed) => allowed === req.headers.origin);
    if (origin === undefined) return;
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}
