import { acceptedUris } from './accepted-uris.js';
import type { Answer } from './answer.js';
import { describeError } from './errors.js';
import { html, type Html } from './html.js';
import { page, type Language, type Words } from './page.js';
import type { SandboxApp } from './types.js';

const remedies: Words<Readonly<Record<number, string>>> = {
  zh: {
    100000: 'response_type 必须是 code。',
    100001: '缺少 client_id，或不是 APP ID：检查 QQ_APP_ID（appId）。',
    100008: '没有注册过这个 APP ID：检查 QQ_APP_ID（appId），或用 --app-id（apps）注册它。',
    100010: '回调地址不合法：检查 QQ_REDIRECT_URI（redirectUri）。',
  },
  en: {
    100000: 'response_type must be code.',
    100001: 'client_id is missing or no APP ID: check QQ_APP_ID (appId).',
    100008: 'Nobody registered this APP ID: check QQ_APP_ID (appId), or register it with --app-id (apps).',
    100010: 'The redirect URI is not accepted: check QQ_REDIRECT_URI (redirectUri).',
  },
};

const words: Words<Record<'title' | 'tell' | 'sent' | 'accepted' | 'nothing', string>> = {
  zh: {
    title: 'QQ 登录出错',
    tell: '真正的 QQ 在这里也只显示错误，不会回调应用。',
    sent: '收到的值',
    accepted: '接受的值',
    nothing: '（没有）',
  },
  en: {
    title: 'QQ login failed',
    tell: 'The real QQ, too, only shows an error here and does not call the application back.',
    sent: 'Received',
    accepted: 'Accepted',
    nothing: '(nothing)',
  },
};

/** The page that QQ shows instead of calling back, with what a developer needs to mend it. */
export function errorPage(options: {
  readonly language: Language;
  readonly code: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly apps: readonly SandboxApp[];
  readonly strict: boolean;
}): Answer {
  const { language, code, parameters, apps, strict } = options;
  const text = words[language];
  const remedy = remedies[language][code];
  return page({
    language,
    title: text.title,
    error: code,
    main: html`<h1>${text.title}</h1>
      <p class="error" role="alert">${describeError(code).trim()}(${code})</p>
      ${remedy === undefined ? '' : html`<p>${remedy}</p> `}${facts()}
      <p class="quiet small">${text.tell}</p>`,
  });

  function facts(): Html | string {
    const parameter = { 100000: 'response_type', 100001: 'client_id', 100008: 'client_id', 100010: 'redirect_uri' }[
      code
    ];
    if (parameter === undefined) return '';
    return html`<dl>
      <dt>${text.sent}</dt>
      <dd><code>${parameter}=${parameters[parameter] ?? text.nothing}</code></dd>
      <dt>${text.accepted}</dt>
      ${accepted(parameter).map((value) => html`<dd>${value}</dd>`)}
    </dl> `;
  }

  function accepted(parameter: string): readonly Html[] {
    if (parameter === 'response_type') return [html`<code>code</code>`];
    if (parameter === 'client_id') return apps.map(({ appId }) => html`<code>${appId}</code>`);
    const app = apps.find(({ appId }) => appId === parameters.client_id);
    return acceptedUris(app, strict, language);
  }
}

type NoticeStatus = 400 | 403 | 404 | 405 | 413;

const notices: Words<Record<NoticeStatus, string>> = {
  zh: {
    400: '看不懂这个请求。',
    403: '只接受沙箱自己的页面发来的表单。',
    404: '沙箱里没有这个地址。',
    405: '这个地址不接受这种请求方法。',
    413: '请求太大了。',
  },
  en: {
    400: 'This request cannot be read.',
    403: "Only forms of the sandbox's own pages are accepted.",
    404: 'There is nothing at this address.',
    405: 'This address does not take this method.',
    413: 'The request is too large.',
  },
};

const offer: Words = { zh: '沙箱提供：', en: 'The sandbox offers:' };

const paths = [
  'GET /',
  'GET /oauth2.0/authorize',
  'GET, POST /oauth2.0/token',
  'GET /oauth2.0/me',
  'GET /user/get_user_info',
  'GET /qqapp/APPID/OPENID/SIZE',
  'GET /qzapp/APPID/OPENID/SIZE',
];

/** The page for a request that QQ has no number for. */
export function noticePage(language: Language, status: NoticeStatus): Answer {
  const list = paths.map((path) => html`<li><code>${path}</code></li> `);
  return page({
    language,
    status,
    title: `${status}`,
    main: html`<h1>${status}</h1>
      <p>${notices[language][status]}</p>
      <p>${offer[language]}</p>
      <ul class="paths">
        ${list}
      </ul>`,
  });
}
