import { isLoopbackHost } from '../../protocol/endpoints.js';
import { printable } from '../terminal.js';
import { isAttemptCookie } from './attempt-cookie.js';
import { error, info, ok, warn } from './check.js';
import type { SetCookie } from 'cookie';
import type { Bilingual } from '../../protocol/error-codes.js';
import type { Check } from './check.js';
import type { SiteAnswer, SiteVisit } from './visit-site.js';

const TRUST_PROXY: Bilingual = {
  en: "Behind a proxy: app.set('trust proxy', 1) and session({ cookie: { secure: 'auto', sameSite: 'lax' } }).",
  zh: "在反向代理之后：app.set('trust proxy', 1)，并用 session({ cookie: { secure: 'auto', sameSite: 'lax' } })。",
};

/**
 * Judges the session cookie, if it shows: with `saveUninitialized: false`, as it should be, there is none before a
 * login, and then nothing can be said from outside.
 */
export function checkSessionCookie({ login, user }: SiteVisit): Check[] {
  const answers = [login, user].filter((visit): visit is SiteAnswer => !('thrown' in visit));
  const cookie = answers
    .flatMap(({ cookies }) => cookies)
    .find((each) => !isAttemptCookie(each) && /sess|sid/i.test(each.name));
  const https = user.url.protocol === 'https:';
  if (!cookie) return [unseen(https || !isLoopbackHost(user.url.hostname))];
  const wrong = [...checkSecure(cookie, https), ...checkReach(cookie)];
  const name = printable(cookie.name);
  if (wrong.length > 0) return wrong;
  const en = `The session cookie ${name} is as it should be. It is set before a login: saveUninitialized: false saves that.`;
  return [
    ok('site_session_cookie', {
      en,
      zh: `会话 Cookie ${name} 正确。它在登录前就设置了：saveUninitialized: false 可以省掉。`,
    }),
  ];
}

function unseen(live: boolean): Check {
  const found = {
    en: 'The session cookie does not show before a login (as it should be), so its flags and trust proxy cannot be seen from here.',
    zh: '登录前看不到会话 Cookie（本该如此），所以从外面看不出它的属性和 trust proxy。',
  };
  if (!live) return info('site_session_unseen', found);
  const { en, zh } = TRUST_PROXY;
  return info('site_session_unseen', { en: `${found.en} ${en}`, zh: `${found.zh}${zh}` });
}

function checkSecure(cookie: SetCookie, https: boolean): Check[] {
  const name = printable(cookie.name);
  if (https && cookie.secure !== true) {
    const found = {
      en: `The session cookie ${name} lacks Secure on an https site: the application does not know that it is on https.`,
      zh: `https 网站的会话 Cookie ${name} 没有 Secure：应用不知道自己在 https 上。`,
    };
    return [error('site_session_secure', found, TRUST_PROXY)];
  }
  if (!https && cookie.secure === true) {
    const found = {
      en: `The session cookie ${name} is Secure, but the site is served by http: browsers drop it.`,
      zh: `会话 Cookie ${name} 带 Secure，网站却走 http：浏览器会丢弃它。`,
    };
    const fix = { en: "Use https, or cookie: { secure: 'auto' }.", zh: "请用 https，或 cookie: { secure: 'auto' }。" };
    return [error('site_session_secure', found, fix)];
  }
  return [];
}

function checkReach(cookie: SetCookie): Check[] {
  const name = printable(cookie.name);
  const found: Check[] = [];
  if (cookie.httpOnly !== true) {
    const text = { en: `Scripts can read the session cookie ${name}.`, zh: `脚本能读到会话 Cookie ${name}。` };
    const fix = { en: 'Leave httpOnly of its cookie at true.', zh: '请保持 cookie 选项 httpOnly 为 true。' };
    found.push(error('site_session_http_only', text, fix));
  }
  if (cookie.sameSite === 'strict') {
    const text = {
      en: `The session cookie ${name} is SameSite=Strict: the page that QQ leads back to does not get it and looks logged out.`,
      zh: `会话 Cookie ${name} 是 SameSite=Strict：从 QQ 跳回来的页面收不到它，看起来像没登录。`,
    };
    found.push(warn('site_session_same_site', text, { en: "Use sameSite: 'lax'.", zh: "请用 sameSite: 'lax'。" }));
  }
  return found;
}
