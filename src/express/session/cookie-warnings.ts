import type { Request, Response } from 'express';
import type { WarnOnce } from '../../protocol/warn.js';

/**
 * Warns once for each problem of the application's session cookie. Most of them show only at a login: the cookie that is
 * sent decides, whatever the options of express-session are.
 */
export class SessionCookieWarnings {
  readonly #isHttps: boolean;
  readonly #warnOnce: WarnOnce;

  /** @param redirectUri - its scheme is the one that browsers use */
  constructor(redirectUri: string, warnOnce: WarnOnce) {
    this.#warnOnce = warnOnce;
    this.#isHttps = new URL(redirectUri).protocol === 'https:';
  }

  /** Checks the session of a request that starts a login. */
  beforeLogin(req: Request): void {
    const { sameSite } = req.session.cookie;
    if (sameSite !== true && sameSite !== 'strict') return;
    this.#warnOnce(
      'QQ_SESSION_SAME_SITE',
      'the session cookie is SameSite=Strict, so browsers do not send it with the callback from QQ: the session from ' +
        "before the login is not found, and the page after it looks logged out. Use session({ cookie: { sameSite: 'lax' } })",
    );
  }

  /** Checks the session cookie in the response to a completed login. */
  afterLogin(req: Request, res: Response): void {
    const id = req.sessionID;
    const isHeldBack = req.session.cookie.secure === true && !req.secure;
    res.once('finish', () => {
      const cookie = sentCookie(res, id);
      if (cookie === undefined) this.#warnLost(isHeldBack);
      else if (this.#isHttps && !/;\s*secure\s*(?:;|$)/i.test(cookie)) this.#warnInsecure(req);
    });
  }

  #warnLost(isHeldBack: boolean): void {
    const why = !isHeldBack
      ? 'find the code that removes its Set-Cookie header'
      : this.#isHttps
        ? "it is Secure, and Express takes the requests of this https site for plain http. Use app.set('trust proxy', 1)"
        : "it is Secure, and this site is plain http. Use session({ cookie: { secure: 'auto' } })";
    this.#warnOnce('QQ_SESSION_COOKIE_LOST', `a login was completed without a session cookie, so it is lost: ${why}`);
  }

  #warnInsecure(req: Request): void {
    const remedy = req.secure
      ? 'session({ cookie: { secure: true } })'
      : "app.set('trust proxy', 1), because Express takes its requests for plain http, and session({ cookie: { secure: true } })";
    this.#warnOnce('QQ_SESSION_COOKIE_INSECURE', `the session cookie of this https site is not Secure. Use ${remedy}`);
  }
}

/** The `Set-Cookie` line with a session's id, signed or not. */
function sentCookie(res: Response, sessionId: string): string | undefined {
  const lines = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
  return lines.find((line) => line.includes(sessionId) || line.includes(encodeURIComponent(sessionId)));
}
