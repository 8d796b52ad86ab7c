import * as v from 'valibot';
import { encryptionKeyEntry } from '../attempt/login.js';
import { trimSlashes } from '../attempt/return-to.js';
import { QQConnectClient, appKeyOf } from '../client/client.js';
import {
  clientOptionsShape,
  configurationWarnings,
  optionsSchema,
  readOptions as parseOptions,
} from '../client/options.js';
import { noLock } from '../lock/lock.js';
import { isObject } from '../protocol/is-object.js';
import { warn } from '../protocol/warn.js';
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import type { QQConnectClientOptions } from '../client/options.js';
import type { TokenSet } from '../client/grants.js';
import type { Lock } from '../lock/lock.js';
import type { QQUser } from '../protocol/profile.js';
import type { QQConnectEventListener } from './events.js';

/** What the option `onLogin` is called with. */
export interface LoginDetails {
  /** The user who logs in. */
  user: QQUser;
  /** The tokens that QQ issued. Secret. */
  tokens: TokenSet;
  /** The callback's request. `req.session` is the new session, with the application's data in it; it is not stored yet. */
  req: Request;
  res: Response;
  /** The application's data before the login, also another QQ user's, which the new session does not get. */
  previousSession: Readonly<Partial<SessionData>>;
}

/** The options of {@link qqConnect}. */
export interface QQConnectOptions extends Partial<QQConnectClientOptions> {
  /**
   * Path of the router's own routes: `/login`, `/logout`, `/user`, `/refresh` and `/avatar` below it.
   * @defaultValue `'/auth/qq'`
   */
  basePath?: string | undefined;
  /**
   * The path of the callback as the router receives it. Set it if a proxy strips a prefix or the router is mounted at a path.
   * What stands before it in the path of `redirectUri` is the public prefix: it goes before every URL that is sent to the
   * browser. If the path of `redirectUri` does not end in it, a front end owns the page of `redirectUri`.
   * @defaultValue the path of `redirectUri`
   */
  callbackPath?: string | undefined;
  /**
   * `'auto'` sends `display=mobile` for phones, without which they get the desktop's QR code.
   * @defaultValue `'auto'`
   */
  display?: 'auto' | 'mobile' | 'pc' | undefined;
  /**
   * The page to redirect to after login if no `returnTo` was given.
   * @defaultValue `'/'`
   */
  defaultReturnTo?: string | undefined;
  /**
   * Other origins that `returnTo` may name, such as a front end's: `['https://app.example.com']`.
   * @defaultValue `[]`
   */
  allowedReturnOrigins?: string[] | undefined;
  /**
   * The page to redirect to after the user cancelled, with `qq_login=cancelled` added to its query.
   * @defaultValue the `returnTo` of the login
   */
  cancelUrl?: string | undefined;
  /**
   * The site's name on the router's pages.
   * @defaultValue the host of `redirectUri`
   */
  siteName?: string | undefined;
  /**
   * What a login does in the in-app browser of another app (such as WeChat's), where QQ may refuse it: `'warn'` shows a
   * page that explains how to open a browser, `'allow'` continues to QQ.
   * @defaultValue `'warn'`
   */
  inAppBrowser?: 'warn' | 'allow' | undefined;
  /**
   * Called once for each login, before it is stored, to link the account. It must not respond to the request. It may return
   * `{ returnTo }` to redirect to another page, and `{ body }` for the JSON response to a script. An exception refuses
   * the login and goes to the error handlers.
   */
  onLogin?: ((details: LoginDetails) => OnLoginResult | Promise<OnLoginResult>) | undefined;
  /**
   * Called with each event, for logs and metrics. Events contain no secrets and no user data. An exception in the
   * listener causes one warning and does not affect the login.
   */
  onEvent?: QQConnectEventListener | undefined;
  /**
   * What a logout does: destroy the session, or keep the application's data in it.
   * @defaultValue `'destroy'`
   */
  logout?: 'destroy' | 'keep' | undefined;
  /**
   * Whether to keep the user's tokens, encrypted, for {@link QQConnectRequest.accessToken} and `refreshUser`.
   * @defaultValue `'keep'`
   */
  tokens?: 'keep' | 'discard' | undefined;
  /**
   * Encrypts stored tokens and the login cookie. Of a list, the first key encrypts and all decrypt: to rotate keys, put the
   * new one first.
   * @defaultValue derived from `appKey`
   */
  encryptionKey?: string | string[] | undefined;
  /**
   * Lets only one process at a time refresh a user's token: `redisLock` of `express-qq-connect/redis` with multiple
   * processes. Requests of one process share a refresh without it.
   * @defaultValue none
   */
  lock?: Lock | undefined;
  /** A client to share, in place of `appId`, `appKey` and the other options of a client. */
  client?: QQConnectClient | undefined;
}

