import { buttons, escapeHtml, layout } from './layout.js';
import type { QQErrorAction } from '../protocol/error-codes.js';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { Language, Page } from './layout.js';

const titles: Record<QQErrorAction, Record<Language, string>> = {
  login_again: { zh: '请重新登录', en: 'Please log in again' },
  try_later: { zh: '暂时无法登录', en: 'QQ login is not available right now' },
  fix_configuration: { zh: '本站的 QQ 登录配置有误', en: "This site's QQ login is not set up correctly" },
  refuse_user: { zh: 'QQ 拒绝了这次登录', en: 'QQ refused this login' },
};

const refused = { zh: '请求被拒绝', en: 'This request was refused' };
// Where the title of the action does not fit.
const titlesByCode: Partial<Record<QQConnectError['code'], Record<Language, string>>> = {
  ERR_QQ_CROSS_SITE: refused,
  ERR_QQ_METHOD_NOT_ALLOWED: refused,
  ERR_QQ_NOT_A_PAGE: refused,
  ERR_QQ_STATE_USED: { zh: '你已经登录', en: 'You are logged in already' },
  ERR_QQ_LOGIN_REFUSED: { zh: '本站没有接受这次登录', en: 'This site did not accept the login' },
  ERR_QQ_LOGIN_REQUIRED: { zh: '请先登录', en: 'Please log in' },
};

const messages = {
  zh: {
    login: '使用 QQ 登录',
    again: '使用 QQ 重新登录',
    other: '使用其他 QQ 账号登录',
    retry: '重试',
    home: '返回网站',
    number: 'QQ 错误码',
    notCompleted: '登录没有完成',
    stillLoggedIn: '你仍处于登录状态，可以返回网站继续使用。',
    closeWindow: '你仍处于登录状态，可以关闭此窗口。',
    fix: '给开发者（生产环境中不显示）',
  },
  en: {
    login: 'Log in with QQ',
    again: 'Log in with QQ again',
    other: 'Use another QQ account',
    retry: 'Try again',
    home: 'Back to the site',
    number: 'QQ error',
    notCompleted: 'The login was not completed',
    stillLoggedIn: 'You are still logged in and can go back to the site.',
    closeWindow: 'You are still logged in and can close this window.',
    fix: 'For the developer (not shown in production)',
  },
};

function developerSection(error: QQConnectError, language: Language): string {
  return (
    `<section><h2>${messages[language].fix}</h2><p><code lang="en">${escapeHtml(error.message)}</code></p>` +
    `<p>${escapeHtml(error.hint[language])}</p></section>`
  );
}

/** Where an error page can lead. */
export interface ErrorPageLinks {
  /** Starts the login again. */
  login: string;
  /** `undefined` in a pop-up window, whose opener page is the way back. */
  home: string | undefined;
}

/** What an error page depends on beside its error. */
export interface ErrorPageContext {
  site?: string | undefined;
  /** `undefined` without a router. */
  links?: ErrorPageLinks | undefined;
  /** A login failed, and the user is logged in from an earlier one. */
  isLoggedIn: boolean;
  /** Adds what the developer has to do. */
  showFix: boolean;
}

function actionLinks(error: QQConnectError, links: ErrorPageLinks, isLoggedIn: boolean, language: Language): string {
  const text = messages[language];
  const home = links.home === undefined ? [] : [{ url: links.home, text: text.home }];
  const login = (label: string): { url: string; text: string } => ({ url: links.login, text: label });
  // Another login helps neither a refused request nor a wrong configuration.
  if (titlesByCode[error.code] === refused || error.action === 'fix_configuration') return buttons(home);
  if (error.code === 'ERR_QQ_STATE_USED') return buttons([...home, login(text.other)]);
  if (isLoggedIn) return buttons(home);
  if (error.action === 'try_later') return buttons([login(text.retry), ...home]);
  if (error.action === 'refuse_user') return buttons([login(text.other), ...home]);
  return buttons([login(error.code === 'ERR_QQ_LOGIN_REQUIRED' ? text.login : text.again), ...home]);
}

/** Creates the page for an error. */
export function errorPage(
  error: QQConnectError,
  language: Language,
  { site, links, isLoggedIn, showFix }: ErrorPageContext,
): Page {
  const text = messages[language];
  // A user who is logged in does not have to log in again.
  const isOver = isLoggedIn && error.action === 'login_again' && error.code !== 'ERR_QQ_STATE_USED';
  const title = isOver ? text.notCompleted : (titlesByCode[error.code] ?? titles[error.action])[language];
  const over = links?.home === undefined ? text.closeWindow : text.stillLoggedIn;
  const code = error.qqCode === undefined ? error.code : `${text.number} ${error.qqCode} · ${error.code}`;
  // A request that requires a login is no failure to report.
  const note = error.code === 'ERR_QQ_LOGIN_REQUIRED' ? '' : `<p class="note">${escapeHtml(code)}</p>\n`;
  return layout({
    language,
    site,
    title,
    body: `<p>${escapeHtml(isOver ? over : error.userMessage[language])}</p>
${note}${links ? actionLinks(error, links, isOver, language) : ''}${showFix ? developerSection(error, language) : ''}`,
  });
}
