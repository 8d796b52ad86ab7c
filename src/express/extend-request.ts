import { accessToken } from './access-token.js';
import { beginLogin } from './login.js';
import { logout } from './logout.js';
import { refreshUser } from './refresh-user.js';
import { storedLogin } from './session.js';
import { unpackProfile } from './stored-profile.js';
import { toQQUser } from '../protocol/profile.js';
import type { Request, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { QQConnectContext } from './context.js';
import type { LoginOptions } from './login.js';
import type { QQConnectRequest } from './qq-connect-request.js';
import type { StoredLogin } from './session.js';

/** `req.qqConnect`. Its fields are private, so that whoever prints a request does not print the router's inside. */
class RequestLogin implements QQConnectRequest {
  readonly #context: QQConnectContext;
  readonly #req: Request;
  readonly #res: Response;

  constructor(context: QQConnectContext, req: Request, res: Response) {
    this.#context = context;
    this.#req = req;
    this.#res = res;
  }

  static contextOf(login: unknown): QQConnectContext | undefined {
    return login instanceof RequestLogin ? login.#context : undefined;
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
}

/** The router that a request has passed, if any. */
export function contextOf(req: Request): QQConnectContext | undefined {
  return RequestLogin.contextOf((req as Partial<Request>).qqConnect);
}

const users = new WeakMap<StoredLogin, { profile: StoredLogin['profile']; user: QQUser }>();

/** The user of a stored login; made when somebody looks, and once. */
function userOf(login: StoredLogin): QQUser {
  const known = users.get(login);
  if (known?.profile === login.profile) return known.user;
  const user = toQQUser(login, unpackProfile(login.profile));
  users.set(login, { profile: login.profile, user });
  return user;
}

// One for all requests: making two closures for each of them can be measured.
const qqUser: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get(this: Request) {
    const context = contextOf(this);
    const login = context && storedLogin(this, context.client.appId);
    return login && userOf(login);
  },
};

/** Gives a request its `qqConnect` and its `qqUser`, which costs nothing until somebody looks. */
export function extendRequest(context: QQConnectContext, req: Request, res: Response): void {
  req.qqConnect = new RequestLogin(context, req, res);
  Object.defineProperty(req, 'qqUser', qqUser);
}
