import { toQQUser } from '../protocol/profile.js';
import { accessToken, reloadUser } from './login/reload-user.js';
import { logout } from './login/logout.js';
import { startLogin } from './login/start.js';
import { storedLogin } from './session/session.js';
import type { Request, Response } from 'express';
import type { QQUser, UserInfoResponse } from '../protocol/profile.js';
import type { LoginOptions } from './login/start.js';
import type { Services } from './services.js';

/** What handlers can do with the QQ login of their request: `req.qqConnect`. */
export interface QQConnectRequest {
  /**
   * Starts a login and answers the request with the redirect to QQ.
   *
   * @param options - `returnTo`: the page after the login, by default the page that was requested
   */
  login(options?: LoginOptions): Promise<void>;
  /** Logs the user out as the option `logout` says, and ends the tokens. Does not answer the request. */
  logout(): Promise<void>;
  /**
   * Returns a valid access token of the user, refreshed if it is due. A refresh token is sent once, however many
   * requests and processes ask.
   *
   * @param options - `rejected`: a token that QQ has just refused with 100013 to 100016, which is then refreshed
   * @throws {@link QQConnectError} with `action: 'login_again'` if the user has to log in again
   */
  accessToken(options?: { rejected?: string | undefined }): Promise<string>;
  /**
   * Fetches nickname and avatars again, and stores them in the session.
   *
   * @throws {@link QQConnectError}; the stored profile then stays
   */
  refreshUser(): Promise<QQUser>;
}

declare global {
  namespace Express {
    interface Request {
      /** The user who is logged in with QQ; `undefined` if none is. */
      qqUser?: QQUser | undefined;
      /** The QQ login of this request; set by `qqConnect()`. */
      qqConnect: QQConnectRequest;
    }
  }
}

/** `req.qqConnect`. Its fields are private, so that a printed request does not show the router's inside. */
class RequestLogin implements QQConnectRequest {
  readonly #services: Services;
  readonly #req: Request;
  readonly #res: Response;
  #made: { profile: UserInfoResponse; user: QQUser } | undefined;

  constructor(services: Services, req: Request, res: Response) {
    this.#services = services;
    this.#req = req;
    this.#res = res;
  }

  async login(options: LoginOptions = {}): Promise<void> {
    const page = ['GET', 'HEAD'].includes(this.#req.method) ? this.#req.originalUrl : undefined;
    await startLogin(this.#services, this.#req, this.#res, { ...options, returnTo: options.returnTo ?? page });
  }

  async logout(): Promise<void> {
    await logout(this.#services, this.#req);
  }

  async accessToken({ rejected }: { rejected?: string | undefined } = {}): Promise<string> {
    return accessToken(this.#services, this.#req, rejected);
  }

  async refreshUser(): Promise<QQUser> {
    return reloadUser(this.#services, this.#req);
  }

  static servicesOf(login: RequestLogin): Services {
    return login.#services;
  }

  /** Returns `req.qqUser`: created at the first read, and once for each profile. */
  static userOf(login: RequestLogin): QQUser | undefined {
    const { appId } = login.#services.client;
    const stored = storedLogin(login.#req, appId);
    if (!stored) return undefined;
    const { profile } = stored;
    if (login.#made?.profile !== profile) {
      login.#made = { profile, user: toQQUser({ ...stored, appId }, { ...profile }) };
    }
    return login.#made.user;
  }
}

function loginOf(req: Request): RequestLogin | undefined {
  const login: unknown = (req as Partial<Request>).qqConnect;
  return login instanceof RequestLogin ? login : undefined;
}

/** Returns the services of the router that a request has passed, if any. */
export function servicesOf(req: Request): Services | undefined {
  const login = loginOf(req);
  return login && RequestLogin.servicesOf(login);
}

const qqUser: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get(this: Request) {
    const login = loginOf(this);
    return login && RequestLogin.userOf(login);
  },
};

/** Adds `qqConnect` and `qqUser` to a request; a request that reads neither reads no session. */
export function extendRequest(services: Services, req: Request, res: Response): void {
  req.qqConnect = new RequestLogin(services, req, res);
  Object.defineProperty(req, 'qqUser', qqUser);
}
