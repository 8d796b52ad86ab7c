import { createHash } from 'node:crypto';
import { QQConnectClient, appKeyOf } from '../client/client.js';
import { withOptionNames } from '../client/options.js';
import { QQConfigurationError, isQQConnectError } from '../protocol/errors/index.js';
import { warn } from '../protocol/warn.js';
import type { AxiosInstance } from 'axios';
import type { TokenSet } from '../client/grants.js';

/** The options of {@link qq}. */
export interface QQOptions {
  /** APP ID, from the console of connect.qq.com. */
  clientId: string;
  /** APP Key, from the same place. A secret. */
  clientSecret: string;
  /**
   * The redirect URI (回调地址), if it is not better-auth's own; exactly as it is registered at QQ.
   * @defaultValue better-auth's `{baseURL}/callback/{providerId}`
   */
  redirectURI?: string | undefined;
  /** @defaultValue `'qq'` */
  providerId?: string | undefined;
  /**
   * The APIs that the user has to allow.
   * @defaultValue `['get_user_info']`
   */
  scopes?: string[] | undefined;
  /**
   * Whether to request the unionid. Without QQ's permission for it the login works, and users have no unionid.
   * @defaultValue `false`
   */
  unionid?: boolean | undefined;
  /** `'mobile'` for phones, which otherwise get the desktop's QR code. */
  display?: 'mobile' | undefined;
  /**
   * The address of QQ Connect, or the `url` of a sandbox.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The timeout of each request to QQ, in milliseconds.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
  /** An axios instance of the application, with its proxy and interceptors. */
  axios?: AxiosInstance | undefined;
  /** See better-auth. */
  disableImplicitSignUp?: boolean | undefined;
  /** See better-auth. */
  disableSignUp?: boolean | undefined;
  /** See better-auth. */
  overrideUserInfo?: boolean | undefined;
}

/** Tokens in the form of better-auth. */
export interface QQTokens {
  tokenType?: string | undefined;
  accessToken?: string | undefined;
  refreshToken?: string | undefined;
  accessTokenExpiresAt?: Date | undefined;
  scopes?: string[] | undefined;
  raw?: Record<string, unknown> | undefined;
}

/** The profile of a user, for `mapProfileToUser`. */
export interface QQProfile extends Record<string, unknown> {
  /** The openid: better-auth's `accountId`. */
  id: string;
  unionid?: string;
  /** The nickname; may be empty, never unique. */
  name: string;
  image?: string;
  /** An address under `.invalid`, which can never receive mail, because QQ provides none. */
  email: string;
  emailVerified: false;
}

/** What {@link qq} returns: one entry of `config` in better-auth's `genericOAuth()`. */
export interface QQProvider {
  providerId: string;
  name: string;
  clientId: string;
  authorizationUrl: string;
  tokenUrl: string;
  redirectURI?: string | undefined;
  scopes: string[];
  pkce: false;
  authorizationUrlParams?: Record<string, string>;
  /** How the APP Key goes into a token request. */
  tokenEndpointAuth: {
    method: 'custom';
    /** Adds APP ID and APP Key to the body. */ customizeRequest: (request: { body: URLSearchParams }) => void;
  };
  /** Returns the openid, which is the `accountId`. */
  accountSubject: (context: { profile: { id?: string | number | null | undefined } }) => string;
  /** Exchanges the code. */
  getToken: (data: { code: string; redirectURI: string }) => Promise<QQTokens>;
  /** Fetches the profile; `null` if QQ returned an error, and then no user is created. */
  getUserInfo: (tokens: QQTokens) => Promise<QQProfile | null>;
  disableImplicitSignUp?: boolean | undefined;
  disableSignUp?: boolean | undefined;
  overrideUserInfo?: boolean | undefined;
}

