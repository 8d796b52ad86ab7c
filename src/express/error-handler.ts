import * as v from 'valibot';
import { optionsSchema, readOptions } from '../client/options.js';
import { isQQConnectError } from '../protocol/errors/index.js';
import { assertCalled } from '../protocol/assert-called.js';
import { languageOf, sendPage, wantsJson } from './http.js';
import { attemptOf, loginUrl } from './login/start.js';
import { errorPage } from '../pages/error-page.js';
import { servicesOf } from './request.js';
import { createWarnOnce } from '../protocol/warn.js';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { QQConnectError } from '../protocol/errors/index.js';

/** The options of {@link qqErrorHandler}. */
export interface QQErrorHandlerOptions {
  /**
   * Whether to show what the developer has to fix.
   * @defaultValue outside production, by Express's `env` setting (`NODE_ENV`)
   */
  showFix?: boolean | undefined;
}

const schema = optionsSchema({ showFix: v.optional(v.boolean('must be true or false')) });

function sendErrorPage(req: Request, res: Response, error: QQConnectError, showFix: boolean): void {
  const services = servicesOf(req);
  const attempt = attemptOf(req);
  const popup = attempt?.popup === undefined ? undefined : ({ display: 'popup', channel: attempt.popup } as const);
  const links = services && {
    login: loginUrl(services, { returnTo: attempt?.returnTo, ...popup }),
    home: popup ? undefined : services.urls.defaultReturnTo,
  };
  const isOfLogin = attempt !== undefined || error.step === 'callback';
  const isLoggedIn = isOfLogin && req.qqUser !== undefined;
  // A policy of the application's would cut this window from its opener page, which then counts it as closed.
  if (popup) res.set('Cross-Origin-Opener-Policy', 'unsafe-none');
  const context = { site: services?.options.siteName, links, isLoggedIn, showFix };
  sendPage(res, error.status, errorPage(error, languageOf(req), context));
}

function sendErrorJson(req: Request, res: Response, error: QQConnectError, showFix: boolean): void {
  const services = servicesOf(req);
  const { code, action, qqCode, qqMessage, message, hint, step } = error;
  const forDeveloper = { message, step, hint, ...(qqMessage !== undefined && { qq_message: qqMessage }) };
  res
    .status(error.status)
    .set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
    .json({
      error: code === 'ERR_QQ_LOGIN_REQUIRED' ? 'login_required' : code,
      action,
      ...(qqCode !== undefined && { qq_code: qqCode }),
      ...(action === 'login_again' && services && { login_url: services.urls.login }),
      ...(showFix && forDeveloper),
    });
}

/**
 * Creates an error handler for this package's errors: a small page in the browser's language with a link to continue, or
 * JSON for an API request. Every other error goes to the next error handler. Mount it after the routes.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { qqErrorHandler } from 'express-qq-connect';
 *
 * const app = express();
 * app.use(qqErrorHandler());
 * ```
 */
export function qqErrorHandler(options: QQErrorHandlerOptions = {}): ErrorRequestHandler {
  assertCalled('qqErrorHandler', options);
  const { showFix: showsFix } = readOptions(schema, options);
  const warnOnce = createWarnOnce();
  return function qqErrorHandler(error: unknown, req, res, next) {
    if (!isQQConnectError(error) || res.headersSent) {
      next(error);
      return;
    }
    // Answered here, it would not reach a log.
    if (error.kind === 'configuration') warnOnce('QQ_CONFIGURATION', error.message, error.message);
    const showFix = showsFix ?? req.app.get('env') !== 'production';
    // A refresh has no page: a script requests it, even one without a header that shows it.
    const isRefresh = req.method === 'POST' && req.path.endsWith(servicesOf(req)?.paths.refresh ?? '\n');
    if (wantsJson(req) || isRefresh) sendErrorJson(req, res, error, showFix);
    else sendErrorPage(req, res, error, showFix);
  };
}
