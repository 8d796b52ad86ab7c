import { error, ok, warn } from './check.js';
import type { SetCookie } from 'cookie';
import type { Check } from './check.js';
import type { SiteAnswer } from './visit-site.js';

const REWRITTEN = {
  en: 'Look for what rewrites cookies on the way: nginx proxy_cookie_flags, proxy_cookie_domain, a CDN.',
  zh: '请检查途中是什么改写了 Cookie：nginx 的 proxy_cookie_flags、proxy_cookie_domain，或 CDN。',
};

/** Whether a cookie remembers a login that has been begun. */
export function isAttemptCookie({ name }: SetCookie): boolean {
  return /^(?:__Host-)?qq_login_/.test(name);
}

function flagsMissing(cookie: SetCookie, secure: boolean): string[] {
  const expected: readonly (readonly [string, boolean])[] = [
    ['HttpOnly', cookie.httpOnly === true],
    ['SameSite=Lax', cookie.sameSite === 'lax'],
    ['Path=/', cookie.path === '/'],
    ['no Domain', cookie.domain === undefined],
    ['Secure', !secure || cookie.secure === true],
    ['__Host-', !secure || cookie.name.startsWith('__Host-')],
  ];
  return expected.filter(([, fine]) => !fine).map(([flag]) => flag);
}

/**
 * Judges the cookie that remembers a login until QQ calls back. Without it every callback is refused.
 *
 * @param callbackIsHttps - whether the redirect URI is https, which is what the cookie goes by
 */
export function checkAttemptCookie({ cookies, cacheControl, url }: SiteAnswer, callbackIsHttps: boolean): Check[] {
  const cookie = cookies.find(isAttemptCookie);
  const cached = checkNotCached(cacheControl);
  if (!cookie) {
    const found = {
      en: 'The login sets no login cookie: every callback will be refused.',
      zh: '登录没有设置登录 Cookie：回调都会被拒绝。',
    };
    const fix = {
      en: 'Let the proxy or CDN pass Set-Cookie on, and keep it from caching this path.',
      zh: '请让反向代理或 CDN 转发 Set-Cookie，并且不要缓存这个路径。',
    };
    return [error('site_attempt_cookie', found, fix), ...cached];
  }
  const missing = flagsMissing(cookie, callbackIsHttps);
  if (missing.length > 0) {
    const list = missing.join(', ');
    const found = { en: `The login cookie lacks: ${list}.`, zh: `登录 Cookie 缺少：${list}。` };
    return [error('site_attempt_cookie', found, REWRITTEN), ...cached];
  }
  if (callbackIsHttps && url.protocol === 'http:') return [notKept(), ...cached];
  const flags = `HttpOnly, SameSite=Lax${callbackIsHttps ? ', Secure, __Host-' : ''}`;
  return [
    ok('site_attempt_cookie', {
      en: `The login cookie is as it should be (${flags}).`,
      zh: `登录 Cookie 正确（${flags}）。`,
    }),
    ...cached,
  ];
}

function notKept(): Check {
  const found = {
    en: 'The login is served by http and its cookie is for https: browsers drop it.',
    zh: '登录页走的是 http，而登录 Cookie 只用于 https：浏览器会丢弃它。',
  };
  const fix = { en: 'Redirect http to https for the whole site.', zh: '请把全站的 http 重定向到 https。' };
  return error('site_attempt_cookie_http', found, fix);
}

function checkNotCached(cacheControl: string): Check[] {
  if (/no-store/i.test(cacheControl)) return [];
  const found = {
    en: 'The login came without Cache-Control: no-store, which this package sends.',
    zh: '登录的应答没有 Cache-Control: no-store，而本包会发送它。',
  };
  const fix = {
    en: 'Keep the proxy or CDN from caching it: visitors would share one login.',
    zh: '请不要让反向代理或 CDN 缓存它：否则访客会共用一次登录。',
  };
  return [warn('site_login_cached', found, fix)];
}