/** What `onLogin` may return. */
export type OnLoginResult =
  | {
      /** The page after the login, in place of the requested one. */
      returnTo?: string | undefined;
      /** Merged into the JSON response of a callback that a script fetches, such as a token of the application's own. */
      body?: Record<string, unknown> | undefined;
    }
  | undefined
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most handlers return nothing
  | void;

const environment = {
  appId: 'QQ_APP_ID',
  appKey: 'QQ_APP_KEY',
  redirectUri: 'QQ_REDIRECT_URI',
  graphUrl: 'QQ_GRAPH_URL',
  encryptionKey: 'QQ_ENCRYPTION_KEY',
} as const;

/** Returns whether a path is written as browsers send it, which is what Express compares it with. */
function isPath(value: string): boolean {
  const url = `http://localhost${value}`;
  return /^\/(?!\/)[^?#\s\\]*$/.test(value) && URL.canParse(url) && new URL(url).pathname === value;
}

const path = v.pipe(
  v.string('must be a path'),
  v.check(isPath, 'must be a path that begins with one /, percent-encoded, without . or ..'),
);
// Validated against redirectUri as well, once that is known.
const place = v.pipe(
  v.string('must be a path or URL'),
  v.regex(
    /^(?:\/(?![/\\])|https?:\/\/[^/\\])[^\\]*$/i,
    'must be a path of this site, or a URL of one of allowedReturnOrigins',
  ),
);

function callback<T>(): v.OptionalSchema<v.GenericSchema<T>, undefined> {
  return v.optional(v.custom<T>((value) => typeof value === 'function', 'must be a function'));
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { origin, href } = new URL(value);
  return /^https?:\/\/[^*]+$/.test(origin) && href === `${origin}/`;
}

const origin = v.pipe(
  v.string('must be an origin such as https://app.example.com'),
  v.check(isOrigin, 'must be an origin such as https://app.example.com, without a path'),
  v.transform((value) => new URL(value).origin),
);

const routerShape = {
  basePath: v.optional(v.pipe(path, v.transform(trimSlashes)), '/auth/qq'),
  callbackPath: v.optional(path),
  display: v.optional(v.picklist(['auto', 'mobile', 'pc'], "must be 'auto', 'mobile' or 'pc'"), 'auto'),
  defaultReturnTo: v.optional(place, '/'),
  allowedReturnOrigins: v.optional(v.array(origin, 'must be an array of origins'), []),
  cancelUrl: v.optional(place),
  siteName: v.optional(v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty('must not be empty'))),
  inAppBrowser: v.optional(v.picklist(['warn', 'allow'], "must be 'warn' or 'allow'"), 'warn'),
  onLogin: callback<NonNullable<QQConnectOptions['onLogin']>>(),
  onEvent: callback<NonNullable<QQConnectOptions['onEvent']>>(),
  logout: v.optional(v.picklist(['destroy', 'keep'], "must be 'destroy' or 'keep'"), 'destroy'),
  tokens: v.optional(v.picklist(['keep', 'discard'], "must be 'keep' or 'discard'"), 'keep'),
  encryptionKey: encryptionKeyEntry,
  lock: callback<Lock>(),
};

