import { isQQConnectError } from '../protocol/errors/index.js';
import { escapeHtml, languageOf, sendPage } from './pages.js';
import { contextOf, loginAgainUrl } from './request-context.js';
import { isApiCall } from './request-kind.js';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { QQErrorAction } from '../protocol/error-codes.js';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { Language } from './pages.js';

/** The options of {@link qqErrorHandler}. */
export interface QQErrorHandlerOptions {
  /**
   * Whether to say what the developer has to fix.
   * @defaultValue outside production, by Express's `env` setting (`NODE_ENV`)
   */
  showFix?: boolean | undefined;
}

const titles: Record<QQErrorAction, Record<Language, string>> = {
  login_again: { zh: '请重新登录', en: 'Please log in again' },
  try_later: { zh: '暂时无法登录', en: 'QQ login is not available right now' },
  fix_configuration: { zh: '本站的 QQ 登录配置有误', en: "This site's QQ login is not set up correctly" },
  refuse_user: { zh: 'QQ 拒绝了这次登录', en: 'QQ refused this login' },
};

const words = {
  zh: {
    again: '使用 QQ 重新登录',
    retry: '重试',
    home: '返回首页',
    number: 'QQ 错误码',
    tellOwner: '请联系本站管理员，并告知下面的代码。',
    fix: '给开发者（生产环境中不显示）',
  },
  en: {
    again: 'Log in with QQ again',
    retry: 'Try again',
    home: 'Back to the site',
    number: 'QQ error',
    tellOwner: 'Please tell the owner of this site, with the code below.',
    fix: 'For the developer (not shown in production)',
  },
};

// The first sentence of a hint is for the site's user, what follows for its developer.
function firstSentence(hint: string): string {
  return /^.*?(?:。|[.:](?=\s|$))/.exec(hint)?.[0].replace(/:$/, '.') ?? hint;
}

function messageFor(error: QQConnectError, language: Language): string {
  if (error.action === 'fix_configuration') return words[language].tellOwner;
  return firstSentence(error.hint[language]);
}

function sendErrorPage(req: Request, res: Response, error: QQConnectError, showFix: boolean): void {
  const language = languageOf(req);
  const say = words[language];
  const context = contextOf(req);
  const code = error.qqCode === undefined ? error.code : `${say.number} ${error.qqCode} · ${error.code}`;
  const links = context
    ? `<nav><a href="${escapeHtml(loginAgainUrl(req, context))}">${error.action === 'try_later' ? say.retry : say.again}</a>` +
      `<a href="${escapeHtml(context.defaultReturnTo)}">${say.home}</a></nav>`
    : '';
  const fix = `<section><h2>${say.fix}</h2><p>${escapeHtml(error.message)}</p><p>${escapeHtml(error.hint[language])}</p></section>`;
  sendPage(res, error.status, {
    language,
    title: titles[error.action][language],
    body: `<p>${escapeHtml(messageFor(error, language))}</p>
<p class="note">${escapeHtml(code)}</p>
${links}${showFix ? fix : ''}`,
  });
}

function sendErrorJson(req: Request, res: Response, error: QQConnectError, showFix: boolean): void {
  const context = contextOf(req);
  const { code, action, qqCode, qqMessage, message, hint, step } = error;
  const forDeveloper = { message, step, hint, ...(qqMessage !== undefined && { qq_message: qqMessage }) };
  res
    .status(error.status)
    .set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
    .json({
      error: code === 'ERR_QQ_LOGIN_REQUIRED' ? 'login_required' : code,
      action,
      ...(qqCode !== undefined && { qq_code: qqCode }),
      ...(action === 'login_again' && context && { login_url: context.loginUrl }),
      ...(showFix && forDeveloper),
    });
}

/**
 * Makes an error handler for this package's errors: a small page in the browser's language with the way out, or JSON
 * for an API request. Every other error goes on to the next handler. Mount it after the routes.
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
  return function qqErrorHandler(error: unknown, req, res, next) {
    if (!isQQConnectError(error) || res.headersSent) {
      next(error);
      return;
    }
    const showFix = options.showFix ?? req.app.get('env') !== 'production';
    if (isApiCall(req)) sendErrorJson(req, res, error, showFix);
    else sendErrorPage(req, res, error, showFix);
  };
}
