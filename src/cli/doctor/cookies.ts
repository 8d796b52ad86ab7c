import { printable } from '../terminal.js';
import { error, info, ok, warn } from './check.js';
import type { SetCookie } from 'cookie';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Check } from './check.js';
import type { SiteAnswer, SiteVisit } from './probe-site.js';

const REWRITTEN: LocalizedText = {
  en: 'Find what changes cookies between the site and the browser: nginx proxy_cookie_path, proxy_cookie_domain or proxy_cookie_flags, a CDN.',
  zh: '请检查 cookie 是否在途中被改写：nginx 的 proxy_cookie_path、proxy_cookie_domain、proxy_cookie_flags，或 CDN。',
};
const TRUST_PROXY: LocalizedText = {
  en: "Behind a proxy write app.set('trust proxy', 1), and on https session({ name: '__Host-sid', cookie: { secure: true, sameSite: 'lax' } }).",
  zh: "使用反向代理时，请设置 app.set('trust proxy', 1)；https 站点请设置 session({ name: '__Host-sid', cookie: { secure: true, sameSite: 'lax' } })。",
};

function isLoginCookie({ name }: SetCookie): boolean {
  return /^(?:__Host-)?qq_login/.test(name);
}

/**
 * Checks the login cookie, without which every callback is rejected.
 *
 * @param callbackIsHttps - the cookie depends on the scheme of the redirect URI
 */
export function checkLoginCookie({ cookies }: SiteAnswer, callbackIsHttps: boolean): Check {
  const cookie = cookies.find(isLoginCookie);
  const lacks = (flag: string, isThere: boolean): string[] => (isThere ? [] : [flag]);
  const missing = cookie && [
    ...lacks('HttpOnly', cookie.httpOnly === true),
    ...lacks('SameSite=Lax', cookie.sameSite === 'lax'),
    ...lacks('Path=/', cookie.path === '/'),
    ...lacks('no Domain', cookie.domain === undefined),
    ...lacks('Secure', !callbackIsHttps || cookie.secure === true),
    ...lacks('__Host-', !callbackIsHttps || cookie.name.startsWith('__Host-')),
  ];
  if (missing?.length === 0)
    return ok('site_attempt_cookie', { en: 'The login cookie is correct.', zh: '登录 cookie 正确。' });
  const list = missing?.join(', ');
  const found = missing
    ? { en: `The login cookie lacks: ${list}.`, zh: `登录 cookie 缺少：${list}。` }
    : { en: 'The login sets no login cookie.', zh: '登录没有设置登录 cookie。' };
  return error('site_attempt_cookie', found, REWRITTEN);
}

/** Checks the session cookie, if it shows: with `saveUninitialized: false` there is none before a login. */
export function checkSessionCookie({ login, user }: SiteVisit): Check {
  const cookie = [login, user]
    .flatMap((visit) => ('thrown' in visit ? [] : visit.cookies))
    .find((each) => !isLoginCookie(each) && /sess|sid/i.test(each.name));
  if (!cookie) {
    const en = `The session cookie and trust proxy are not checked: the site sends no session cookie before a login. ${TRUST_PROXY.en}`;
    const zh = `未检查会话 cookie 和 trust proxy，因为网站在登录前没有发送会话 cookie。${TRUST_PROXY.zh}`;
    return info('site_session_unseen', { en, zh });
  }
  const isHttps = user.url.protocol === 'https:';
  const name = printable(cookie.name);
  if (isHttps && cookie.secure !== true) {
    const en = `The session cookie ${name} of an https site is not Secure.`;
    return error('site_session_secure', { en, zh: `https 网站的会话 cookie ${name} 没有 Secure。` }, TRUST_PROXY);
  }
  if (!isHttps && cookie.secure) {
    const en = `The session cookie ${name} is Secure, and the site is served by http: browsers drop it.`;
    const zh = `会话 cookie ${name} 带有 Secure，而网站使用 http：浏览器会丢弃它。`;
    return error('site_session_secure', { en, zh }, TRUST_PROXY);
  }
  if (isHttps && !name.startsWith('__Host-')) {
    const en = `The session cookie ${name} has no __Host-: another application of this domain can set one of the same name.`;
    const zh = `会话 cookie ${name} 没有 __Host- 前缀：同域的其他应用可以设置同名 cookie。`;
    return warn('site_session_host', { en, zh }, TRUST_PROXY);
  }
  const en = `The session cookie ${name} is correct.`;
  return ok('site_session_cookie', { en, zh: `会话 cookie ${name} 正确。` });
}
