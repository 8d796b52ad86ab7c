import * as v from 'valibot';
import { QQConnectClient, appKeyOf, queryOf } from '../client/client.js';
import { readCallback } from '../client/callback.js';
import { optionsSchema, readOptions } from '../client/options.js';
import { QQConfigurationError, QQRequestError } from '../protocol/errors/index.js';
import { Callbacks, callbackId } from './callbacks.js';
import { LoginAttempts } from './login-attempt.js';
import { safeReturnTo, trimSlashes, withCancelled } from './return-to.js';
import { createSealer } from './sealer.js';
import type { TokenSet } from '../client/grants.js';
import type { QQUser } from '../protocol/profile.js';
import type { ReturnToRules } from './return-to.js';

/** What {@link startLogin} and {@link completeLogin} have in common. */
interface LoginContext {
  client: QQConnectClient;
  /**
   * Encrypts the login cookie; at least 32 characters. Of a list, the first key encrypts and all decrypt.
   * @defaultValue derived from the client's `appKey`
   */
  encryptionKey?: string | readonly string[] | undefined;
  /** The request's `Cookie` header; `null` or `undefined` without one. */
  cookieHeader: string | null | undefined;
}

/** The options of {@link startLogin}. */
export interface StartLoginOptions extends LoginContext {
  /**
   * The page to redirect to after the login: a path of this site. Anything else, another site for example, becomes the
   * default.
   * @defaultValue `'/'`
   */
  returnTo?: string | null | undefined;
  /** `'mobile'` for phones, which otherwise get the desktop's QR code. */
  display?: 'mobile' | undefined;
}

/** What {@link startLogin} returns. */
export interface StartedLogin {
  /** QQ's login page: redirect the browser there. */
  url: string;
  /** `Set-Cookie` lines for the response: one header for each. */
  cookies: string[];
}

/** The options of {@link completeLogin}. */
export interface CompleteLoginOptions extends LoginContext {
  /** The URL of the callback's request, absolute or from its path on; only its query is read. */
  callbackUrl: string | URL;
}

/** What {@link completeLogin} returns. */
export type CompletedLogin = { returnTo: string; cookies: string[] } & (
  { cancelled?: undefined; user: QQUser; tokens: TokenSet } | { cancelled: true; user?: undefined; tokens?: undefined }
);

type Exchanged = { user: QQUser; tokens: TokenSet } | undefined;

interface Logins {
  keys: readonly string[];
  attempts: LoginAttempts;
  callbacks: Callbacks<Exchanged>;
}

const key = v.pipe(v.string('must be a string or a list of strings'), v.trim(), v.nonEmpty('must not be empty'));

/**
 * The entry of `encryptionKey` in the schema of a framework's options; returns the list of keys.
 * @internal
 */
export const encryptionKeyEntry = v.optional(
  v.union(
    [
      v.pipe(
        key,
        v.transform((value): [string, ...string[]] => [value]),
      ),
      v.tupleWithRest([key], key),
    ],
    'must be a string or a list of strings, none of them empty',
  ),
);
const schema = optionsSchema({ encryptionKey: encryptionKeyEntry });

// By client, so that all requests of a process share the callbacks, and keys are derived once.
const loginsOfClients = new WeakMap<QQConnectClient, Logins>();

function loginsOf({ client, encryptionKey }: LoginContext): Logins {
  // A caller in JavaScript may pass options. Without the class there is no APP Key to derive the encryption key from.
  if (!((client as unknown) instanceof QQConnectClient)) {
    throw new QQConfigurationError('client must be a QQConnectClient of this copy of express-qq-connect', {
      en: 'Pass the client that new QQConnectClient() returned.',
      zh: '请传入 new QQConnectClient() 返回的对象。',
    });
  }
  const known = loginsOfClients.get(client);
  const given = [encryptionKey ?? []].flat();
  if (known?.keys.length === given.length && known.keys.every((one, index) => one === given[index])) return known;
  const keys = readOptions(schema, { ...(encryptionKey !== undefined && { encryptionKey }) }).encryptionKey;
  const { appId, redirectUri } = client;
  const sealer = createSealer(keys ?? [appKeyOf(client)], 'login attempt');
  const logins: Logins = {
    keys: given,
    attempts: new LoginAttempts({ sealer, appId, redirectUri, defaultReturnTo: '/' }),
    callbacks: known?.callbacks ?? new Callbacks(),
  };
  loginsOfClients.set(client, logins);
  return logins;
}

