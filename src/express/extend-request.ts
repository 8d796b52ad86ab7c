import { RequestLogin } from './request-login.js';
import type { Request, Response } from 'express';
import type { QQConnectContext } from './context.js';

function loginOf(req: Request): RequestLogin | undefined {
  const login: unknown = (req as Partial<Request>).qqConnect;
  return login instanceof RequestLogin ? login : undefined;
}

/** The router that a request has passed, if any. */
export function contextOf(req: Request): QQConnectContext | undefined {
  const login = loginOf(req);
  return login && RequestLogin.contextOf(login);
}

// One for all requests: making two closures for each of them can be measured.
const qqUser: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get(this: Request) {
    const login = loginOf(this);
    return login && RequestLogin.userOf(login);
  },
};

/** Gives a request its `qqConnect` and its `qqUser`, which costs nothing until somebody looks. */
export function extendRequest(context: QQConnectContext, req: Request, res: Response): void {
  req.qqConnect = new RequestLogin(context, req, res);
  Object.defineProperty(req, 'qqUser', qqUser);
}
