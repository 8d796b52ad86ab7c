import { isQQConnectError } from '../protocol/errors/index.js';
import { escapeHtml, languageOf, sendPage } from './pages.js';
import { isInPopup, loginAgainUrl } from './attempt-of-request.js';
import { contextOf } from './extend-request.js';
import { refuseRequest } from './mounted-uncalled.js';
import { isApiCall } from './request-kind.js';
import { warn } from './warn.js';
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

const refused = { zh: '请求被拒绝', en: 'This request was refused' };
/** Where the action's title would be wrong: nobody's login is at stake, or nobody was logged in. */
const titlesByCode: Partial<Record<QQConnectError['code'], Record<Language, string>>> = {
  ERR_QQ_CROSS_SITE: refused,
  ERR_QQ_METHOD_NOT_ALLOWED: refused,
  ERR_QQ_LOGIN_REQUIRED: { zh: '请先登录', en: 'Please log in' },
};

const words = {
  zh: {
    login: '使用 QQ 登录',
    again: '使用 QQ 重新登录',
    retry: '重试',
    home: '返回首页',
    number: 'QQ 错误码',
    tellOwner: '请联系本站管理员，并告知下面的代码。',
    ended: '这次登录没有完成，或者已经失效。',
    fix: '给开发者（生产环境中不显示）',
  },
  en: {
    login: 'Log in with QQ',
    again: 'Log in with QQ again',
    retry: 'Try again',
    home: 'Back to the site',
    number: 'QQ error',
    tellOwner: 'Please tell the owner of this site, with the code below.',
    ended: 'This login did not finish, or has come to its end.',
    fix: 'For the developer (not shown in production)',
  },
};

// The first sentence of a hint is for the site's user, what follows for its developer.
function firstSentence(hint: string): string {
  return /^.*?(?:。|[.:](?=\s|$))/.exec(hint)?.[0].replace(/:$/, '.') ?? hint;
}

function afterFirstSentence(hint: string): string {
  const rest = hint.slice(firstSentence(hint).length).trim();
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** What the site's user reads, and what its developer reads beside it. */
function explain(error: QQConnectError, language: Language): { forUser: string; toDo: string } {
  const hint = error.hint[language];
  if (error.action === 'fix_configuration') return { forUser: words[language].tellOwner, toDo: hint };
  // What QQ says of a login that has to be done again is of use to its developer only.
  if (error.action === 'login_again' && error.qqCode !== undefined)
    return { forUser: words[language].ended, toDo: hint };
  const rest = afterFirstSentence(hint);
  // The page's first button says it.
  return { forUser: firstSentence(hint), toDo: /^(?:请重新登录。|Log in again\.)$/.test(rest) ? '' : rest };
}

function fixFor(error: QQConnectError, toDo: string, language: Language): string {
  return (
    `<section><h2>${words[language].fix}</h2><p><code lang="en">${escapeHtml(error.message)}</code></p>` +
    `${toDo && `<p>${escapeHtml(toDo)}</p>`}</section>`
  );
}

function waysOut(req: Request, error: QQConnectError, language: Language): string {
  const say = words[language];
  const context = contextOf(req);
  if (!context) return '';
  const again =
    error.action === 'try_later' ? say.retry : error.code === 'ERR_QQ_LOGIN_REQUIRED' ? say.login : say.again;
  const links = [
    // Neither a refused request nor a wrong set-up gets better by another login.
    ...(titlesByCode[error.code] === refused || error.action === 'fix_configuration'
      ? []
      : [[loginAgainUrl(req, context), again]]),
    // From a pop-up home is where its opener is.
    ...(isInPopup(req) ? [] : [[context.defaultReturnTo, say.home]]),
  ];
  return `<nav>${links.map(([url = '', text]) => `<a href="${escapeHtml(url)}">${text}</a>`).join('')}</nav>`;
}

function sendErrorPage(req: Request, res: Response, error: QQConnectError, showFix: boolean): void {
  const language = languageOf(req);
  const { forUser, toDo } = explain(error, language);
  const code = error.qqCode === undefined ? error.code : `${words[language].number} ${error.qqCode} · ${error.code}`;
  sendPage(res, error.status, {
    language,
    title: (titlesByCode[error.code] ?? titles[error.action])[language],
    body: `<p>${escapeHtml(forUser)}</p>
<p class="note">${escapeHtml(code)}</p>
${waysOut(req, error, language)}${showFix ? fixFor(error, toDo, language) : ''}`,
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
  refuseRequest('qqErrorHandler', options);
  const warned = new Set<string>();
  return function qqErrorHandler(error: unknown, req, res, next) {
    if (!isQQConnectError(error) || res.headersSent) {
      next(error);
      return;
    }
    if (error.kind === 'configuration' && !warned.has(error.message)) {
      warned.add(error.message); // answered here, it would leave no trace for whoever can mend it
      warn('QQ_CONFIGURATION', error.message);
    }
    const showFix = options.showFix ?? req.app.get('env') !== 'production';
    // A refresh has no page: whoever asks for it is a program, even one that does not say so.
    const path = req.originalUrl.split('?', 1)[0];
    const isRefresh = path === contextOf(req)?.paths.refresh;
    if (isApiCall(req) || isRefresh) sendErrorJson(req, res, error, showFix);
    else sendErrorPage(req, res, error, showFix);
  };
}
