import { accessToken } from './access-token.js';
import { beginLogin } from './login.js';
import { logout } from './logout.js';
import { refreshUser } from './refresh-user.js';
import { storedLogin } from './session.js';
import { userOfLogin } from './remembered-users.js';
import type { Request, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { QQConnectContext } from './context.js';
import type { LoginOptions } from './login.js';
import type { QQConnectRequest } from './qq-connect-request.js';
import type { StoredProfile } from './stored-profile.js';

/** `req.qqConnect`. Its fields are private, so that whoever prints a request does not print the router's inside. */
export class RequestLogin implements QQConnectRequest {
  readonly #context: QQConnectContext;
  readonly #req: Request;
  readonly #res: Response;
  #made: { profile: StoredProfile; user: QQUser } | undefined;

  constructor(context: QQConnectContext, req: Request, res: Response) {
    this.#context = context;
    this.#req = req;
    this.#res = res;
  }

  async login(options: LoginOptions = {}): Promise<void> {
    const page = ['GET', 'HEAD'].includes(this.#req.method) ? this.#req.originalUrl : undefined;
    await beginLogin(this.#context, this.#req, this.#res, { ...options, returnTo: options.returnTo ?? page });
  }

  async logout(): Promise<void> {
    await logout(this.#context, this.#req);
  }

  async accessToken({ rejected }: { rejected?: string | undefined } = {}): Promise<string> {
    return accessToken(this.#context, this.#req, rejected);
  }

  async refreshUser(): Promise<QQUser> {
    return refreshUser(this.#context, this.#req);
  }

  static contextOf(login: RequestLogin): QQConnectContext {
    return login.#context;
  }

  /** `req.qqUser`: made when somebody looks, and once for each profile. */
  static userOf(login: RequestLogin): QQUser | undefined {
    const stored = storedLogin(login.#req, login.#context.client.appId);
    if (!stored) return undefined;
    const { profile } = stored;
    if (login.#made?.profile !== profile) login.#made = { profile, user: userOfLogin(stored) };
    return login.#made.user;
  }
}