function returnToRules(redirectUri: string): ReturnToRules {
  const { origin, pathname } = new URL(redirectUri);
  const callbackPath = trimSlashes(pathname).toLowerCase();
  return { siteOrigin: origin, publicPrefix: '', allowedOrigins: new Set(), ownPaths: new Set([callbackPath]) };
}

/**
 * Starts a login, for any framework: returns QQ's URL, and a short-lived encrypted cookie with the attempt. The
 * server stores nothing. Each tab has an attempt of its own, at most ten in a browser.
 *
 * @throws {@link QQConfigurationError} for a client or an `encryptionKey` that cannot be used
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { QQConnectClient, completeLogin, isQQConnectError, startLogin } from 'express-qq-connect/client';
 *
 * const client = new QQConnectClient({
 *   appId: process.env.QQ_APP_ID ?? '',
 *   appKey: process.env.QQ_APP_KEY ?? '',
 *   redirectUri: 'https://www.example.com/auth/qq/callback',
 * });
 *
 * createServer((req, res) => {
 *   const { url, cookies } = startLogin({ client, cookieHeader: req.headers.cookie, returnTo: '/' });
 *   res.writeHead(302, { location: url, 'set-cookie': cookies }).end();
 * });
 * ```
 */
export function startLogin(options: StartLoginOptions): StartedLogin {
  const { client, cookieHeader, display } = options;
  const { attempts } = loginsOf(options);
  const returnTo = safeReturnTo(options.returnTo, returnToRules(client.redirectUri)) ?? '/';
  const { attempt, cookies } = attempts.start(cookieHeader ?? undefined, { returnTo });
  return { url: client.buildAuthorizationUrl({ state: attempt.state, display }).href, cookies };
}

/**
 * Completes a login that {@link startLogin} started in this browser. A code is exchanged once in this process: a second
 * request with the same callback and cookie, at the same moment or after a lost response, gets the same result.
 *
 * @returns the user, the tokens and the page to redirect to; `cancelled: true` if the user cancelled, and `returnTo` has
 * `qq_login=cancelled` in its query, so that a guarded page can stop. Send `cookies` in both cases.
 * @throws {@link QQRequestError} for a callback that belongs to no login of this browser
 * (`ERR_QQ_STATE_MISSING`, `ERR_QQ_STATE_UNKNOWN`, `ERR_QQ_CALLBACK_INVALID`), without a request to QQ;
 * {@link QQResponseError} if QQ refused; {@link QQTransportError} if QQ could not be reached in time;
 * {@link QQConfigurationError} as in {@link startLogin}. Each error has the `status` for the response.
 */
export async function completeLogin(options: CompleteLoginOptions): Promise<CompletedLogin> {
  const { client, cookieHeader, callbackUrl } = options;
  const { attempts, callbacks } = loginsOf(options);
  const callback = readCallback(queryOf(callbackUrl, client.redirectUri));
  const { state, result } = callback;
  const { attempt, deletion } = attempts.find(cookieHeader ?? undefined, state);
  if (!attempt || deletion === undefined) {
    throw new QQRequestError(
      'ERR_QQ_STATE_UNKNOWN',
      'callback: this browser has started no login with this state, or it has expired',
    );
  }
  const exchanged = await callbacks.once(state, callbackId(callback), async () => {
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'cancelled') return undefined;
    const tokens = await client.exchangeCode(result.code);
    return { tokens, user: await client.fetchUser(tokens) };
  });
  const cookies = [deletion];
  if (!exchanged) return { cancelled: true, returnTo: withCancelled(attempt.returnTo), cookies };
  // Copies, because a second request gets the same login.
  return { ...structuredClone(exchanged), returnTo: attempt.returnTo, cookies };
}
