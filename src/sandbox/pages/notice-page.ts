import { html, printable } from './html.js';
import { page } from './page.js';
import type { Reader } from '../http/call.js';
import type { Language } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';

/** Status, Chinese and English text. In `{}` stands what the notice is about. */
const notices = {
  unreadable: [400, '请求格式错误，无法解析。', 'The request is malformed.'],
  stateMissing: [
    400,
    '缺少 state，沙箱因 strict 模式拒绝了这次登录。真实的 QQ 会放行，但攻击者可以冒用没有 state 的登录（CSRF）：请为每次登录生成一个新的随机值，并在回调时校验。',
    'The request has no state, and the sandbox runs in strict mode. The real QQ accepts it, but without state another site can log your user in (CSRF): create a new random value for each login, and check it in the callback.',
  ],
  faultUnknown: [
    400,
    '没有这样的故障：错误码应为非零整数，次数应为正整数，只有 authorize 可以取消。',
    'There is no such fault: an error number is a whole number other than 0, times is at least 1, and only authorize can be cancelled.',
  ],
  foreignForm: [403, '只接受沙箱自己的页面提交的表单。', 'The sandbox accepts only forms of its own pages.'],
  unknownHost: [
    403,
    '沙箱不接受以“{}”为主机名的请求，以免其他网站的页面读取这里的数据。请使用 localhost 或 127.0.0.1；如需使用其他主机名，请用 --name 启动沙箱。',
    'The sandbox does not accept requests with the host name "{}", so that pages of other sites cannot read its data. Use localhost or 127.0.0.1. To allow another host name, start the sandbox with --name.',
  ],
  notFound: [404, '沙箱没有 {} 这个地址。请检查拼写。', 'The sandbox has no address {}. Check the spelling.'],
  methodNotAllowed: [405, '这个地址不接受 {} 请求。', 'This address does not accept {} requests.'],
  tooLarge: [413, '请求超过 64 KiB。', 'The request has more than 64 KiB.'],
  failed: [500, '沙箱内部出错，详情见运行沙箱的终端。', 'The sandbox failed. The terminal that runs it shows why.'],
  notEmulated: [
    501,
    '沙箱不模拟 {}。这不代表真实的 QQ 没有这个接口。',
    'The sandbox does not emulate {}. The real QQ may have this API.',
  ],
} as const;

type Notice = keyof typeof notices;

const titles = { zh: 'QQ 沙箱', en: 'QQ sandbox' };
const acceptedTitles = { zh: '沙箱接受：', en: 'The sandbox accepts:' };

export function noticeText(notice: Notice, language: Language): string {
  const [, zh, en] = notices[notice];
  return { zh, en }[language];
}

/**
 * A message in the sandbox's own name, where QQ has no error number: a page for a browser, else JSON.
 *
 * @param options - `what`: what the notice is about; `accepted`: the paths or methods that would not lead here
 */
export function noticePage(
  { language, wantsPage }: Reader,
  notice: Notice,
  { what = '', accepted = [] }: { readonly what?: string | undefined; readonly accepted?: readonly string[] } = {},
): SandboxResponse {
  const [status] = notices[notice];
  const message = noticeText(notice, language).replace('{}', () => printable(what, 100));
  if (!wantsPage) {
    const body = { sandbox: 'express-qq-connect', error: notice, message, ...(accepted.length > 0 && { accepted }) };
    const headers = { 'Cache-Control': 'no-store' };
    return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body), headers };
  }
  const title = `${titles[language]} · ${status}`;
  const list = html`<p>${acceptedTitles[language]}</p>
    <ul>
      ${accepted.map((each) => html`<li><code>${each}</code></li> `)}
    </ul>`;
  const main = html`<h1>${title}</h1>
    <p role="alert">${message}</p>
    ${accepted.length > 0 && list}`;
  return page({ language, status, title, main });
}
