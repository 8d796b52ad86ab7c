import * as v from 'valibot';
import { withoutCancelled } from '../attempt/return-to.js';
import { optionsSchema, readOptions } from '../client/options.js';
import { QQConfigurationError, QQRequestError } from '../protocol/errors/index.js';
import { assertCalled } from '../protocol/assert-called.js';
import { acceptsHtml, isInFrame, isPageRequest, isPrefetch, languageOf, sendPage } from './http.js';
import { debug } from './debug.js';
import { loginUrl, setAttempt } from './login/start.js';
import { loginRequiredPage } from '../pages/login-required-page.js';
import { servicesOf } from './request.js';
import { requireSession } from './session/session.js';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { Services } from './services.js';

/** The options of {@link requireQQUser}. */
export interface RequireQQUserOptions {
  /**
   * What a request without a user gets.
   * @defaultValue `'auto'`: a page request is redirected to the login, everything else gets 401
   */
  answer?: 'auto' | 'login' | 'json' | undefined;
}

type Answer = NonNullable<RequireQQUserOptions['answer']>;

const schema = optionsSchema({
  answer: v.optional(v.picklist(['auto', 'login', 'json'], "must be 'auto', 'login' or 'json'"), 'auto'),
});

function requireServices(req: Request): Services {
  const services = servicesOf(req);
  if (services) return services;
  throw new QQConfigurationError(
    'requireQQUser: this request has not passed qqConnect()',
    {
      en: 'Mount the router before the guard: app.use(qqConnect()).',
      zh: '请在登录校验中间件之前挂载 qqConnect()：app.use(qqConnect())。',
    },
    'ERR_QQ_ROUTER_MISSING',
  );
}

async function requireLogin(req: Request, res: Response, answer: Answer): Promise<void> {
  const services = requireServices(req);
  requireSession(req, services.sessions);
  const { urls } = services;
  debug('guard: the user is not logged in');
  res.set('Cache-Control', 'no-store');
  if (answer === 'login' ? req.method !== 'HEAD' : answer === 'auto' && isPageRequest(req)) {
    if (isPrefetch(req)) {
      res.status(503).end(); // a login that the user did not start would replace a real one
    } else if (withoutCancelled(req.originalUrl) !== req.originalUrl) {
      // The user has just cancelled: a redirect would lead to QQ again.
      setAttempt(req, { returnTo: withoutCancelled(req.originalUrl) });
      throw new QQRequestError('ERR_QQ_LOGIN_REQUIRED', 'session: the login was cancelled, and this page requires one');
    } else {
      await req.qqConnect.login();
    }
  } else if (answer === 'auto' && req.method !== 'HEAD' && acceptsHtml(req)) {
    // To this page, unless it is the target of a form.
    const url = loginUrl(services, { returnTo: req.method === 'GET' ? req.originalUrl : undefined });
    sendPage(res, 401, loginRequiredPage(languageOf(req), url, services.options.siteName, isInFrame(req)));
  } else {
    // htmx follows this header instead of showing the JSON.
    if (req.get('hx-request') !== undefined) res.set('HX-Redirect', urls.login);
    res.status(401).json({ error: 'login_required', login_url: urls.login });
  }
}

/**
 * Creates a guard for pages and APIs of logged-in users. A page request is redirected to the login and then back; a
 * request that reads HTML and cannot go there (a form's POST, a frame) gets 401 with a page; everything else gets 401
 * with `{ "error": "login_required", "login_url": … }`.
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
  assertCalled('requireQQUser', options);
  return guarded(readOptions(schema, options).answer, (_req, _res, next) => next());
}

/** A request that has passed a login guard. */
export type QQUserRequest = Request & { qqUser: QQUser };

/** A handler for {@link withQQUser}. */
export type QQUserHandler = (req: QQUserRequest, res: Response, next: NextFunction) => unknown;

/**
 * Wraps a handler with the guard of {@link requireQQUser}: it runs for logged-in users only, with a `req.qqUser` that is
 * not optional. A rejection goes to the error handlers, on Express 4 too.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { withQQUser } from 'express-qq-connect';
 *
 * const app = express();
 * app.get('/me', withQQUser((req, res) => res.json({ nickname: req.qqUser.nickname })));
 * ```
 */
export function withQQUser(handler: QQUserHandler): RequestHandler {
  assertCalled('withQQUser', handler);
  if (typeof (handler as unknown) !== 'function') {
    throw new QQConfigurationError('withQQUser: its argument must be a handler, a function', {
      en: 'Write withQQUser((req, res) => …).',
      zh: '请写 withQQUser((req, res) => …)。',
    });
  }
  return guarded('auto', handler);
}

/** Creates a handler that runs for logged-in users only; any other request gets an answer. */
export function guarded(answer: Answer, handler: QQUserHandler): RequestHandler {
  return function requireQQUser(req, res, next) {
    const run = async (): Promise<unknown> => {
      if (!servicesOf(req) || !req.qqUser) return requireLogin(req, res, answer);
      // After a logout, Back must not show the page. A handler that sets its own value overrides this one.
      if (isPageRequest(req)) res.set('Cache-Control', 'no-store');
      return handler(req as QQUserRequest, res, next);
    };
    run().catch(next);
  };
}