/** A plugin for better-auth. */
export interface QQRefreshPlugin {
  id: 'express-qq-connect-refresh';
  /** Replaces the provider's refresh when better-auth starts. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- better-auth's context, whose types are not loaded here
  init: (context: any) => { context: any };
}

interface Provider {
  id: string;
  refreshAccessToken?: (refreshToken: string) => Promise<QQTokens>;
}

const NAMES = { appId: 'clientId', appKey: 'clientSecret', redirectUri: 'redirectURI', scope: 'scopes' };
const clients = new WeakMap<QQProvider, QQConnectClient>();

function toTokens({ accessToken, refreshToken, expiresAt, openid }: TokenSet, scopes: string[]): QQTokens {
  return {
    tokenType: 'bearer',
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAt !== undefined && { accessTokenExpiresAt: new Date(expiresAt) }),
    scopes,
    ...(openid !== undefined && { raw: { openid } }),
  };
}

/** Addresses are compared without case, and openids of another form might not be allowed in one. */
function addressOf(appId: string, openid: string): string {
  const name = /^[0-9A-F]{32}$/.test(openid)
    ? openid.toLowerCase()
    : createHash('sha256').update(openid).digest('hex').slice(0, 40);
  return `${name}@${appId}.qq.invalid`;
}

/**
 * Returns the configuration of QQ for better-auth's `genericOAuth()`, 1.7 and later. If QQ returns an error, no user is created.
 * Add {@link qqRefresh} behind `genericOAuth()` if the application uses access tokens after the login.
 *
 * @throws `QQConfigurationError` that names every wrong option, and no value
 *
 * @example
 * ```ts
 * import { qq, qqRefresh } from 'express-qq-connect/better-auth';
 *
 * export const provider = qq({
 *   clientId: process.env.QQ_APP_ID ?? '',
 *   clientSecret: process.env.QQ_APP_KEY ?? '',
 * });
 * export const refresh = qqRefresh(provider);
 * // betterAuth({ plugins: [genericOAuth({ config: [provider] }), refresh] })
 * ```
 */
export function qq(options: QQOptions): QQProvider {
  const { clientId, clientSecret, redirectURI, providerId = 'qq', scopes, display, ...rest } = options;
  const { disableImplicitSignUp, disableSignUp, overrideUserInfo, ...client } = rest;
  const names = scopes ?? ['get_user_info'];
  const qqClient = withOptionNames(
    NAMES,
    () =>
      new QQConnectClient({
        ...client,
        appId: clientId,
        appKey: clientSecret,
        scope: names,
        // better-auth passes its own to getToken().
        redirectUri: redirectURI ?? 'https://better-auth.invalid/callback/qq',
      }),
  );
  const { appId, graphUrl } = qqClient;
  const provider: QQProvider = {
    providerId,
    name: 'QQ',
    clientId: appId,
    authorizationUrl: `${graphUrl}/oauth2.0/authorize`,
    tokenUrl: `${graphUrl}/oauth2.0/token`,
    ...(redirectURI !== undefined && { redirectURI }),
    scopes: [names.join(',')], // better-auth puts blanks between them
    pkce: false,
    ...(display !== undefined && { authorizationUrlParams: { display } }),
    // In place of clientSecret, so that no printed configuration shows it.
    tokenEndpointAuth: {
      method: 'custom',
      customizeRequest({ body }) {
        body.set('client_id', appId);
        body.set('client_secret', appKeyOf(qqClient));
        body.set('fmt', 'json');
      },
    },
    /** Returns the openid, which is the `accountId`. */
    accountSubject: ({ profile }) => String(profile.id ?? ''),
    getToken: async ({ code, redirectURI: redirectUri }) =>
      toTokens(await qqClient.exchangeCode(code, { redirectUri }), names),
    getUserInfo: async ({ accessToken, raw }) => {
      if (accessToken === undefined) return null;
      const openid = typeof raw?.openid === 'string' ? raw.openid : undefined;
      try {
        const user = await qqClient.fetchUser({ accessToken, ...(openid !== undefined && { openid }) });
        return {
          ...user.raw,
          id: user.openid,
          ...(user.unionid !== undefined && { unionid: user.unionid }),
          name: user.nickname,
          ...(user.avatarUrl !== undefined && { image: user.avatarUrl }),
          email: addressOf(appId, user.openid),
          emailVerified: false,
        };
      } catch (error) {
        if (!isQQConnectError(error)) throw error;
        warn('QQ_BETTER_AUTH', `${error.message}. ${error.hint.en}`); // better-auth only reports a failed login
        return null;
      }
    },
    disableImplicitSignUp,
    disableSignUp,
    overrideUserInfo,
  };
  clients.set(provider, qqClient);
  return provider;
}

/**
 * Lets better-auth refresh QQ's tokens through this package: two requests of this process at the same moment share one
 * refresh, because QQ's refresh token can be used once. Put the plugin behind `genericOAuth()`.
 *
 * @param provider - what {@link qq} returned
 */
export function qqRefresh(provider: QQProvider): QQRefreshPlugin {
  const client = clients.get(provider);
  if (!client) {
    throw new QQConfigurationError('better-auth: qqRefresh() takes what qq() returned', {
      en: 'Keep the result of qq() in a variable and pass it to genericOAuth() and to qqRefresh().',
      zh: '请将 qq() 的返回值存入变量，同时传给 genericOAuth() 和 qqRefresh()。',
    });
  }
  const pending = new Map<string, Promise<QQTokens>>();
  const scopes = provider.scopes.flatMap((names) => names.split(','));
  const refreshTokenGrant = async (refreshToken: string): Promise<QQTokens> =>
    toTokens(await client.refreshTokenGrant(refreshToken), scopes);
  async function refreshAccessToken(refreshToken: string): Promise<QQTokens> {
    const running = pending.get(refreshToken);
    if (running) return running;
    const refresh = refreshTokenGrant(refreshToken);
    pending.set(refreshToken, refresh);
    try {
      return await refresh;
    } finally {
      pending.delete(refreshToken);
    }
  }
  return {
    id: 'express-qq-connect-refresh',
    init(context: { socialProviders: Provider[] }) {
      const { socialProviders } = context;
      if (!socialProviders.some(({ id }) => id === provider.providerId)) {
        throw new QQConfigurationError(`better-auth: there is no provider ${provider.providerId} yet`, {
          en: 'In plugins, put qqRefresh() behind genericOAuth().',
          zh: '请在 plugins 中将 qqRefresh() 放在 genericOAuth() 之后。',
        });
      }
      return {
        context: {
          socialProviders: socialProviders.map((one) =>
            one.id === provider.providerId ? { ...one, refreshAccessToken } : one,
          ),
        },
      };
    },
  };
}
