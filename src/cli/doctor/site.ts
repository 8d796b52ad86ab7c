import { checkAttemptCookie } from './attempt-cookie.js';
import { checkAuthorizationRequest } from './authorization-request.js';
import { error, info, ok, warn } from './check.js';
import { checkPassed, readLogin, shortUrl } from './login-answer.js';
import { checkSessionCookie } from './session-cookie.js';
import { isAuthorizeUrl } from './visit-site.js';
import type { Expected } from './authorization-request.js';
import type { Check } from './check.js';
import type { SiteVisit, Visit } from './visit-site.js';

/** Judges what a visitor from outside sees of the site. */
export function checkSite(visit: SiteVisit, expected: Expected): Check[] {
  const answer = readLogin(visit);
  if ('findings' in answer) return answer.findings;
  const { login } = answer;
  const sent = login.location.searchParams.get('redirect_uri') ?? '';
  const redirectUri = URL.canParse(sent) ? new URL(sent) : undefined;
  const callbackIsHttps = redirectUri?.protocol === 'https:';
  return [
    ...checkPassed(visit),
    ...checkAuthorizationRequest(login.location, login.url, expected),
    ...(redirectUri ? checkSameSite(login.url, redirectUri) : []),
    ...checkAttemptCookie(login, callbackIsHttps),
    ...checkCallback(visit.callback),
    ...checkSessionCookie(visit),
    ...checkPlainHttp(visit.plainHttp),
  ];
}

/** A login begun at another host than the callback's never ends: the browser keeps its cookie for the first. */
function checkSameSite(login: URL, redirectUri: URL): Check[] {
  if (login.hostname === redirectUri.hostname) return []; // cookies know no ports
  const [from, to] = [login.host, redirectUri.host];
  const found = {
    en: `The login begins at ${from} and QQ calls back ${to}: the login cookie stays behind.`,
    zh: `登录从 ${from} 开始，QQ 却回调 ${to}：登录 Cookie 带不过去。`,
  };
  const fix = {
    en: `Redirect ${from} to ${to} (www or not, localhost or 127.0.0.1), or set QQ_REDIRECT_URI to ${from}.`,
    zh: `请把 ${from} 重定向到 ${to}（带不带 www、localhost 与 127.0.0.1），或让 QQ_REDIRECT_URI 用 ${from}。`,
  };
  return [error('site_host', found, fix)];
}

function checkCallback(callback: Visit | undefined): Check[] {
  if (!callback) return [];
  const where = shortUrl(callback.url);
  if ('thrown' in callback)
    return [info('site_callback', { en: `${where} did not answer.`, zh: `${where} 没有应答。` })];
  const { status, errorCode } = callback;
  if (status === 400 && errorCode?.startsWith('ERR_QQ_') === true) {
    return [
      ok('site_callback', {
        en: `The callback ${where} is answered by qqConnect().`,
        zh: `回调地址 ${where} 由 qqConnect() 应答。`,
      }),
    ];
  }
  const found = {
    en: `The callback ${where} answers ${errorCode ?? status} to a request without a code.`,
    zh: `回调地址 ${where} 对不带 code 的请求应答 ${errorCode ?? status}。`,
  };
  if (status === 404) {
    const fix = {
      en: 'Mount qqConnect() where it sees this path; where a proxy strips a prefix set callbackPath.',
      zh: '请让 qqConnect() 收到这个路径；反向代理去掉了前缀的话，请设置 callbackPath。',
    };
    return [error('site_callback', found, fix)];
  }
  // An error handler of the application's own may answer as it likes.
  const fix = {
    en: 'Fine if the application has an error handler of its own; otherwise something stands before qqConnect().',
    zh: '应用自己处理错误的话没问题；否则是有别的东西挡在 qqConnect() 之前。',
  };
  return [warn('site_callback', found, fix)];
}

function checkPlainHttp(visit: Visit | undefined): Check[] {
  if (!visit) return [];
  if ('thrown' in visit) {
    return [info('site_plain_http', { en: 'Plain http does not answer.', zh: 'http 没有应答。' })];
  }
  const { location } = visit;
  if (location?.protocol === 'https:' && !isAuthorizeUrl(location)) {
    return [ok('site_plain_http', { en: 'Plain http is redirected to https.', zh: 'http 会重定向到 https。' })];
  }
  const found = {
    en: 'Plain http is not redirected to https: whoever begins a login there loses its cookie.',
    zh: 'http 没有重定向到 https：从 http 开始的登录会丢失 Cookie。',
  };
  const fix = { en: 'Redirect http to https for the whole site.', zh: '请把全站的 http 重定向到 https。' };
  return [error('site_plain_http', found, fix)];
}
