import { Router } from 'express';
import { assertCalled } from '../protocol/assert-called.js';
import {
  handle,
  isScript,
  isSubresource,
  notPrefetched,
  only,
  publicUser,
  rawQuery,
  sameSite,
  sendBrowserModule,
  sendScript,
} from './http.js';
import { completeLogin } from './login/complete.js';
import { readLoginQuery, startLogin } from './login/start.js';
import { checkRouteOrder, createMountCheck } from './mount-check.js';
import { readOptions } from './options.js';
import { extendRequest } from './request.js';
import { guarded } from './require-user.js';
import { createServices } from './services.js';
import { clearLoginCount } from './session/lost-sessions.js';
import { noteSession, requireSession } from './session/session.js';
import { COPY_SCRIPT } from '../pages/in-app-browser.js';
import { POPUP_SCRIPT } from '../pages/popup.js';
import { QQRequestError } from '../protocol/errors/index.js';
import type { RequestHandler } from 'express';
import type { QQConnectOptions } from './options.js';

/** Makes Express match a path literally: its special characters are escaped, for Express 4 and 5 alike. */
function literalPath(path: string): string {
  return path.replace(/[()[\]{}+?!*:\\.^$|]/g, '\\$&');
}

/**
 * Creates the router that logs users in with QQ. Mount it once, after express-session; every later handler reads
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
  assertCalled('qqConnect', options);
  const services = createServices(readOptions(options));
  const { paths, sessions, urls } = services;
  const checkMount = createMountCheck(services);
  const router = Router();
  const get = (path: string, ...handlers: RequestHandler[]): void => {
    router.get(literalPath(path), ...handlers);
    router.all(literalPath(path), only('GET', 'HEAD'));
  };
  const post = (path: string, handler: RequestHandler): void => {
    router.post(literalPath(path), sameSite(urls.siteOrigin, urls.allowedOrigins), handler);
    router.all(literalPath(path), only('POST'));
  };

  router.use(function qqConnect(req, res, next) {
    checkMount(req);
    noteSession(sessions, req);
    extendRequest(services, req, res);
    clearLoginCount(services, req, res);
    next();
  });

  get(
    paths.login,
    notPrefetched,
    handle(async (req, res) => {
      if (isSubresource(req)) {
        throw new QQRequestError(
          'ERR_QQ_NOT_A_PAGE',
          'login: an image, a style sheet or a script cannot log a user in',
        );
      }
      await startLogin(services, req, res, { ...readLoginQuery(req), asJson: isScript(req) });
    }),
  );

  get(
    paths.callback,
    notPrefetched,
    handle(async (req, res) => {
      await completeLogin(services, req, res);
      checkRouteOrder(services, router, req, res.get('Location') ?? '');
    }),
  );

  post(
    paths.logout,
    handle(async (req, res) => {
      await req.qqConnect.logout();
      res.set('Cache-Control', 'no-store');
      if (isScript(req)) res.status(204).end();
      else res.redirect(303, urls.defaultReturnTo);
    }),
  );

  const sendUser = guarded('json', (req, res) => res.set('Cache-Control', 'no-store').json(publicUser(req.qqUser)));
  get(paths.user, (req, res, next) => {
    requireSession(req, sessions);
    const isOptional = new URLSearchParams(rawQuery(req)).get('optional') === '1';
    if (isOptional && !req.qqUser) res.set('Cache-Control', 'no-store').json(null);
    else sendUser(req, res, next);
  });

  post(
    paths.refresh,
    guarded('json', async (req, res) => {
      res.set('Cache-Control', 'no-store').json(publicUser(await req.qqConnect.refreshUser()));
    }),
  );

  get(
    paths.avatar,
    guarded('json', async (req, res) => services.avatars.send(req, res, req.qqUser)),
  );

  get(paths.client, sendBrowserModule);
  get(paths.popupScript, sendScript(POPUP_SCRIPT));
  get(paths.copyScript, sendScript(COPY_SCRIPT));
  return router;
}
