import type { QQUser } from '../protocol/profile.js';
import type { LoginOptions } from './login.js';

/** What handlers can do with the QQ login of their request: `req.qqConnect`. */
export interface QQConnectRequest {
  /**
   * Begins a login and answers the request with the redirect to QQ.
   *
   * @param options - `returnTo`: where it ends, by default the page that was asked for
   */
  login(options?: LoginOptions): Promise<void>;
  /** Ends the login, its tokens with it, as the option `logout` says. The request is still to be answered. */
  logout(): Promise<void>;
  /**
   * Gives a valid access token of the user, renewed if it is due; a refresh token is spent once, however many ask.
   *
   * @param options - `rejected`: a token that QQ has just refused with 100013 to 100016, which is then renewed
   * @throws {@link QQConnectError} with `action: 'login_again'` if there is none to be had any more
   */
  accessToken(options?: { rejected?: string | undefined }): Promise<string>;
  /**
   * Fetches nickname and avatars again, and keeps them in the session.
   *
   * @throws {@link QQConnectError}; what there was stays
   */
  refreshUser(): Promise<QQUser>;
}

declare global {
  namespace Express {
    interface Request {
      /** Who is logged in with QQ; `undefined` for nobody. */
      qqUser?: QQUser | undefined;
      /** The QQ login of this request; there once it has passed `qqConnect()`. */
      qqConnect: QQConnectRequest;
    }
  }
}
