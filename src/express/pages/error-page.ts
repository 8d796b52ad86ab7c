import { buttons, escapeHtml, layout } from './layout.js';
import type { QQErrorAction } from '../../protocol/error-codes.js';
import type { QQConnectError } from '../../protocol/errors/index.js';
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
  ERR_QQ_LOGIN_REQUIRED: { zh: '请先登录', en: 'Please log in' },
};

const messages = {
  zh: {
    login: '使用 QQ 登录',
    again: '使用 QQ 重新登录',
    retry: '重试',
    home: '返回首页',
    number: 'QQ 错误码',
    contactOwner: '请联系本站管理员，并告知下面的代码。',
    ended: '这次登录没有完成，或者已经失效。',
    fix: '给开发者（生产环境中不显示）',
  },
  en: {
    login: 'Log in with QQ',
    again: 'Log in with QQ again',
    retry: 'Try again',
    home: 'Back to the site',
    number: 'QQ error',
    contactOwner: 'Please contact the owner of this site, with the code below.',
    ended: 'This login was not completed, or has expired.',
    fix: 'For the developer (not shown in production)',
  },
};

// The first sentence of a hint is for the user, the others are for the developer.
function firstSentence(hint: string): string {
  return /^.*?(?:。|[.:](?=\s|$))/.exec(hint)?.[0].replace(/:$/, '.') ?? hint;
}

function afterFirstSentence(hint: string): string {
  const rest = hint.slice(firstSentence(hint).length).trim();
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** What the user reads, and what the developer reads beside it. */
function explain(error: QQConnectError, language: Language): { forUser: string; toDo: string } {
  const hint = error.hint[language];
  if (error.action === 'fix_configuration') return { forUser: messages[language].contactOwner, toDo: hint };
  // What QQ says of a login that has to be done again helps only its developer.
  if (error.action === 'login_again' && error.qqCode !== undefined)
    return { forUser: messages[language].ended, toDo: hint };
  const rest = afterFirstSentence(hint);
  // The page's first button says it.
  return { forUser: firstSentence(hint), toDo: /^(?:请重新登录。|Log in again\.)$/.test(rest) ? '' : rest };
}

function developerSection(error: QQConnectError, toDo: string, language: Language): string {
  return (
    `<section><h2>${messages[language].fix}</h2><p><code lang="en">${escapeHtml(error.message)}</code></p>` +
    `${toDo && `<p>${escapeHtml(toDo)}</p>`}</section>`
  );
}

/** Where an error page can lead. */
export interface ErrorPageLinks {
  /** Starts the login again. */
  login: string;
  /** `undefined` in a pop-up window, whose opener page is the way back. */
  home: string | undefined;
}

function actionLinks(error: QQConnectError, links: ErrorPageLinks, language: Language): string {
  const text = messages[language];
  const again =
    error.action === 'try_later' ? text.retry : error.code === 'ERR_QQ_LOGIN_REQUIRED' ? text.login : text.again;
  // Another login helps neither a refused request nor a wrong configuration.
  const offersLogin = titlesByCode[error.code] !== refused && error.action !== 'fix_configuration';
  return buttons([
    ...(offersLogin ? [{ url: links.login, text: again }] : []),
    ...(links.home === undefined ? [] : [{ url: links.home, text: text.home }]),
  ]);
}

/**
 * Creates the page for an error.
 *
 * @param links - `undefined` without a router
 * @param showFix - adds what the developer has to do
 */
export function errorPage(
  error: QQConnectError,
  language: Language,
  links: ErrorPageLinks | undefined,
  showFix: boolean,
): Page {
  const { forUser, toDo } = explain(error, language);
  const code = error.qqCode === undefined ? error.code : `${messages[language].number} ${error.qqCode} · ${error.code}`;
  return layout({
    language,
    title: (titlesByCode[error.code] ?? titles[error.action])[language],
    body: `<p>${escapeHtml(forUser)}</p>
<p class="note">${escapeHtml(code)}</p>
${links ? actionLinks(error, links, language) : ''}${showFix ? developerSection(error, toDo, language) : ''}`,
  });
}
