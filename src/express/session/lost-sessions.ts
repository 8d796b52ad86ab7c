import { parse } from 'cookie';
import { QQConfigurationError } from '../../protocol/errors/index.js';
import { debug } from '../debug.js';
import { readStored } from '../session-store.js';
import { cookieProblems } from './cookie-warnings.js';
import { storedLogin } from './stored-login.js';
import type { Request, Response } from 'express';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Services } from '../services.js';

// Finds logins that end without their session. Without it, the guard would redirect to QQ again, and QQ back: a cookie
// of one minute counts the logins in a row, and a request with a login in its session deletes it.
const MAX_LOGINS_IN_A_ROW = 2;
const COUNT_TTL_SECONDS = 60;

/** The cookies of a request that express-session has signed, or cookie-parser: these two write `s:value.signature`. */
function signedCookies(req: Request): { name: string; value: string }[] {
  return (req.headers.cookie ?? '').split(';').flatMap((pair) => {
    const { name, value } = /^(?<name>[^=\s]+)=s(?::|%3A)(?<value>[^.]+)\./i.exec(pair.trim())?.groups ?? {};
    return name !== undefined && value !== undefined ? [{ name, value }] : [];
  });
}

const wrongSecret: LocalizedText = {
  en:
    'the session store has the session of this browser, but the signature of its cookie does not match. Use one ' +
    'secret in all processes and after each start: session({ secret: process.env.SESSION_SECRET })',
  zh: '请让所有进程始终使用同一个密钥：session({ secret: process.env.SESSION_SECRET })。会话存储中有该浏览器的会话，但会话 cookie 的签名不符',
};

function loginCount({ cookies }: Services, req: Request): number {
  const { cookie } = req.headers;
  const name = cookies.name('logins');
  return cookie?.includes(name) ? Number(parse(cookie)[name]) || 0 : 0;
}

function setLoginCount({ cookies }: Services, res: Response, count: number): void {
  if (res.headersSent || !('append' in res)) return; // an upgrade request has no response of Express
  const line = cookies.line(cookies.name('logins'), count > 0 ? String(count) : '', count > 0 ? COUNT_TTL_SECONDS : 0);
  res.append('Set-Cookie', line);
}

/** Counts a completed login. */
export function countLogin(services: Services, req: Request, res: Response): void {
  setLoginCount(services, res, loginCount(services, req) + 1);
}

/** Deletes the count if this request has a login in its session. */
export function clearLoginCount(services: Services, req: Request, res: Response): void {
  const { client, sessions } = services;
  if (loginCount(services, req) === 0 || !storedLogin(req, client.appId)) return;
  sessions.cookieName = signedCookies(req).find(({ value }) => value === req.sessionID)?.name;
  setLoginCount(services, res, 0);
}

/**
 * Checks the session of a request that starts a login.
 *
 * @throws `QQConfigurationError` `ERR_QQ_SESSION_LOST`, which names the reason, after two logins in a row
 */
export async function checkLostSession(services: Services, req: Request, res: Response): Promise<void> {
  const { client, sessions, warnOnce } = services;
  if (storedLogin(req, client.appId)) return;
  const unknown = signedCookies(req).filter(
    ({ name, value }) => value !== req.sessionID && name === (sessions.cookieName ?? name),
  );
  // express-session reads the first cookie of a name.
  const ids = new Map(unknown.toReversed().map(({ name, value }) => [name, value]));
  let isSecretWrong = false;
  for (const id of [...ids.values()].slice(-3)) {
    isSecretWrong ||= await readStored(req.sessionStore, id).then(Boolean, () => false);
  }
  if (isSecretWrong) warnOnce('QQ_SESSION_SECRET', wrongSecret.en);
  const count = loginCount(services, req);
  if (count > 0) debug('session: %d logins in a row were completed without it', count);
  if (count < MAX_LOGINS_IN_A_ROW) return;
  setLoginCount(services, res, 0); // the next one may try again
  const notFound =
    unknown.length > 0 ? notStored(req, unknown.length > ids.size) : (cookieProblems(req)[0] ?? notSent(req));
  const { en, zh } = isSecretWrong ? wrongSecret : notFound;
  throw new QQConfigurationError(
    `session: two logins in a row were completed, but the browser's next request had neither session: ${en}`,
    { en: `${en.charAt(0).toUpperCase()}${en.slice(1)}.`, zh: `${zh}。` },
    'ERR_QQ_SESSION_LOST',
    'session',
  );
}

/** The browser sent a session cookie, and the store has no such session. */
function notStored({ sessionStore }: Request, isRepeated: boolean): LocalizedText {
  if (isRepeated) {
    return {
      en: "the browser sent two session cookies of one name: another application sets one for this domain or path. Give this site's a name of its own: session({ name: '__Host-sid' }) on https",
      zh: "浏览器发送了两个同名的会话 cookie：另一个应用为该域名或路径设置了同名 cookie。请为本站的会话 cookie 单独命名：https 站点用 session({ name: '__Host-sid' })",
    };
  }
  return sessionStore.constructor.name === 'MemoryStore'
    ? {
        en: 'the session is in the memory of another process, or of this one before its last start (MemoryStore). Use a store that all processes share, such as connect-redis',
        zh: '请使用所有进程共享的会话存储，如 connect-redis。会话保存在另一个进程的内存中，或已随重启丢失（MemoryStore）',
      }
    : {
        en: "the session store has no session for the browser's cookie. Check that all processes use the same store and that another application does not set a cookie of the same name (use session({ name }))",
        zh: '会话存储中没有该浏览器 cookie 对应的会话。请检查所有进程是否使用同一存储，以及是否有其他应用设置了同名 cookie（可用 session({ name }) 改名）',
      };
}

/** The browser sent no session cookie, and its options are those of a cookie that is sent. */
function notSent(req: Request): LocalizedText {
  const { path = '/', domain } = req.session.cookie;
  return {
    en: `the browser does not send the session cookie. Check its path (${path}) and domain (${domain ?? 'none'}) in session({ cookie }), and what changes it between the site and the browser: proxy_cookie_path, proxy_cookie_domain, proxy_cookie_flags, a CDN that removes Set-Cookie`,
    zh: `浏览器没有发送会话 cookie。请检查 session({ cookie }) 中的 path（${path}）和 domain（${domain ?? '无'}），以及途中是否有改写：proxy_cookie_path、proxy_cookie_domain、proxy_cookie_flags，或删除 Set-Cookie 的 CDN`,
  };
}
