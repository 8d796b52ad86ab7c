import { checkAuthorizationRequest } from './authorization-request.js';
import { error, info, ok, warn } from './check.js';
import { checkLoginCookie, checkSessionCookie } from './cookies.js';
import { checkPassed, readLogin, shortUrl } from './login-answer.js';
import type { Expected } from './authorization-request.js';
import type { Check } from './check.js';
import type { SiteAnswer, SiteVisit, Visit } from './probe-site.js';

/** Checks what a visitor from outside sees of the site. */
export function checkSite(visit: SiteVisit, expected: Expected): Check[] {
  const answer = readLogin(visit);
  if ('findings' in answer) return answer.findings;
  const { login } = answer;
  const sent = login.location.searchParams.get('redirect_uri') ?? '';
  const redirectUri = URL.canParse(sent) ? new URL(sent) : undefined;
  return [
    checkPassed(visit),
    ...checkAuthorizationRequest(login.location, login.url, expected),
    ...checkOrigin(visit),
    checkLoginCookie(login, redirectUri?.protocol === 'https:'),
    ...checkProcesses(login, visit),
    ...checkCallback(visit.callback),
    checkSessionCookie(visit),
  ];
}

/** Where the application does not see the site's address, the router redirects each login to itself first. */
function checkOrigin({ login, passed }: SiteVisit): Check[] {
  const isDetour = login.url.searchParams.has('origin') && passed.some(({ origin }) => origin === login.url.origin);
  if (!isDetour) return [];
  const en = `The application does not receive the site's address ${login.url.origin}, so each login needs one more redirect.`;
  const found = { en, zh: `应用没有收到网站的地址 ${login.url.origin}：每次登录都要多跳转一次。` };
  const fix = {
    en: 'In the proxy set proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme; and pass the address that visitors use as --url.',
    zh: '请在反向代理中设置 proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme;，并将 --url 设为访客使用的地址。',
  };
  return [warn('site_origin', found, fix)];
}

/**
 * Compares several responses: each process of the site must send the same values, and must be able to complete a login
 * that another one has started, which a cancelled one shows.
 */
function checkProcesses({ location }: SiteAnswer, { again, cancelled }: SiteVisit): Check[] {
  const sent = (url: URL | undefined): string =>
    [url?.origin, url?.searchParams.get('client_id'), url?.searchParams.get('redirect_uri')].join(' ');
  const differs = again.some((visit) => !('thrown' in visit) && sent(visit.location) !== sent(location));
  const rejected = cancelled.filter((visit) => 'errorCode' in visit && visit.errorCode === 'ERR_QQ_STATE_UNKNOWN');
  if (!differs && rejected.length === 0) return [];
  const found = differs
    ? { en: 'The site sends different values at each request.', zh: '网站在不同的请求中发送了不同的值。' }
    : {
        en: `Of ${cancelled.length} callbacks, ${rejected.length} did not find the login that the site had started.`,
        zh: `${cancelled.length} 次回调中有 ${rejected.length} 次找不到网站发起的登录。`,
      };
  const fix = {
    en: 'Restart all processes with the same QQ_APP_ID, QQ_APP_KEY, QQ_REDIRECT_URI and QQ_ENCRYPTION_KEY.',
    zh: '请让所有进程使用相同的 QQ_APP_ID、QQ_APP_KEY、QQ_REDIRECT_URI 和 QQ_ENCRYPTION_KEY，并全部重启。',
  };
  return [error('site_processes', found, fix)];
}

function checkCallback(callback: Visit | undefined): Check[] {
  if (!callback) return [];
  const where = shortUrl(callback.url);
  if ('thrown' in callback)
    return [info('site_callback', { en: `${where} did not respond.`, zh: `${where} 没有响应。` })];
  const { status, errorCode } = callback;
  if (status === 400 && errorCode?.startsWith('ERR_QQ_') === true) {
    return [ok('site_callback', { en: `qqConnect() responds at ${where}.`, zh: `${where} 由 qqConnect() 响应。` })];
  }
  const en = `The callback ${where} returns ${errorCode ?? status} to a request without a code.`;
  const found = { en, zh: `回调地址 ${where} 对不带 code 的请求返回 ${errorCode ?? status}。` };
  // An error handler of the application may return any status.
  const report = status === 404 ? error : warn;
  const fix = {
    en: 'Mount qqConnect() where it receives this path; if a proxy strips a prefix, set callbackPath.',
    zh: '请让 qqConnect() 收到这个路径；反向代理去掉了前缀时，请设置 callbackPath。',
  };
  return [report('site_callback', found, fix)];
}
