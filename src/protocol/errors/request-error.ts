import { QQConnectError } from './qq-connect-error.js';
import type { LocalizedText, QQErrorAction } from '../error-codes.js';
import type { QQRequestErrorCode } from './codes.js';
import type { QQStep } from './qq-connect-error.js';

interface ErrorDefaults {
  status: number;
  action: QQErrorAction;
  step: QQStep;
  hint: LocalizedText;
  userMessage?: LocalizedText;
}

const UNKNOWN_STATE: LocalizedText = {
  en:
    'Log in again. The login was started in another browser, more than 10 minutes ago, or at another address of this site ' +
    '(with or without www, localhost or 127.0.0.1), or it was completed already.',
  zh:
    '请在当前浏览器中重新登录。可能的原因：登录由其他浏览器发起，已超过 10 分钟，从本站的另一个地址（带或不带 www、' +
    'localhost 与 127.0.0.1）发起，或已使用。',
};

const NOT_DIRECTLY: LocalizedText = {
  en: 'This page cannot be opened directly: please go back to the site.',
  zh: '此页面不能直接打开，请返回网站。',
};

const errorDefaults = {
  ERR_QQ_STATE_MISSING: {
    status: 400,
    action: 'login_again',
    step: 'callback',
    hint: {
      en: 'Log in again. The callback has no state: some phones drop it.',
      zh: '请重新登录。回调中没有 state，部分手机会丢失它。',
    },
  },
  ERR_QQ_STATE_UNKNOWN: {
    status: 400,
    action: 'login_again',
    step: 'callback',
    hint: UNKNOWN_STATE,
    userMessage: {
      en: 'This login has expired, or was started in another browser: please log in again.',
      zh: '这次登录已过期，或在其他浏览器中发起，请重新登录。',
    },
  },
  ERR_QQ_STATE_USED: {
    status: 400,
    action: 'login_again',
    step: 'callback',
    hint: {
      en:
        'Start a new login to use another account. A state is valid for one login, and this one was completed with ' +
        'another code: the user went back to the page of QQ and chose an account again.',
      zh:
        '请重新发起登录，以换用其他 QQ 账号。每个 state 只能用于一次登录，而该 state 已用另一个 code 完成登录：' +
        '用户后退到 QQ 的页面，并重新选择了账号。',
    },
    userMessage: {
      en: 'You are logged in already: to use another QQ account, please start a new login.',
      zh: '你已经登录，如需换用其他 QQ 账号，请重新发起登录。',
    },
  },
  ERR_QQ_CALLBACK_INVALID: {
    status: 400,
    action: 'login_again',
    step: 'callback',
    hint: {
      en: 'Log in again. The callback URL has parameters that QQ does not send.',
      zh: '请重新登录。该回调地址的参数不是 QQ 发送的格式。',
    },
  },
  ERR_QQ_CANCELLED: {
    status: 400,
    action: 'login_again',
    step: 'callback',
    userMessage: {
      en: 'You cancelled the login: please log in again if you want to continue.',
      zh: '你取消了登录，如需继续请重新登录。',
    },
    hint: { en: 'The user cancelled on the page of QQ.', zh: '请重新登录以继续。用户在 QQ 的页面取消了登录。' },
  },
  ERR_QQ_METHOD_NOT_ALLOWED: {
    status: 405,
    action: 'login_again',
    step: 'login',
    userMessage: NOT_DIRECTLY,
    hint: {
      en:
        'This address requires another method. Log out with a POST from a form or fetch. QQ calls the redirect URI with ' +
        "GET: a front end that received code and state sends its page's own query, " +
        "fetch(callbackPath + location.search, { headers: { Accept: 'application/json' } }).",
      zh:
        '请使用该地址支持的请求方法。退出登录请用表单或 fetch 发送 POST。QQ 以 GET 请求回调地址：前端页面收到 code 和 state 后，' +
        "请原样转发页面自己的查询参数：fetch(callbackPath + location.search, { headers: { Accept: 'application/json' } })。",
    },
  },
  ERR_QQ_CROSS_SITE: {
    status: 403,
    action: 'login_again',
    step: 'session',
    userMessage: {
      en: 'The request did not come from a page of this site and was refused: please go back to the site and try again.',
      zh: '该请求不是由本站的页面发送，已被拒绝，请返回网站重试。',
    },
    hint: {
      en:
        'The request came from another site, or from a page whose origin the browser hides. Send it from a page with ' +
        'the origin of redirectUri. If that page is on plain http with Referrer-Policy: no-referrer (the default of ' +
        'helmet), the Origin of its forms is null: use https, or Referrer-Policy: same-origin.',
      zh:
        '请从与 redirectUri 同源的页面发送请求。该请求来自其他站点，或浏览器没有发送其来源。如果页面使用 http，并设置了 ' +
        'Referrer-Policy: no-referrer（helmet 的默认值），表单的 Origin 为 null，请求会被拒绝：请改用 https，或设为 same-origin。',
    },
  },
  ERR_QQ_NOT_A_PAGE: {
    status: 400,
    action: 'login_again',
    step: 'login',
    userMessage: NOT_DIRECTLY,
    hint: {
      en: 'A login starts with a link or a redirect of the page. Do not use the login route as the address of an image, a style sheet or a script.',
      zh: '请用链接或页面跳转发起登录，不要将登录路由用作图片、样式表或脚本的地址。',
    },
  },
  ERR_QQ_LOGIN_REFUSED: {
    status: 403,
    action: 'refuse_user',
    step: 'session',
    userMessage: {
      en: 'This site did not accept the login: please contact the owner of the site.',
      zh: '本站没有接受这次登录，请联系网站管理员。',
    },
    hint: {
      en: 'This site refused the login. In onLogin, throw an Error with a status and a message for the user.',
      zh: '请在 onLogin 中抛出带有 status 和 message 的 Error，向用户说明原因。本站拒绝了这次登录。',
    },
  },
  ERR_QQ_LOGIN_REQUIRED: {
    status: 401,
    action: 'login_again',
    step: 'session',
    userMessage: {
      en: 'Please log in with QQ to continue.',
      zh: '请先使用 QQ 登录。',
    },
    hint: { en: 'Log in with QQ first.', zh: '请先使用 QQ 登录。' },
  },
} as const satisfies Record<QQRequestErrorCode, ErrorDefaults>;

/** What the browser sent was wrong: a callback, a state, a cross-site POST, a request that needs a login. */
export class QQRequestError extends QQConnectError {
  override name = 'QQRequestError';
  declare readonly code: QQRequestErrorCode;

  constructor(code: QQRequestErrorCode, message: string) {
    super('request', message, { code, ...errorDefaults[code] });
  }
}
