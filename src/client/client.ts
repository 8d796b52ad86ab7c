import { endpoints } from '../protocol/endpoints.js';
import { QQConfigurationError, QQRequestError, QQResponseError, isQQConnectError } from '../protocol/errors/index.js';
import { toQQUser } from '../protocol/profile.js';
import { createDialect, readFromQQ } from '../transport/dialect.js';
import { createRequest } from '../transport/request.js';
import { readCallback } from './callback.js';
import { createGrants, isIdentifier, requireOpenId } from './grants.js';
import { clientOptionsShape, optionsSchema, readOptions } from './options.js';
import type { QQStep } from '../protocol/errors/index.js';
import type { QQUser, UserInfoResponse } from '../protocol/profile.js';
import type { CallQQ } from '../transport/dialect.js';
import type { Grants, OpenIdResponse, TokenSet } from './grants.js';
import type { QQConnectClientOptions } from './options.js';

const schema = optionsSchema(clientOptionsShape);
const redirectUriSchema = optionsSchema({ redirectUri: clientOptionsShape.redirectUri });
const HEADERS = { accept: 'application/json', 'user-agent': 'express-qq-connect' };
const NO_UNIONID_PERMISSION: unknown[] = [100048, 100049];

/** Returns a path of an API as it is: one such as `@other.example` would send the access token to another host. */
function requireApiPath(path: string): string {
  if (/^\/[^?#\s\\]*$/.test(path)) return path;
  throw new QQConfigurationError('api: the path must begin with a slash and contain no query', {
    en: 'Pass the path of the API to callApi, and its parameters as params.',
    zh: '请将接口路径传给 callApi，参数放在 params 中。',
  });
}

/**
 * Returns the query of a callback's URL. The error of `new URL` is no cause: it has the URL, and so the code, in it.
 * @internal
 */
export function queryOf(callbackUrl: string | URL, redirectUri: string): string {
  try {
    return new URL(callbackUrl, redirectUri).search.slice(1);
  } catch {
    throw new QQRequestError('ERR_QQ_CALLBACK_INVALID', 'callback: its URL is invalid');
  }
}

const appKeys = new WeakMap<QQConnectClient, string>();

/**
 * The APP Key that a client was made with, for keys to be derived from. It is no property, so that no log shows it.
 * @internal
 */
export function appKeyOf(client: QQConnectClient): string {
  return appKeys.get(client) ?? '';
}

/**
 * A client of QQ Connect without Express: sends each request of a login, for workers, other frameworks, and tokens that
 * an app's SDK received.
 *
 * @example
 * ```ts
 * import { QQConnectClient } from 'express-qq-connect/client';
 *
 * const client = new QQConnectClient({
 *   appId: '100000001',
 *   appKey: process.env.QQ_APP_KEY ?? '',
 *   redirectUri: 'https://www.example.com/auth/qq/callback',
 * });
 * export async function whoIs(callbackUrl: string, expectedState: string) {
 *   return client.fetchUser(await client.authorizationCodeGrant(callbackUrl, { expectedState }));
 * }
 * ```
 *
 * @see Tencent's page 网站应用接入流程
 */
export class QQConnectClient {
  /** The APP ID. */
  readonly appId: string;
  /** The redirect URI as configured. */
  readonly redirectUri: string;
  /** The address of QQ Connect, without a trailing slash. */
  readonly graphUrl: string;
  /** The timeout of each request to QQ, in milliseconds. */
  readonly timeoutMs: number;
  readonly #scope: string[];
  readonly #unionid: boolean;
  readonly #callQQ: CallQQ;
  readonly #grants: Grants;

  /** @throws {@link QQConfigurationError} that names every wrong option, and no value */
  constructor(options: QQConnectClientOptions) {
    const { appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios } = readOptions(schema, options);
    this.appId = appId;
    this.redirectUri = redirectUri;
    this.graphUrl = graphUrl;
    this.timeoutMs = timeoutMs;
    this.#scope = scope;
    this.#unionid = unionid;
    this.#callQQ = createDialect(createRequest({ timeoutMs, headers: HEADERS, axios }), graphUrl);
    this.#grants = createGrants({ appId, appKey, graphUrl, callQQ: this.#callQQ });
    appKeys.set(this, appKey);
  }

  /**
   * Builds the URL of QQ's login page.
   *
   * @param parameters - `state`: a random value that the caller stores, at most 64 characters of `[A-Za-z0-9_-]`, because
   * phones have dropped others; `display`: `mobile` for phones; `redirectUri`: in place of the configured one, for a
   * framework with several redirect URIs. Pass the same one to {@link QQConnectClient.exchangeCode}.
   * @throws {@link QQConfigurationError} for a `redirectUri` that the option `redirectUri` does not accept
   * @see RFC 6749, section 4.1.1; Tencent's page 使用Authorization_Code获取Access_Token
   */
  buildAuthorizationUrl({
    state,
    display,
    redirectUri,
  }: {
    state: string;
    display?: string | undefined;
    redirectUri?: string | undefined;
  }): URL {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.appId,
      redirect_uri: this.#redirectUri(redirectUri),
      state,
      scope: this.#scope.join(','),
      ...(display !== undefined && { display }),
    });
    return new URL(`${this.graphUrl}${endpoints.authorize}?${query.toString()}`);
  }

  /**
   * Reads a callback and exchanges its code for tokens. A request that timed out is not retried, because a code can be
   * used once.
   *
   * @param callbackUrl - the whole URL that QQ sent the browser to; only its query is read
   * @param checks - `expectedState`: what {@link QQConnectClient.buildAuthorizationUrl} was given; compared first
   * @throws {@link QQRequestError} for a callback of another login (`ERR_QQ_STATE_MISSING`,
   * `ERR_QQ_STATE_UNKNOWN`, `ERR_QQ_CALLBACK_INVALID`), or if the user cancelled (`ERR_QQ_CANCELLED`);
   * {@link QQResponseError} if QQ refused; {@link QQTransportError} if QQ could not be reached
   * @see RFC 6749, section 4.1.3
   */
  async authorizationCodeGrant(
    callbackUrl: string | URL,
    { expectedState }: { expectedState: string },
  ): Promise<TokenSet> {
    const { state, result } = readCallback(queryOf(callbackUrl, this.redirectUri));
    if (state !== expectedState) {
      throw new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: its state is not that of this login');
    }
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'cancelled') {
      throw new QQRequestError('ERR_QQ_CANCELLED', 'callback: the user cancelled the login');
    }
    return this.exchangeCode(result.code);
  }

  /**
   * Exchanges a code for tokens, for a framework that has read the callback and compared its `state`. A request that
   * timed out is not retried, because a code can be used once.
   *
   * @param code - from the callback's query
   * @param options - `redirectUri`: what {@link QQConnectClient.buildAuthorizationUrl} was given
   * @throws {@link QQRequestError} `ERR_QQ_CALLBACK_INVALID` without a code; {@link QQConfigurationError} for a
   * `redirectUri` that the option `redirectUri` does not accept; {@link QQResponseError} if QQ refused;
   * {@link QQTransportError} if QQ could not be reached
   * @see RFC 6749, section 4.1.3
   *
   * @example
   * ```ts
   * import { QQConnectClient } from 'express-qq-connect/client';
   *
   * export async function logIn(client: QQConnectClient, query: { code: string }) {
   *   return client.fetchUser(await client.exchangeCode(query.code));
   * }
   * ```
   */
  async exchangeCode(code: string, { redirectUri }: { redirectUri?: string | undefined } = {}): Promise<TokenSet> {
    // A caller in JavaScript may pass what its framework made of the query.
    if (typeof code !== 'string' || code === '') {
      throw new QQRequestError('ERR_QQ_CALLBACK_INVALID', 'callback: it has no code');
    }
    return this.#grants.authorizationCode(code, this.#redirectUri(redirectUri));
  }

  /**
   * Exchanges a refresh token for new tokens. The request is never sent again, because a refresh token can be used once.
   *
   * @returns the new tokens; the given refresh token if QQ sends no new one
   * @throws {@link QQResponseError} if QQ refused (100021 or 100022 for a used token); {@link QQTransportError} if QQ could
   * not be reached: then it is unknown whether the token was used
   * @see RFC 6749, section 6; Tencent's page 使用Authorization_Code获取Access_Token, step 3
   */
  async refreshTokenGrant(refreshToken: string): Promise<TokenSet> {
    return { refreshToken, ...(await this.#grants.refreshToken(refreshToken)) };
  }

  /**
   * Returns the user that an access token was issued for, and refuses a token of another application. Use it also to
   * accept a token that an app's SDK obtained.
   *
   * @throws {@link QQResponseError} `ERR_QQ_CLIENT_ID_MISMATCH` for a token of another application,
   * `ERR_QQ_OPENID_MISSING`, or QQ's own error; {@link QQTransportError} if QQ could not be reached
   * @see Tencent's page 获取用户OpenID_OAuth2.0
   */
  async fetchOpenId(accessToken: string): Promise<OpenIdResponse> {
    if (!this.#unionid) return this.#me(accessToken, false);
    return (await this.#meWithUnionid(accessToken)) ?? this.#me(accessToken, false);
  }

  /**
   * Fetches the profile.
   *
   * @throws {@link QQResponseError} or {@link QQTransportError}
   * @see Tencent's page get_user_info
   */
  async fetchUserInfo({ accessToken, openid }: { accessToken: string; openid: string }): Promise<UserInfoResponse> {
    const query = { access_token: accessToken, oauth_consumer_key: this.appId, openid };
    return (await this.#read('user_info', endpoints.user_info, query)) as UserInfoResponse;
  }

  /**
   * Fetches the user: the profile, and `me` if the token set has no openid or the option `unionid` is set. If the openid
   * is known, both requests run in parallel.
   *
   * @throws what {@link QQConnectClient.fetchOpenId} and {@link QQConnectClient.fetchUserInfo} throw;
   * {@link QQResponseError} `ERR_QQ_OPENID_MISMATCH` if `me` names another user
   */
  async fetchUser(tokenSet: TokenSet): Promise<QQUser> {
    const { accessToken } = tokenSet;
    if (tokenSet.openid === undefined) {
      const identity = await this.fetchOpenId(accessToken);
      return this.#user(identity, await this.fetchUserInfo({ accessToken, openid: identity.openid }));
    }
    const openid = requireOpenId(tokenSet.openid, 'token', endpoints.token);
    const [identity, raw] = await Promise.all([
      this.#unionid ? this.#meWithUnionid(accessToken) : undefined,
      this.fetchUserInfo({ accessToken, openid }),
    ]);
    if (identity && identity.openid !== openid) {
      throw new QQResponseError('me: QQ returned another openid than with the token', {
        code: 'ERR_QQ_OPENID_MISMATCH',
        step: 'me',
        endpoint: endpoints.me,
      });
    }
    return this.#user({ openid, unionid: identity?.unionid }, raw);
  }

  /**
   * Calls any other API of QQ Connect for a user.
   *
   * @param path - below `graphUrl`, with a leading slash and without a query
   * @param call - `params`: further parameters of the query
   * @returns the body as QQ sent it
   * @throws {@link QQConfigurationError} for an invalid path; {@link QQResponseError} or {@link QQTransportError}
   */
  async callApi(
    path: string,
    call: { accessToken: string; openid: string; params?: Record<string, string> | undefined },
  ): Promise<Record<string, unknown>> {
    const identity = { access_token: call.accessToken, oauth_consumer_key: this.appId, openid: call.openid };
    return this.#read('api', requireApiPath(path), { ...call.params, ...identity });
  }

  #redirectUri(given: string | undefined): string {
    return given === undefined ? this.redirectUri : readOptions(redirectUriSchema, { redirectUri: given }).redirectUri;
  }

  async #read(step: QQStep, path: string, query: Record<string, string>): Promise<Record<string, unknown>> {
    return readFromQQ(this.#callQQ, { step, path, query: new URLSearchParams(query) });
  }

  #user(identity: { openid: string; unionid?: string | undefined }, raw: UserInfoResponse): QQUser {
    return toQQUser({ appId: this.appId, openid: identity.openid, unionid: identity.unionid }, raw);
  }

  async #me(accessToken: string, unionid: boolean): Promise<OpenIdResponse> {
    const query = { access_token: accessToken, ...(unionid && { unionid: '1' }) };
    const { client_id, openid, unionid: union } = await this.#read('me', endpoints.me, query);
    // Where it is missing altogether the response comes from a server that emulates QQ.
    if (client_id !== undefined && client_id !== this.appId && client_id !== Number(this.appId)) {
      throw new QQResponseError('me: the access token was issued to another application', {
        code: 'ERR_QQ_CLIENT_ID_MISMATCH',
        step: 'me',
        endpoint: endpoints.me,
      });
    }
    return {
      clientId: this.appId,
      openid: requireOpenId(openid, 'me', endpoints.me),
      // One that cannot be stored is as good as none, as the openid is the account's key.
      ...(isIdentifier(union) && { unionid: union }),
    };
  }

  async #meWithUnionid(accessToken: string): Promise<OpenIdResponse | undefined> {
    try {
      return await this.#me(accessToken, true);
    } catch (error) {
      if (isQQConnectError(error, 'response') && NO_UNIONID_PERMISSION.includes(error.qqCode)) return undefined;
      throw error;
    }
  }
}
