import { printable } from '../terminal.js';
import { error, info, ok } from './check.js';
import { networkFailure } from './network-failure.js';
import { isAuthorizeUrl } from './probe-site.js';
import type { Check } from './check.js';
import type { SiteAnswer, SiteVisit } from './probe-site.js';

/** A login that leads to QQ, or the findings that say why it does not. */
export type LoginAnswer = { readonly login: SiteAnswer & { readonly location: URL } } | { readonly findings: Check[] };

/** Without query and hash, where a state could be. */
export function shortUrl({ origin, pathname }: URL): string {
  return printable(origin + pathname);
}

/** Checks whether the site's login route redirects to QQ. */
export function readLogin({ login }: SiteVisit): LoginAnswer {
  if ('thrown' in login) {
    const { code, fix } = networkFailure(login.thrown);
    const where = shortUrl(login.url);
    const found = {
      en: `${where} cannot be reached: ${code}.`,
      zh: `连不上 ${where}：${code}。`,
    };
    return { findings: [error('site_unreachable', found, fix)] };
  }
  const { location } = login;
  if (location && isAuthorizeUrl(location)) return { login: { ...login, location } };
  return { findings: [noRedirect(login)] };
}

const BEFORE_US = {
  en: "See the application's log (502 and 504 come from the proxy), and what is before qqConnect(): a guard, a firewall, a CDN.",
  zh: '请查看应用日志（502、504 来自反向代理），以及 qqConnect() 之前的拦截：登录校验、防火墙或 CDN。',
};

function noRedirect({ url, status, location, errorCode }: SiteAnswer): Check {
  const where = shortUrl(url);
  const said = errorCode === undefined ? String(status) : `${status}, ${errorCode}`;
  if (errorCode === 'ERR_QQ_SESSION_MISSING') {
    const found = { en: `${where} finds no session (${said}).`, zh: `${where} 没有会话（${said}）。` };
    const fix = {
      en: 'Mount express-session before qqConnect(), with a store (cookie-session has none).',
      zh: '请把 express-session 挂在 qqConnect() 之前；cookie-session 没有存储，不能用。',
    };
    return error('site_session_missing', found, fix);
  }
  if (location) {
    const [en, zh] = [
      `${where} leads to ${shortUrl(location)}, not to QQ.`,
      `${where} 跳转到 ${shortUrl(location)}，不是 QQ。`,
    ];
    return error('site_login_elsewhere', { en, zh }, BEFORE_US);
  }
  const found = {
    en: `${where} answers ${said}, and does not lead to QQ.`,
    zh: `${where} 响应 ${said}，没有跳转到 QQ。`,
  };
  if (status !== 404) return error('site_login_refused', found, BEFORE_US);
  return error('site_login_missing', found, {
    en: 'Mount qqConnect(); where basePath is another one, give it as --base-path; behind a proxy, check the path that it passes on.',
    zh: '请挂载 qqConnect()；basePath 若改过，用 --base-path 指明；有反向代理的话，检查它转发的路径。',
  });
}

/** Says which way the login went on the site itself. */
export function checkPassed({ passed, login }: SiteVisit): Check[] {
  if (passed.length === 0)
    return [
      ok('site_login', { en: `${shortUrl(login.url)} leads to QQ.`, zh: `${shortUrl(login.url)} 会跳转到 QQ。` }),
    ];
  const way = [...passed, login.url].map((url) => printable(url.origin)).join(' → ');
  return [info('site_login', { en: `The login leads to QQ by way of ${way}`, zh: `登录经由 ${way} 跳转到 QQ` })];
}
