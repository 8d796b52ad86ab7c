import {
  ClientSecretPost,
  Configuration,
  allowInsecureRequests,
  customFetch,
  genericGrantRequest,
  refreshTokenGrant,
} from 'openid-client';
import { describeQQErrorCode } from '../protocol/error-codes.js';
import { endpoints } from '../protocol/endpoints.js';
import { QQResponseError, isQQConnectError } from '../protocol/errors/index.js';
import type { CustomFetch, TokenEndpointResponse } from 'openid-client';
import type { CallQQ } from '../transport/dialect.js';
import type { QQConnectError, QQStep } from '../protocol/errors/index.js';

/** What QQ returns for a code or a refresh token. */
export interface TokenSet {
  accessToken: string;
  /** Can be used once. */
  refreshToken?: string;
  /** When the access token expires, in ms since 1970; absent if QQ sent no lifetime. */
  expiresAt?: number;
  /** Absent if the response has none: {@link QQConnectClient.fetchOpenId} then returns it. */
  openid?: string;
}

/** The user that an access token was issued for. */
export interface OpenIdResponse {
  clientId: string;
  openid: string;
  unionid?: string;
}

const MAX_IDENTIFIER_LENGTH = 128;

/** The two grants of RFC 6749 that QQ supports. */
export interface Grants {
  authorizationCode(code: string, redirectUri: string): Promise<TokenSet>;
  refreshToken(refreshToken: string): Promise<TokenSet>;
}

type Step = 'token' | 'refresh';

/** What openid-client reads of a `Response` to a grant: a whole one would have its body serialized and parsed again. */
class GrantResponse {
  readonly status = 200;
  readonly bodyUsed = false;
  readonly #body: object;

  constructor(body: object) {
    this.#body = body;
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- openid-client reads it of the prototype
  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  json(): Promise<object> {
    return Promise.resolve(this.#body);
  }
}

/** Whether a value can name a user. Ill-formed text would become the same text as another user's once it is stored. */
export function isIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_IDENTIFIER_LENGTH) return false;
  return value.isWellFormed() && !value.includes('\ufffd');
}

/**
 * Returns the openid of a response.
 *
 * @throws {@link QQResponseError} `ERR_QQ_OPENID_MISSING`, because without an openid no user is logged in
 */
export function requireOpenId(openid: unknown, step: QQStep, endpoint: string): string {
  if (isIdentifier(openid)) return openid;
  const found = openid === undefined ? 'no openid' : 'an invalid openid';
  throw new QQResponseError(`${step}: QQ's response has ${found}`, { code: 'ERR_QQ_OPENID_MISSING', step, endpoint });
}

function grantError(error: unknown, step: Step): Error {
  // openid-client wraps what its fetch threw. Its own errors have the response, and so the tokens, in their cause.
  const inner: unknown = error instanceof Error ? error.cause : undefined;
  if (isQQConnectError(inner)) return inner;
  return new QQResponseError(`${step}: QQ's response cannot be used`, {
    code: 'ERR_QQ_INVALID_RESPONSE',
    step,
    endpoint: endpoints.token,
  });
}

async function grant(step: Step, request: Promise<TokenEndpointResponse>): Promise<TokenSet> {
  let answer: TokenEndpointResponse;
  try {
    answer = await request;
  } catch (error) {
    throw grantError(error, step);
  }
  const { access_token, refresh_token, expires_in, openid } = answer;
  return {
    accessToken: access_token,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    ...(expires_in !== undefined && { expiresAt: Date.now() + expires_in * 1000 }),
    ...(openid !== undefined && { openid: requireOpenId(openid, step, endpoints.token) }),
  };
}

/** Creates the two grants: openid-client creates the requests and checks the responses, `callQQ` sends them. */
export function createGrants(options: { appId: string; appKey: string; graphUrl: string; callQQ: CallQQ }): Grants {
  const { appId, appKey, graphUrl, callQQ } = options;
  const server = { issuer: graphUrl, token_endpoint: graphUrl + endpoints.token };
  const configuration = new Configuration(server, appId, {}, ClientSecretPost(appKey));
  const fetch: (url: string, init: { body: URLSearchParams }) => Promise<unknown> = async (_url, { body }) => {
    const step = body.get('grant_type') === 'refresh_token' ? 'refresh' : 'token';
    return new GrantResponse(await callQQ({ step, path: endpoints.token, query: body }));
  };
  configuration[customFetch] = fetch as unknown as CustomFetch;
  configuration.timeout = 0; // the transport has its own
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to be noticed; graphUrl allows loopback only
  if (graphUrl.startsWith('http:')) allowInsecureRequests(configuration);
  return {
    // authorizationCodeGrant() would drop the query of the redirect URI, which QQ compares.
    authorizationCode: async (code, redirectUri) =>
      grant(
        'token',
        genericGrantRequest(configuration, 'authorization_code', {
          code,
          redirect_uri: redirectUri,
          need_openid: '1', // saves the call of me
        }),
      ),
    refreshToken: async (refreshToken) => grant('refresh', refreshTokenGrant(configuration, refreshToken)),
  };
}

// These mean that the refresh token is of another APP ID or APP Key: for this user the same as a used one.
const WRONG_APP_CODES: readonly unknown[] = [100040, 100041];
// The request was not sent, so its refresh token is unused.
const NOT_SENT_CODES: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * What a failed refresh means for its refresh token: `rejected` (it is of no use any more), `retryable` (it is unused), or
 * `unconfirmed` (the response was lost on the way, or QQ itself failed).
 */
export type RefreshOutcome = 'rejected' | 'retryable' | 'unconfirmed';

/** Returns what a failed refresh means for its refresh token. */
export function refreshOutcome(error: QQConnectError): RefreshOutcome {
  const { qqCode } = error;
  if (qqCode !== undefined) {
    const entry = typeof qqCode === 'number' ? describeQQErrorCode(qqCode) : undefined;
    if (entry?.retryRead) return 'unconfirmed';
    // `invalid_grant`: RFC 6749, section 5.2, as servers that emulate QQ return it.
    const isRejected =
      entry?.action === 'login_again' || WRONG_APP_CODES.includes(qqCode) || qqCode === 'invalid_grant';
    return isRejected ? 'rejected' : 'retryable';
  }
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return NOT_SENT_CODES.includes(code) ? 'retryable' : 'unconfirmed';
}
