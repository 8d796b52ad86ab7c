import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import type { QQConnectClient } from '../client/qq-connect-client.js';
import type { QQConnectClientOptions } from '../client/options.js';
import type { TokenSet } from '../client/token-set.js';
import type { Lock } from '../lock/lock.js';
import type { QQUser } from '../protocol/profile.js';
import type { QQConnectEventListener } from './events.js';

/** What the option `onLogin` is called with. */
export interface LoginDetails {
  /** Who logged in. */
  user: QQUser;
  /** What QQ gave for the code. Secret. */
  tokens: TokenSet;
  /** The callback's request; `req.session` is the new session, with the application's data in it. */
  req: Request;
  res: Response;
  /** The data of the session before the login, also that of another QQ user, which does not move along. */
  previousSession: Readonly<Partial<SessionData>>;
}

/** The options of {@link qqConnect}. */
export interface QQConnectOptions extends Partial<QQConnectClientOptions> {
  /**
   * Where the router's own routes are: `/login`, `/logout`, `/user`, `/refresh` and `/avatar` below this path.
   * @defaultValue `'/auth/qq'`
   */
  basePath?: string | undefined;
  /**
   * The path of the callback as Express sees it (`req.originalUrl`), where a proxy strips a prefix. What stands before
   * it in the path of `redirectUri` goes before every URL that is sent to the browser.
   * @defaultValue the path of `redirectUri`
   */
  callbackPath?: string | undefined;
  /**
   * `'auto'` sends `display=mobile` for phones, without which they get the desktop's QR code.
   * @defaultValue `'auto'`
   */
  display?: 'auto' | 'mobile' | 'pc' | undefined;
  /**
   * Where a login ends that was not told where to.
   * @defaultValue `'/'`
   */
  defaultReturnTo?: string | undefined;
  /**
   * Other origins that `returnTo` may lead to, such as a front end's: `['https://app.example.com']`.
   * @defaultValue `[]`
   */
  allowedReturnOrigins?: string[] | undefined;
  /**
   * Where a user who cancelled goes, with `qq_login=cancelled` in the query.
   * @defaultValue `defaultReturnTo`
   */
  cancelUrl?: string | undefined;
  /**
   * Called once for each login, before anything of it is stored: the place to link the account. It does not answer the
   * request: it may return `{ returnTo }` to lead elsewhere, and what it throws refuses the login and goes to the error
   * handlers.
   */
  onLogin?: ((details: LoginDetails) => OnLoginResult | Promise<OnLoginResult>) | undefined;
  /** Hears of every login, for logs and metrics. Events hold no secret. */
  onEvent?: QQConnectEventListener | undefined;
  /**
   * What a logout does: destroy the session, or keep the application's data in it.
   * @defaultValue `'destroy'`
   */
  logout?: 'destroy' | 'keep' | undefined;
  /**
   * Whether to keep the user's tokens, sealed, for {@link QQConnectRequest.accessToken} and `refreshUser`.
   * @defaultValue `'keep'`
   */
  tokens?: 'keep' | 'discard' | undefined;
  /**
   * Seals tokens at rest and the login cookie. The first of a list seals, all open: put a new one in front to rotate.
   * @defaultValue derived from `appKey`
   */
  encryptionKey?: string | string[] | undefined;
  /**
   * Decides which process may refresh a token: `redisLock` of `express-qq-connect/redis` where there are several.
   * @defaultValue a lock within the process
   */
  lock?: Lock | undefined;
  /** A client to share, in place of `appId`, `appKey` and the other options of a client. */
  client?: QQConnectClient | undefined;
}

/** What `onLogin` may answer. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a handler without an answer is the common one
export type OnLoginResult = { returnTo?: string | undefined } | undefined | void;

/** The options as the router uses them: complete, judged, with the client made. */
export interface ResolvedOptions {
  client: QQConnectClient;
  basePath: string;
  callbackPath: string;
  display: 'auto' | 'mobile' | 'pc';
  defaultReturnTo: string;
  allowedReturnOrigins: string[];
  cancelUrl: string;
  onLogin?: QQConnectOptions['onLogin'];
  onEvent?: QQConnectOptions['onEvent'];
  logout: 'destroy' | 'keep';
  tokens: 'keep' | 'discard';
  encryptionKeys: readonly [string, ...string[]];
  lock: Lock;
}
