import { ATTEMPT_LIFETIME, LoginAttempts } from './login-attempt.js';
import { eventTeller } from './events.js';
import { safeReturnTo } from './return-to.js';
import { recentEntries } from './recent-entries.js';
import { createSealer } from './sealer.js';
import { SessionAdvice } from './session-advice.js';
import { TokenRecords } from './token-record.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { QQConnectClient } from '../client/qq-connect-client.js';
import type { UserInfoResponse } from '../protocol/profile.js';
import type { QQConnectEvent } from './events.js';
import type { ResolvedOptions } from './options.js';
import type { RecentEntries } from './recent-entries.js';
import type { ReturnToRules } from './return-to.js';
import type { TokenRecord } from './token-record.js';

/** Where a login ended: its session, and the page that the browser goes to. */
export interface Landing {
  sessionId: string;
  location: string;
}

/** Everything that one router's handlers share. */
export interface QQConnectContext {
  /** Without the keys: nothing that holds them is to be printed. */
  options: Omit<ResolvedOptions, 'encryptionKeys'>;
  client: QQConnectClient;
  attempts: LoginAttempts;
  records: TokenRecords;
  tell: (event: QQConnectEvent) => void;
  advice: SessionAdvice;
  /** Origin of `redirectUri`: this site, as its visitors see it. */
  siteOrigin: string;
  /** Paths as Express sees them. */
  paths: Readonly<Record<'login' | 'logout' | 'user' | 'refresh' | 'avatar' | 'callback', string>>;
  /** The same login route as a browser sees it. */
  loginUrl: string;
  /** Judges a place to return to; see {@link safeReturnTo}. */
  returnTo(value: unknown): string | undefined;
  defaultReturnTo: string;
  cancelUrl: string;
  /** Callbacks that are being worked on, by the id of their state: two at the same moment share one exchange. */
  landing: Map<string, Promise<Landing>>;
  /** Ids of the states that came back to this process: each is good for one exchange. */
  spent: RecentEntries<true>;
  /** Refreshes that are being worked on, by record. */
  refreshing: Map<string, Promise<TokenRecord>>;
  /** Profiles that are being fetched, by session. */
  fetching: Map<string, Promise<UserInfoResponse>>;
}

const MUST_BE_OWN =
  'must be a path of this site, or a URL of one of allowedReturnOrigins, and no route of the login itself';

function publicPrefix(redirectUri: URL, callbackPath: string): string {
  return redirectUri.pathname.endsWith(callbackPath) ? redirectUri.pathname.slice(0, -callbackPath.length) : '';
}

/** Judges places of the options as every other place to go is judged. */
function ownPlaces<T extends string>(places: Record<T, string>, rules: ReturnToRules): Record<T, string> {
  const judged = Object.entries<string>(places).map(([option, value]) => [option, safeReturnTo(value, rules)] as const);
  const values = Object.values<string>(places);
  const wrong = judged
    // One that is the other's default is not named beside it.
    .filter(([, place], index) => place === undefined && values.indexOf(values[index] ?? '') === index)
    .map(([option]) => `${option} ${MUST_BE_OWN}`);
  if (wrong.length === 0) return Object.fromEntries(judged) as Record<T, string>;
  throw new QQConfigurationError(`express-qq-connect is not configured correctly: ${wrong.join('; ')}`, {
    en: 'Correct the options named here.',
    zh: '请修正上述选项。',
  });
}

/** Makes what the handlers share out of the options. Keys are derived here, once. */
export function createContext({ encryptionKeys, ...options }: ResolvedOptions): QQConnectContext {
  const { client, basePath, callbackPath } = options;
  const redirectUri = new URL(client.redirectUri);
  const paths = {
    login: `${basePath}/login`,
    logout: `${basePath}/logout`,
    user: `${basePath}/user`,
    refresh: `${basePath}/refresh`,
    avatar: `${basePath}/avatar`,
    callback: callbackPath.replace(/(.)\/+$/, '$1'),
  };
  const taken = Object.entries(paths).find(([name, path]) => name !== 'callback' && path === paths.callback);
  if (taken) {
    throw new QQConfigurationError(
      `express-qq-connect is not configured correctly: callbackPath is the same path as the router's own route ${taken[0]} below basePath`,
      {
        en: 'Choose another callbackPath (redirectUri) or basePath.',
        zh: '请更换 callbackPath（redirectUri）或 basePath。',
      },
    );
  }
  const rules: ReturnToRules = {
    siteOrigin: redirectUri.origin,
    publicPrefix: publicPrefix(redirectUri, callbackPath),
    allowedOrigins: new Set(options.allowedReturnOrigins),
    ownPaths: new Set([paths.login, paths.logout, paths.refresh, paths.callback]),
  };
  const { defaultReturnTo, cancelUrl } = ownPlaces(
    { defaultReturnTo: options.defaultReturnTo, cancelUrl: options.cancelUrl },
    rules,
  );
  const attempts = new LoginAttempts({
    sealer: createSealer(encryptionKeys, 'login attempt'),
    appId: client.appId,
    redirectUri: client.redirectUri,
    defaultReturnTo,
  });
  return {
    options,
    client,
    attempts,
    records: new TokenRecords(createSealer(encryptionKeys, 'token record')),
    tell: eventTeller(options.onEvent),
    advice: new SessionAdvice(client.redirectUri),
    siteOrigin: rules.siteOrigin,
    paths,
    loginUrl: rules.publicPrefix + paths.login,
    returnTo: (value) => safeReturnTo(value, rules),
    defaultReturnTo,
    cancelUrl,
    landing: new Map(),
    spent: recentEntries<true>(10_000, ATTEMPT_LIFETIME * 1000),
    refreshing: new Map(),
    fetching: new Map(),
  };
}
