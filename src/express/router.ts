import { Router } from 'express';
import { QQRequestError } from '../protocol/errors/index.js';
import { touchTokens } from './access-token.js';
import { createContext } from './context.js';
import { extendRequest } from './extend-request.js';
import { refuseRequest } from './mounted-uncalled.js';
import { resolveOptions } from './resolve-options.js';
import { routes } from './routes.js';
import { storedLogin } from './session.js';
import { warn } from './warn.js';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { QQConnectContext } from './context.js';
import type { QQConnectOptions } from './options.js';
import type { Route } from './routes.js';
import type { StoredLogin } from './session.js';

function routesByPath(context: QQConnectContext): Map<string, Route> {
  return new Map(Object.entries(routes).map(([name, route]) => [context.paths[name as keyof typeof routes], route]));
}

async function answer(context: QQConnectContext, route: Route, req: Request, res: Response): Promise<void> {
  const allowed = req.method === route.method || (req.method === 'HEAD' && route.method === 'GET');
  if (!allowed) {
    res.set('Allow', route.method === 'GET' ? 'GET, HEAD' : route.method);
    throw new QQRequestError('ERR_QQ_METHOD_NOT_ALLOWED', `login: ${req.method} is not for this address`);
  }
  await route.handle(context, req, res);
}

/** Where the router is mounted decides whether its routes can be reached at all; nobody sees why a 404 comes. */
function warnAboutMount(context: QQConnectContext, mountedAt: string): void {
  const { login, callback } = context.paths;
  for (const [option, path] of [
    ['basePath', login],
    ['callbackPath', callback],
  ] as const) {
    if (!path.startsWith(`${mountedAt}/`)) {
      warn(
        'QQ_MOUNT_PATH',
        `the router is mounted at ${mountedAt}, but ${option} does not begin with it: its routes cannot be reached`,
      );
    }
  }
}

const touchWarned = new WeakSet<QQConnectContext>();

async function touchInPassing(context: QQConnectContext, req: Request, login: StoredLogin): Promise<void> {
  await touchTokens(context, req, login).catch(() => {
    if (!touchWarned.has(context)) warn('QQ_TOUCH', 'the lifetime of a token record could not be renewed');
    touchWarned.add(context);
  });
}

/** The path that the browser asked for, wherever the router is mounted. */
function pathOf({ originalUrl }: Request): string {
  const query = originalUrl.indexOf('?');
  return query === -1 ? originalUrl : originalUrl.slice(0, query);
}

/**
 * Makes the router that logs users in with QQ. Mount it once, behind express-session; every later handler reads
 * `req.qqUser`.
 *
 * @param options - each value of the QQ console may also come from the environment (`QQ_APP_ID`, `QQ_APP_KEY`,
 * `QQ_REDIRECT_URI`)
 * @throws `QQConfigurationError` that names every wrong option, and no value
 *
 * @example
 * ```ts
 * import express from 'express';
 * import session from 'express-session';
 * import { qqConnect, qqErrorHandler, requireQQUser } from 'express-qq-connect';
 *
 * const app = express();
 * app.use(session({ secret: process.env.SESSION_SECRET ?? '', resave: false, saveUninitialized: false }));
 * app.use(qqConnect());
 * app.get('/me', requireQQUser(), (req, res) => res.json({ nickname: req.qqUser?.nickname }));
 * app.use(qqErrorHandler());
 * ```
 *
 * @see Tencent's page 网站应用接入流程
 */
export function qqConnect(options: QQConnectOptions = {}): Router {
  refuseRequest('qqConnect', options);
  const context = createContext(resolveOptions(options));
  const byPath = routesByPath(context);
  let mountJudged = false;

  function serve(req: Request, res: Response, next: NextFunction): void {
    if (!mountJudged && req.baseUrl !== '') warnAboutMount(context, req.baseUrl);
    mountJudged = true;
    extendRequest(context, req, res);
    const path = pathOf(req);
    const route = byPath.get(path) ?? (path.endsWith('/') ? byPath.get(path.slice(0, -1)) : undefined);
    if (route) {
      answer(context, route, req, res).catch(next);
      return;
    }
    const login = storedLogin(req, context.client.appId);
    if (login?.tokens && Date.now() >= login.tokens.touchAt) {
      touchInPassing(context, req, login).then(() => next(), next);
    } else {
      next();
    }
  }

  const router = Router() as Router & { handle: RequestHandler };
  const dispatch = router.handle.bind(router);
  // Every request of the application passes here, and a router's own way to its first handler costs more than all that
  // is done there. What the application adds to the router is reached as ever.
  router.handle = function qqConnect(req, res, next) {
    serve(req, res, (error?: unknown) => {
      if (error !== undefined || router.stack.length === 0) next(error);
      else dispatch(req, res, next);
    });
  };
  return router;
}
