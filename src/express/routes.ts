import { QQRequestError } from '../protocol/errors/index.js';
import { handleCallback } from './callback.js';
import { beginLogin } from './login.js';
import { isApiCall, isCrossSite, isPrefetch } from './request-kind.js';
import { requireSession } from './session.js';
import type { Request, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { UserAvatarRoute } from '../avatars/user-avatar.js';
import type { QQConnectContext } from './context.js';

/** Answers a request for one of the router's own routes. */
export interface Route {
  method: 'GET' | 'POST';
  handle(context: QQConnectContext, req: Request, res: Response): Promise<void>;
}

function parameter(req: Request, name: string): string | undefined {
  return new URLSearchParams(req.originalUrl.split('?')[1]).get(name) ?? undefined;
}

/** What a browser only fetches in advance must use nothing up. */
function unlessPrefetched(handle: Route['handle']): Route['handle'] {
  return async (context, req, res) => {
    if (isPrefetch(req)) res.status(204).set('Cache-Control', 'no-store').end();
    else await handle(context, req, res);
  };
}

function refuseCrossSite(context: QQConnectContext, req: Request): void {
  if (isCrossSite(req, context.siteOrigin)) {
    throw new QQRequestError('ERR_QQ_CROSS_SITE', `session: a ${req.method} from another site is refused`);
  }
}

/** The user as a browser may see it: without `raw`, whose placeholders and Qzone fields are nobody's business. */
function publicUser({ raw, ...user }: QQUser): Omit<QQUser, 'raw'> {
  return user;
}

function sendUser(res: Response, user: QQUser): void {
  res.set('Cache-Control', 'no-store').json(publicUser(user));
}

function sendLoginRequired(context: QQConnectContext, res: Response): void {
  res.status(401).set('Cache-Control', 'no-store').json({ error: 'login_required', login_url: context.loginUrl });
}

const login: Route = {
  method: 'GET',
  handle: unlessPrefetched(async (context, req, res) =>
    beginLogin(context, req, res, {
      returnTo: parameter(req, 'returnTo'),
      display: parameter(req, 'display'),
      channel: parameter(req, 'channel'),
      inWebView: parameter(req, 'webview') === 'continue',
    }),
  ),
};

const logout: Route = {
  method: 'POST',
  async handle(context, req, res) {
    refuseCrossSite(context, req);
    requireSession(req);
    await req.qqConnect.logout();
    res.set('Cache-Control', 'no-store');
    if (isApiCall(req)) res.status(204).end();
    else res.redirect(303, context.defaultReturnTo);
  },
};

const user: Route = {
  method: 'GET',
  async handle(context, req, res) {
    requireSession(req);
    if (req.qqUser) sendUser(res, req.qqUser);
    else sendLoginRequired(context, res);
  },
};

const refresh: Route = {
  method: 'POST',
  async handle(context, req, res) {
    refuseCrossSite(context, req);
    requireSession(req);
    if (req.qqUser) sendUser(res, await req.qqConnect.refreshUser());
    else sendLoginRequired(context, res);
  },
};

const avatarRoutes = new WeakMap<QQConnectContext, Promise<UserAvatarRoute>>();

/** The avatar service is loaded by the first image that somebody asks for. */
async function loadAvatarRoute(context: QQConnectContext): Promise<UserAvatarRoute> {
  const { createUserAvatarRoute } = await import('../avatars/user-avatar.js');
  return createUserAvatarRoute({ graphUrl: context.client.graphUrl });
}

const avatar: Route = {
  method: 'GET',
  async handle(context, req, res) {
    requireSession(req);
    if (!req.qqUser) {
      sendLoginRequired(context, res);
      return;
    }
    const route = avatarRoutes.get(context) ?? loadAvatarRoute(context);
    avatarRoutes.set(context, route);
    await (await route).send(req, res, req.qqUser);
  },
};

const callback: Route = { method: 'GET', handle: unlessPrefetched(handleCallback) };

/** The router's routes, by the names of their paths. */
export const routes: Record<'login' | 'logout' | 'user' | 'refresh' | 'avatar' | 'callback', Route> = {
  login,
  logout,
  user,
  refresh,
  avatar,
  callback,
};
