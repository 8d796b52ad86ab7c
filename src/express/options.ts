import { z } from 'zod';
import { QQConnectClient } from '../client/qq-connect-client.js';
import { clientOptionsShape, readOptions } from '../client/options.js';
import { isLoopbackHost } from '../protocol/endpoints.js';
import { processLock } from '../lock/process-lock.js';
import { appKeyOf } from '../client/qq-connect-client.js';
import { warn } from './warn.js';
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
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

const environment = {
  appId: 'QQ_APP_ID',
  appKey: 'QQ_APP_KEY',
  redirectUri: 'QQ_REDIRECT_URI',
  graphUrl: 'QQ_GRAPH_URL',
  encryptionKey: 'QQ_ENCRYPTION_KEY',
} as const;

const path = z.string('must be a path').regex(/^\/[^?#\s\\]*$/, 'must be a path that begins with /');
// The rest is judged against redirectUri, once that is known.
const place = z
  .string('must be a path or URL')
  .regex(
    /^(?:\/(?![/\\])|https?:\/\/[^/\\])[^\\]*$/i,
    'must be a path of this site, or a URL of one of allowedReturnOrigins',
  );
const callback = <T>(): z.ZodOptional<z.ZodCustom<T>> =>
  z.custom<T>((value) => typeof value === 'function', 'must be a function').optional();
const origin = z
  .string('must be origins such as https://app.example.com')
  .refine(
    (value) =>
      URL.canParse(value) && new URL(value).origin !== 'null' && new URL(value).href === `${new URL(value).origin}/`,
    {
      message: 'must be origins such as https://app.example.com, without a path',
    },
  )
  .transform((value) => new URL(value).origin);
const key = z.string('must be a string or a list of strings').min(1, 'must not be empty');

const routerShape = {
  basePath: path.transform((value) => value.replace(/\/+$/, '')).default('/auth/qq'),
  callbackPath: path.optional(),
  display: z.enum(['auto', 'mobile', 'pc'], "must be 'auto', 'mobile' or 'pc'").default('auto'),
  defaultReturnTo: place.default('/'),
  allowedReturnOrigins: z.array(origin, 'must be an array of origins').default([]),
  cancelUrl: place.optional(),
  onLogin: callback<NonNullable<QQConnectOptions['onLogin']>>(),
  onEvent: callback<NonNullable<QQConnectOptions['onEvent']>>(),
  logout: z.enum(['destroy', 'keep'], "must be 'destroy' or 'keep'").default('destroy'),
  tokens: z.enum(['keep', 'discard'], "must be 'keep' or 'discard'").default('keep'),
  encryptionKey: z
    .union(
      [key.transform((value): [string, ...string[]] => [value]), z.tuple([key], key)],
      'must be a string or a list of strings, none of them empty',
    )
    .optional(),
  lock: callback<Lock>(),
};

const ownClient = z.strictObject({ ...clientOptionsShape, ...routerShape }, 'must be an object');
const sharedClient = z.strictObject(
  {
    ...routerShape,
    client: z.custom<QQConnectClient>(
      (value) => value instanceof QQConnectClient,
      'must be a QQConnectClient of this copy of express-qq-connect',
    ),
  },
  'must be an object',
);

type RouterOptions = z.output<z.ZodObject<typeof routerShape>>;

/** The options as the router uses them: complete, judged, with the client made. */
export interface ResolvedOptions extends Omit<RouterOptions, 'encryptionKey' | 'lock' | 'callbackPath' | 'cancelUrl'> {
  client: QQConnectClient;
  callbackPath: string;
  cancelUrl: string;
  encryptionKeys: readonly [string, ...string[]];
  lock: Lock;
}

function isObject(options: unknown): options is object {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

function withEnvironment(options: QQConnectOptions): Record<string, unknown> {
  // A key whose value is undefined is one that was not given.
  const filled = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Record<
    string,
    unknown
  >;
  for (const [option, variable] of Object.entries(environment)) {
    const value = process.env[variable];
    const belongsToClient = option !== 'encryptionKey' && filled.client !== undefined;
    if (filled[option] !== undefined || value === undefined || value === '' || belongsToClient) continue;
    filled[option] = option === 'encryptionKey' ? value.split(',') : value;
  }
  return filled;
}

function warnAboutRedirectUri(client: QQConnectClient): void {
  if (isLoopbackHost(new URL(client.graphUrl).hostname)) return;
  const url = new URL(client.redirectUri);
  const refused = [
    url.port !== '' && 'has a port',
    isLoopbackHost(url.hostname) && 'names this machine',
    url.protocol === 'http:' && 'is plain http',
  ].filter((reason) => reason !== false);
  if (refused.length > 0)
    warn('QQ_REDIRECT_URI', `redirectUri ${refused.join(' and ')}: QQ will not call it back (the sandbox does)`);
}

/**
 * Reads the options and their environment variables.
 *
 * @throws `QQConfigurationError` that names every wrong option, and no value
 */
export function resolveOptions(options: QQConnectOptions = {}): ResolvedOptions {
  const given = isObject(options) ? withEnvironment(options) : (options as Record<string, unknown>);
  const shared = isObject(given) && given.client !== undefined;
  const { client, router } = shared ? withSharedClient(given) : withOwnClient(given);
  const { encryptionKey, ...rest } = router;
  warnAboutRedirectUri(client);
  return {
    ...rest,
    client,
    callbackPath: router.callbackPath ?? new URL(client.redirectUri).pathname,
    cancelUrl: router.cancelUrl ?? router.defaultReturnTo,
    encryptionKeys: encryptionKey ?? [appKeyOf(client)],
    lock: router.lock ?? processLock(),
  };
}

function withSharedClient(given: Record<string, unknown>): { client: QQConnectClient; router: RouterOptions } {
  const { client, ...router } = readOptions(sharedClient, given, environment);
  return { client, router };
}

function withOwnClient(given: Record<string, unknown>): { client: QQConnectClient; router: RouterOptions } {
  const { appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios, ...router } = readOptions(
    ownClient,
    given,
    environment,
  );
  return {
    client: new QQConnectClient({ appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios }),
    router,
  };
}
