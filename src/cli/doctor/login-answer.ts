import { printable } from '../terminal.js';
import { error, info, ok } from './check.js';
import { networkFailure } from './network-failure.js';
import { isAuthorizeUrl } from './probe-site.js';
import type { Check } from './check.js';
import type { SiteAnswer, SiteVisit } from './probe-site.js';

/** A login that redirects to QQ, or the findings that describe why it does not. */
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
    const found = { en: `${where} cannot be reached: ${code}.`, zh: `无法连接 ${where}：${code}。` };
    return { findings: [error('site_unreachable', found, fix)] };
  }
  const { location } = login;
  if (location && isAuthorizeUrl(location)) return { login: { ...login, location } };
  return { findings: [noRedirect(login)] };
}

const BEFORE_ROUTER = {
  en: "See the application's log (502 and 504 come from the proxy), and what is before qqConnect(): a guard, a firewall, a CDN.",
  zh: '请查看应用日志（502、504 来自反向代理），以及 qqConnect() 之前的拦截：登录校验、防火墙或 CDN。',
};

function noRedirect({ url, status, location, errorCode }: SiteAnswer): Check {
  const where = shortUrl(url);
  const said = errorCode === undefined ? String(status) : `${status}, ${errorCode}`;
  if (location) {
    const en = `${where} redirects to ${shortUrl(location)}, not to QQ.`;
    return error('site_login_elsewhere', { en, zh: `${where} 跳转到 ${shortUrl(location)}，不是 QQ。` }, BEFORE_ROUTER);
  }
  const en = `${where} returns ${said}, and does not redirect to QQ.`;
  const found = { en, zh: `${where} 返回 ${said}，没有跳转到 QQ。` };
  if (status !== 404) return error('site_login_refused', found, BEFORE_ROUTER);
  return error('site_login_missing', found, {
    en: 'Mount qqConnect(); for another basePath pass --base-path; behind a proxy, check the path that it forwards.',
    zh: '请挂载 qqConnect()；如果修改过 basePath，请用 --base-path 指定；有反向代理时，请检查它转发的路径。',
  });
}

/** Reports through which addresses of the site the login reached QQ. */
export function checkPassed({ passed, login }: SiteVisit): Check {
  const where = shortUrl(login.url);
  if (passed.length === 0) return ok('site_login', { en: `${where} redirects to QQ.`, zh: `${where} 跳转到 QQ。` });
  const way = [...passed, login.url].map((url) => printable(url.origin)).join(' → ');
  return info('site_login', { en: `The login redirects to QQ through ${way}`, zh: `登录经由 ${way} 跳转到 QQ` });
}
