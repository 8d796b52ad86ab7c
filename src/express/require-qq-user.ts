import { QQConfigurationError, QQRequestError } from '../protocol/errors/index.js';
import { rememberAttempt } from './attempt-of-request.js';
import { contextOf } from './extend-request.js';
import { refuseRequest } from './mounted-uncalled.js';
import { isApiRequest, isPrefetch } from './request-kind.js';
import { requireSession } from './session.js';
import type { Request, RequestHandler, Response } from 'express';

/** The options of {@link requireQQUser}. */
export interface RequireQQUserOptions {
  /**
   * Whether to send the browser to the login, or to answer 401 with JSON.
   * @defaultValue `'auto'`: 401 for a request of a program, the login for a page
   */
  answer?: 'auto' | 'login' | 'json' | undefined;
}

/** Whoever cancelled and is led to a guarded page must not find themselves at QQ again. */
function hasJustCancelled(req: Request): boolean {
  return /[?&]qq_login=cancelled(?:&|$)/.test(req.originalUrl);
}

function withoutCancelled(url: string): string {
  return url.replace(/([?&])qq_login=cancelled(&|$)/, (_all, before: string, after: string) =>
    after === '&' ? before : '',
  );
}

async function demandLogin(req: Request, res: Response, answer: 'auto' | 'login' | 'json'): Promise<void> {
  const context = contextOf(req);
  if (!context) {
    throw new QQConfigurationError(
      'requireQQUser: this request has not passed qqConnect()',
      { en: 'Mount the router before the guard: app.use(qqConnect()).', zh: '请先挂载路由：app.use(qqConnect())。' },
      'ERR_QQ_ROUTER_MISSING',
    );
  }
  requireSession(req);
  if (answer === 'json' || (answer === 'auto' && isApiRequest(req))) {
    res.status(401).set('Cache-Control', 'no-store').json({ error: 'login_required', login_url: context.loginUrl });
  } else if (req.method === 'GET' && isPrefetch(req)) {
    res.status(204).set('Cache-Control', 'no-store').end(); // a login that nobody asked for would push out a real one
  } else if (hasJustCancelled(req)) {
    rememberAttempt(req, { returnTo: withoutCancelled(req.originalUrl) });
    throw new QQRequestError('ERR_QQ_LOGIN_REQUIRED', 'session: the login was cancelled and this page needs one');
  } else {
    await req.qqConnect.login();
  }
}

/**
 * Makes a guard for pages and APIs of logged-in users: a page goes to the login and comes back, a program gets 401 with
 * `{ "error": "login_required", "login_url": … }`.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { requireQQUser } from 'express-qq-connect';
 *
 * const app = express();
 * app.get('/me', requireQQUser(), (req, res) => res.json({ nickname: req.qqUser?.nickname }));
 * ```
 */
export function requireQQUser(options: RequireQQUserOptions = {}): RequestHandler {
  refuseRequest('requireQQUser', options);
  const { answer = 'auto' } = options;
  return function requireQQUser(req, res, next) {
    if (contextOf(req) && req.qqUser) next();
    else demandLogin(req, res, answer).catch(next);
  };
}
