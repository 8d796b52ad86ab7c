import { warn } from './warn.js';
import type { Request, Response } from 'express';

/**
 * Says, once each, what keeps the application's session cookie from doing its work. Most of it cannot be seen before
 * somebody logs in: what counts is the cookie that really leaves, whatever express-session's options are.
 */
export class SessionAdvice {
  readonly #isHttps: boolean;
  readonly #given = new Set<string>();

  /** @param redirectUri - its scheme is the one that browsers use */
  constructor(redirectUri: string) {
    this.#isHttps = redirectUri.startsWith('https:');
  }

  /** Looks at the session of a request that begins a login. */
  beforeLogin(req: Request): void {
    const { sameSite } = req.session.cookie;
    if (sameSite !== true && sameSite !== 'strict') return;
    this.#give(
      'QQ_SESSION_SAME_SITE',
      'the session cookie is SameSite=Strict, so no browser sends it on the way back from QQ: the session from before ' +
        "the login is not found, and the page after it looks logged out. Use session({ cookie: { sameSite: 'lax' } })",
    );
  }

  /** Looks at the cookie that goes out with the answer to a finished login. */
  afterLogin(req: Request, res: Response): void {
    const id = req.sessionID;
    const isHeldBack = req.session.cookie.secure === true && !req.secure;
    res.once('finish', () => {
      const cookie = sentCookie(res, id);
      if (cookie === undefined) this.#giveLost(isHeldBack);
      else if (this.#isHttps && !/;\s*secure\s*(?:;|$)/i.test(cookie)) this.#giveInsecure(req);
    });
  }

  #giveLost(isHeldBack: boolean): void {
    const why = !isHeldBack
      ? 'see what takes its Set-Cookie header away'
      : this.#isHttps
        ? "it is Secure, and Express takes the requests of this https site for plain http. Use app.set('trust proxy', 1)"
        : "it is Secure, and this site is plain http. Use session({ cookie: { secure: 'auto' } })";
    this.#give('QQ_SESSION_COOKIE_LOST', `a login ended without a session cookie, so it is lost at once: ${why}`);
  }

  #giveInsecure(req: Request): void {
    const remedy = req.secure
      ? 'session({ cookie: { secure: true } })'
      : "app.set('trust proxy', 1), as Express takes its requests for plain http, and session({ cookie: { secure: true } })";
    this.#give('QQ_SESSION_COOKIE_INSECURE', `the session cookie of this https site is not Secure. Use ${remedy}`);
  }

  #give(code: string, advice: string): void {
    if (this.#given.has(code)) return;
    this.#given.add(code);
    warn(code, advice);
  }
}

/** The `Set-Cookie` line with a session's id, signed or not. */
function sentCookie(res: Response, sessionId: string): string | undefined {
  const lines = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
  return lines.find((line) => line.includes(sessionId) || line.includes(encodeURIComponent(sessionId)));
}
