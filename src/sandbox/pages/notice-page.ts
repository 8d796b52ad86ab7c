import { html } from './html.js';
import { page } from './page.js';
import { printable } from './printable.js';
import type { Language, LocalizedText } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';

const statuses = {
  unreadable: 400,
  stateMissing: 400,
  faultUnknown: 400,
  foreignForm: 403,
  unknownHost: 403,
  notFound: 404,
  methodNotAllowed: 405,
  tooLarge: 413,
  failed: 500,
  notEmulated: 501,
} as const;
type Notice = keyof typeof statuses;

const messages: LocalizedText<Readonly<Record<Notice, (what: string) => string>>> = {
  zh: {
    unreadable: () => '请求格式错误，无法解析。',
    stateMissing: () =>
      '缺少 state，沙箱以 strict 模式拒绝。真实的 QQ 会放行，但没有 state 的登录可被他人冒用（CSRF）：每次登录生成一个新的随机值，并在回调时校验。',
    faultUnknown: () => '没有这样的故障：错误码应为非零整数，次数应为正整数，只有 authorize 可以取消。',
    foreignForm: () => '只接受沙箱自己的页面提交的表单。',
    unknownHost: (what) =>
      `沙箱不接受以“${what}”为主机名的请求，以免其他网站的页面读取这里的数据。请使用 localhost 或 127.0.0.1；需要其他主机名时，用 --name 启动。`,
    notFound: (what) => `沙箱没有 ${what} 这个地址。请检查拼写。`,
    methodNotAllowed: (what) => `这个地址不接受 ${what} 请求。`,
    tooLarge: () => '请求超过 64 KiB。',
    failed: () => '沙箱内部出错，详情见运行沙箱的终端。',
    notEmulated: (what) => `沙箱不模拟 ${what}。这不代表真实的 QQ 没有这个接口。`,
  },
  en: {
    unreadable: () => 'The request is malformed.',
    stateMissing: () =>
      'The request has no state, and the sandbox runs in strict mode. The real QQ accepts it, but without state another site can log your user in (CSRF): create a new random value for each login, and check it in the callback.',
    faultUnknown: () =>
      'There is no such fault: an error number is a whole number other than 0, times is at least 1, and only authorize can be cancelled.',
    foreignForm: () => 'The sandbox accepts only forms of its own pages.',
    unknownHost: (what) =>
      `The sandbox does not accept requests with the host name "${what}", so that pages of other sites cannot read its data. Use localhost or 127.0.0.1. To allow another host name, start the sandbox with --name.`,
    notFound: (what) => `The sandbox has no address ${what}. Check the spelling.`,
    methodNotAllowed: (what) => `This address does not accept ${what} requests.`,
    tooLarge: () => 'The request has more than 64 KiB.',
    failed: () => 'The sandbox failed. The terminal that runs it shows why.',
    notEmulated: (what) => `The sandbox does not emulate ${what}. The real QQ may have this API.`,
  },
};

const labels: LocalizedText<Record<'title' | 'offer', string>> = {
  zh: { title: 'QQ 沙箱', offer: '沙箱提供：' },
  en: { title: 'QQ sandbox', offer: 'The sandbox serves:' },
};

const paths = [
  'GET /oauth2.0/authorize',
  'GET, POST /oauth2.0/token',
  'GET /oauth2.0/me',
  'GET /user/get_user_info',
  'GET /user/get_simple_userinfo',
  'GET /qqapp/APPID/OPENID/SIZE',
  'GET /qzapp/APPID/OPENID/SIZE',
];

/** A message in the sandbox's own name, where QQ has no error number: a page for a browser, else JSON. */
export function noticePage(
  { language, wantsPage }: { readonly language: Language; readonly wantsPage: boolean },
  notice: Notice,
  what = '',
): SandboxResponse {
  const status = statuses[notice];
  const message = messages[language][notice](printable(what, 100));
  if (!wantsPage) {
    const body = JSON.stringify({ sandbox: 'express-qq-connect', error: notice, message });
    return { status, type: 'application/json; charset=utf-8', body, headers: { 'Cache-Control': 'no-store' } };
  }
  const { title, offer } = labels[language];
  const lists = notice === 'notFound' || notice === 'notEmulated' || notice === 'methodNotAllowed';
  return page({
    language,
    status,
    title: `${title} · ${status}`,
    main: html`<h1>${title} · ${status}</h1>
      <p role="alert">${message}</p>
      ${
        lists
          ? html`<p>${offer}</p>
              <ul class="paths">
                ${paths.map((path) => html`<li><code>${path}</code></li> `)}
              </ul>`
          : ''
      }`,
  });
}
