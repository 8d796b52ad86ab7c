import { accessToken } from './access-token.js';
import { beginLogin } from './login.js';
import { logout } from './logout.js';
import { refreshUser } from './refresh-user.js';
import { rememberContext } from './request-context.js';
import { storedLogin } from './session.js';
import { toQQUser } from '../protocol/profile.js';
import type { Request, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { QQConnectContext } from './context.js';
import type { QQConnectRequest } from './qq-connect-request.js';
import type { StoredLogin } from './session.js';

const users = new WeakMap<StoredLogin, { raw: StoredLogin['raw']; user: QQUser }>();

/** The user of a stored login; made when somebody looks, and once. */
function userOf(login: StoredLogin): QQUser {
  const known = users.get(login);
  if (known?.raw === login.raw) return known.user;
  const user = toQQUser(login, login.raw);
  users.set(login, { raw: login.raw, user });
  return user;
}

function requestMethods(context: QQConnectContext, req: Request, res: Response): QQConnectRequest {
  return {
    login: async (options = {}) => {
      const page = req.method === 'GET' ? req.originalUrl : undefined;
      await beginLogin(context, req, res, { ...options, returnTo: options.returnTo ?? page });
    },
    logout: async () => logout(context, req),
    accessToken: async ({ rejected } = {}) => accessToken(context, req, rejected),
    refreshUser: async () => refreshUser(context, req),
  };
}

/** Gives a request its `qqUser` and `qqConnect`. Both cost nothing until somebody looks. */
export function extendRequest(context: QQConnectContext, req: Request, res: Response): void {
  rememberContext(req, context);
  let methods: QQConnectRequest | undefined;
  Object.defineProperties(req, {
    qqUser: {
      configurable: true,
      enumerable: true,
      get: () => {
        const login = storedLogin(req, context.client.appId);
        return login && userOf(login);
      },
    },
    qqConnect: {
      configurable: true,
      get: () => (methods ??= requestMethods(context, req, res)),
    },
  });
}
