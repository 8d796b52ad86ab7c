import { withoutCancelled } from '../attempt/return-to.js';
import { toQQUser } from '../protocol/profile.js';
import { warnOfConfiguration } from './events.js';
import { reloadUser } from './login/reload-user.js';
import { logout } from './login/logout.js';
import { startLogin } from './login/start.js';
import { requireTokens } from './session/require-tokens.js';
import { lacksSession } from './session/session.js';
import { storedLogin } from './session/stored-login.js';
import type { Request, Response } from 'express';
import type { QQUser, UserInfoResponse } from '../protocol/profile.js';
import type { LoginOptions } from './login/start.js';
import type { Services } from './services.js';

/** What handlers can do with the QQ login of their request: `req.qqConnect`. */
export interface QQConnectRequest {
  /**
   * Starts a login, and responds with the redirect to QQ.
   *
   * @param options - `returnTo`: the page after the login, by default the page that was requested, or `defaultReturnTo` if the user is
   * logged in already or has just cancelled
   */
  login(options?: LoginOptions): Promise<void>;
  /** Logs the user out as the option `logout` says, and ends the tokens. Does not respond to the request. */
  logout(): Promise<void>;
  /**
   * Returns a valid access token of the user, refreshed if it is due. A refresh token is sent once, however many
   * requests and processes need it.
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
      /** The user who is logged in with QQ; `undefined` if the user is not logged in. */
      qqUser?: QQUser | undefined;
      /** The QQ login of this request; set by `qqConnect()`. */
      qqConnect: QQConnectRequest;
    }
  }
}

// Beside the request rather than on it, so that a printed request does not show the router's inside.
const servicesByRequest = new WeakMap<Request, Services>();
const usersByProfile = new WeakMap<UserInfoResponse, QQUser>();

/** Returns the services of the router that a request has passed, if any. */
export function servicesOf(req: Request): Services | undefined {
  return servicesByRequest.get(req);
}

const NO_SESSION =
  'req.qqUser was read in a request without a session. Mount express-session before qqConnect(), for all paths: ' +
  'app.use(session({ … })); app.use(qqConnect()). (express-session also passes requests without a session while its ' +
  'store is disconnected)';

const qqUser: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get(this: Request) {
    const services = servicesOf(this);
    const appId = services?.client.appId ?? '';
    const login = storedLogin(this, appId);
    if (!login) {
      if (services && lacksSession(this, services.sessions)) services.warnOnce('QQ_SESSION_MISSING', NO_SESSION);
      return undefined;
    }
    // The same object at each read, until the profile is reloaded.
    const user = usersByProfile.get(login.profile) ?? toQQUser({ ...login, appId }, { ...login.profile });
    usersByProfile.set(login.profile, user);
    return user;
  },
};

async function withWarning<T>(services: Services, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    warnOfConfiguration(services, error);
    throw error;
  }
}

/** Adds `qqConnect` and `qqUser` to a request; a request that reads neither reads no session. */
export function extendRequest(services: Services, req: Request, res: Response): void {
  servicesByRequest.set(req, services);
  req.qqConnect = {
    login: async (options = {}) => {
      // A page that starts each login itself would otherwise start one again when the user returns to it.
      const isLoggedIn = storedLogin(req, services.client.appId) !== undefined;
      const isReturn = isLoggedIn || withoutCancelled(req.originalUrl) !== req.originalUrl;
      const page = ['GET', 'HEAD'].includes(req.method) && !isReturn ? req.originalUrl : undefined;
      return startLogin(services, req, res, { ...options, returnTo: options.returnTo ?? page });
    },
    logout: async () => logout(services, req),
    accessToken: async ({ rejected } = {}) =>
      withWarning(services, services.vault.accessToken(requireTokens(services, req), rejected)),
    refreshUser: async () => withWarning(services, reloadUser(services, req)),
  };
  Object.defineProperty(req, 'qqUser', qqUser);
}
