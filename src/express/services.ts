import { Callbacks } from '../attempt/callbacks.js';
import { LoginAttempts } from '../attempt/login-attempt.js';
import { ownCookies } from '../attempt/own-cookies.js';
import { safeReturnTo, trimSlashes } from '../attempt/return-to.js';
import { createSealer } from '../attempt/sealer.js';
import { createUserAvatarRoute } from '../avatars/user-avatar.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import { createEmitter } from './events.js';
import { createWarnOnce } from '../protocol/warn.js';
import { TokenVault } from './tokens/vault.js';
import type { ReturnToRules } from '../attempt/return-to.js';
import type { UserInfoResponse } from '../protocol/profile.js';
import type { ResolvedOptions } from './options.js';

/** How a callback ended. */
export type LoginOutcome =
  | {
      result: 'success';
      codeId: string;
      sessionId: string;
      location: string;
      body?: Record<string, unknown> | undefined;
    }
  | { result: 'cancelled'; location: string };

/** What one router has seen of the application's sessions. */
export interface SeenSessions {
  /** The path of the session cookie, once a request had a session. */
  cookiePath?: string;
  /** The name of the session cookie, once a request had one of a login. */
  cookieName?: string | undefined;
}

/** What all handlers of one router share. */
export type Services = ReturnType<typeof createServices>;

function configurationError(problem: string, hint: { en: string; zh: string }): QQConfigurationError {
  return new QQConfigurationError(`express-qq-connect is not configured correctly: ${problem}`, hint);
}

/** The paths as the router sees them, relative to its mount. */
function pathsOf({ basePath, callbackPath }: ResolvedOptions) {
  const own = {
    login: `${basePath}/login`,
    logout: `${basePath}/logout`,
    user: `${basePath}/user`,
    refresh: `${basePath}/refresh`,
    avatar: `${basePath}/avatar`,
    client: `${basePath}/client.js`,
    popupScript: `${basePath}/popup.js`,
    copyScript: `${basePath}/copy.js`,
  };
  const callback = trimSlashes(callbackPath) || '/';
  const taken = Object.entries(own).find(([, path]) => path.toLowerCase() === callback.toLowerCase());
  if (!taken) return { ...own, callback };
  throw configurationError(`callbackPath is the same path as the router's own route ${taken[0]} below basePath`, {
    en: 'Choose another callbackPath (redirectUri) or basePath.',
    zh: '请更换 callbackPath（redirectUri）或 basePath。',
  });
}

/** The URLs as the browser sees them. */
function urlsOf(options: ResolvedOptions, paths: ReturnType<typeof pathsOf>) {
  const { callbackPath, client } = options;
  const { origin, pathname } = new URL(client.redirectUri);
  const ownsCallback = pathname.endsWith(callbackPath);
  const rules: ReturnToRules = {
    siteOrigin: origin,
    publicPrefix: ownsCallback ? pathname.slice(0, -callbackPath.length) : '',
    allowedOrigins: new Set(options.allowedReturnOrigins),
    ownPaths: new Set([paths.login, paths.logout, paths.refresh, paths.callback].map((path) => path.toLowerCase())),
  };
  /** Validates a page to redirect to; see {@link safeReturnTo}. */
  const returnTo = (value: unknown): string | undefined => safeReturnTo(value, rules);
  const wrong = (['defaultReturnTo', 'cancelUrl'] as const).filter(
    (name) => options[name] !== undefined && returnTo(options[name]) === undefined,
  );
  if (wrong.length > 0) {
    const rule = 'must be a path of this site, or a URL of one of allowedReturnOrigins, and not a route of the login';
    throw configurationError(wrong.map((name) => `${name} ${rule}`).join('; '), {
      en: 'Correct the options named here.',
      zh: '请修正上述选项。',
    });
  }
  return {
    ...rules,
    /** Whether the callback is this router's: not where the page of `redirectUri` is a front end's. */
    ownsCallback,
    login: rules.publicPrefix + paths.login,
    popupScript: rules.publicPrefix + paths.popupScript,
    copyScript: rules.publicPrefix + paths.copyScript,
    defaultReturnTo: returnTo(options.defaultReturnTo) ?? '/',
    cancelUrl: returnTo(options.cancelUrl),
    returnTo,
  };
}

/** Creates what a router's handlers share from its options. Keys are derived here, once. */
export function createServices(resolved: ResolvedOptions) {
  const { encryptionKeys, ...options } = resolved; // an object that holds the keys must not be printed
  const { client } = options;
  const paths = pathsOf(resolved);
  const urls = urlsOf(resolved, paths);
  const warnOnce = createWarnOnce();
  const emit = createEmitter(options.onEvent, warnOnce);
  return {
    options,
    client,
    paths,
    urls,
    emit,
    attempts: new LoginAttempts({
      sealer: createSealer(encryptionKeys, 'login attempt'),
      appId: client.appId,
      redirectUri: client.redirectUri,
      defaultReturnTo: urls.defaultReturnTo,
    }),
    callbacks: new Callbacks<LoginOutcome>(),
    vault: new TokenVault({ sealer: createSealer(encryptionKeys, 'tokens'), client, lock: options.lock, emit }),
    warnOnce,
    cookies: ownCookies(client),
    /** The images of the logged-in users. */
    avatars: createUserAvatarRoute(client),
    sessions: {} as SeenSessions,
    /** Profiles that are being fetched, by session. */
    pendingProfiles: new Map<string, Promise<UserInfoResponse>>(),
  };
}