const ofClient = v.optional(
  v.custom<undefined>(() => false, 'is an option of the client: pass it to new QQConnectClient()'),
);
const clientOptions = Object.fromEntries(Object.keys(clientOptionsShape).map((name) => [name, ofClient])) as Record<
  keyof typeof clientOptionsShape,
  typeof ofClient
>;

const ownClient = optionsSchema({ ...clientOptionsShape, ...routerShape });
const sharedClient = optionsSchema({
  ...routerShape,
  ...clientOptions,
  client: v.custom<QQConnectClient>(
    (value) => value instanceof QQConnectClient,
    'must be a QQConnectClient of this copy of express-qq-connect',
  ),
});

type RouterOptions = v.InferOutput<v.ObjectSchema<typeof routerShape, string>>;

/** The options as the router uses them: complete, validated, with the client. */
export interface ResolvedOptions extends Omit<RouterOptions, 'encryptionKey'> {
  client: QQConnectClient;
  callbackPath: string;
  siteName: string;
  encryptionKeys: readonly [string, ...string[]];
  lock: Lock;
}

function withEnvironment(options: QQConnectOptions): Record<string, unknown> {
  // A key whose value is undefined is one that was not given.
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const filled: Record<string, unknown> = Object.fromEntries(given);
  for (const [option, variable] of Object.entries(environment)) {
    const value = process.env[variable];
    const belongsToClient = option !== 'encryptionKey' && filled.client !== undefined;
    if (filled[option] !== undefined || value === undefined || value === '' || belongsToClient) continue;
    filled[option] = option === 'encryptionKey' ? value.split(',') : value;
  }
  return filled;
}

/** Warns of what QQ probably refuses, once for each option. */
function warnAboutConfiguration(options: object): void {
  const warnings = configurationWarnings(options);
  for (const option of new Set(warnings.map((warning) => warning.option))) {
    // callbackPath decides whether the front page is the callback.
    const ofOption = warnings.filter(
      ({ id, ...warning }) => warning.option === option && id !== 'redirect_uri_no_path',
    );
    if (ofOption.length === 0) continue;
    const what = ofOption.map(({ text }) => text.en).join('; ');
    const code = option === 'scope' ? 'QQ_SCOPE' : environment[option];
    warn(code, `${option} ${what}. ${ofOption.map(({ fix }) => fix.en).join(' ')}`);
  }
}

/**
 * Reads the options and their environment variables.
 *
 * @throws `QQConfigurationError` that names every wrong option, and no value
 */
export function readOptions(options: QQConnectOptions = {}): ResolvedOptions {
  const given = isObject(options) ? withEnvironment(options) : (options as Record<string, unknown>);
  const isShared = isObject(given) && given.client !== undefined;
  const { client, encryptionKey, ...router } = isShared
    ? parseOptions(sharedClient, given, environment)
    : withOwnClient(parseOptions(ownClient, given, environment));
  const callbackPath = router.callbackPath ?? new URL(client.redirectUri).pathname;
  if (callbackPath === '/') {
    warn('QQ_REDIRECT_URI', 'redirectUri is the front page: every visit there counts as a callback');
  }
  const { appId, redirectUri, graphUrl } = client;
  warnAboutConfiguration(isShared ? { appId, redirectUri, graphUrl } : given);
  const encryptionKeys = encryptionKey ?? [appKeyOf(client)];
  const siteName = router.siteName ?? new URL(client.redirectUri).host;
  return { ...router, client, callbackPath, siteName, encryptionKeys, lock: router.lock ?? noLock };
}

function withOwnClient(options: v.InferOutput<typeof ownClient>): RouterOptions & { client: QQConnectClient } {
  const { appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios, ...router } = options;
  const client = new QQConnectClient({ appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios });
  return { ...router, client };
}
