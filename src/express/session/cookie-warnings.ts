import type { Request, Response } from 'express';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Services } from '../services.js';

const SECURE: LocalizedText = {
  en: "the session cookie is Secure, and Express treats this request as plain http, so it is not sent. Behind a proxy write app.set('trust proxy', 1) and proxy_set_header X-Forwarded-Proto $scheme; on plain http session({ cookie: { secure: 'auto' } })",
  zh: "使用反向代理时，请设置 app.set('trust proxy', 1) 和 proxy_set_header X-Forwarded-Proto $scheme;；http 站点请设置 session({ cookie: { secure: 'auto' } })。会话 cookie 带有 Secure，而 Express 收到的是 http 请求，因此没有发送该 cookie",
};
const STRICT: LocalizedText = {
  en: "the session cookie is SameSite=Strict, so browsers do not send it with the callback from QQ, and the page after the login shows the user as logged out. Write session({ cookie: { sameSite: 'lax' } })",
  zh: "请设置 session({ cookie: { sameSite: 'lax' } })。会话 cookie 是 SameSite=Strict，浏览器从 QQ 跳转回来时不发送它，因此登录后的页面显示为未登录",
};

/** Finds the options of the session cookie that keep it from the browser, or from the callback. */
export function cookieProblems(req: Request): LocalizedText[] {
  const { sameSite, secure } = req.session.cookie;
  return [
    ...(secure === true && !req.secure ? [SECURE] : []),
    ...(sameSite === true || sameSite === 'strict' ? [STRICT] : []),
  ];
}

/** Warns if browsers do not send the session cookie of a request that starts a login with the callback. */
export function warnBeforeLogin({ warnOnce }: Services, req: Request): void {
  if (cookieProblems(req).includes(STRICT)) warnOnce('QQ_SESSION_SAME_SITE', STRICT.en);
}

/**
 * Warns of a problem that shows only at a login: the session cookie that is sent decides, whatever the options of
 * express-session are.
 */
export function warnAfterLogin({ urls, warnOnce }: Services, req: Request, res: Response): void {
  const id = req.sessionID;
  const isHeldBack = cookieProblems(req).includes(SECURE);
  res.once('finish', () => {
    const cookie = sentCookie(res, id);
    if (cookie === undefined) {
      const why = isHeldBack ? SECURE.en : 'find the code that removes its Set-Cookie header';
      warnOnce('QQ_SESSION_COOKIE_LOST', `a login was completed without a session cookie, so it is lost: ${why}`);
    } else if (urls.siteOrigin.startsWith('https:') && !/;\s*secure\s*(?:;|$)/i.test(cookie)) {
      const trust = req.secure
        ? ''
        : "app.set('trust proxy', 1), because Express treats its requests as plain http, and ";
      const remedy = `${trust}session({ cookie: { secure: true } })`;
      warnOnce('QQ_SESSION_COOKIE_INSECURE', `the session cookie of this https site is not Secure. Use ${remedy}`);
    }
  });
}

/** The `Set-Cookie` line with a session's id, signed or not. */
function sentCookie(res: Response, sessionId: string): string | undefined {
  const lines = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
  return lines.find((line) => line.includes(sessionId) || line.includes(encodeURIComponent(sessionId)));
}
