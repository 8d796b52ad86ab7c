import {
  ClientError,
  ClientSecretPost,
  Configuration,
  ResponseBodyError,
  allowInsecureRequests,
  authorizationCodeGrant,
  customFetch,
  refreshTokenGrant,
} from 'openid-client';
import { endpoints } from '../protocol/endpoints.js';
import { QQTransportError } from '../protocol/errors/index.js';
import { responseError, toQQError } from './to-qq-error.js';
import { tokenSetOf } from './token-set.js';
import type { CustomFetch, TokenEndpointResponse } from 'openid-client';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { Fetch } from '../transport/axios-fetch.js';
import type { ConformedError } from '../transport/conforming-fetch.js';
import type { TokenSet } from './token-set.js';

/** The two grants of RFC 6749 that QQ knows. */
export interface Grants {
  /** `callback`: the callback's address with the query of an RFC 6749 answer. */
  authorizationCode(callback: URL, expectedState: string): Promise<TokenSet>;
  refreshToken(refreshToken: string): Promise<TokenSet>;
}

type Step = 'token' | 'refresh';

/** openid-client's errors carry the body of the answer in their cause, so none of them becomes a cause here. */
function grantError(error: unknown, step: Step): QQConnectError {
  const where = { step, endpoint: endpoints.token };
  if (error instanceof ResponseBodyError) return responseError(error.cause as unknown as ConformedError, where);
  if (error instanceof ClientError && error.code === 'OAUTH_TIMEOUT') {
    return new QQTransportError('ERR_QQ_TIMEOUT', `${step}: QQ did not answer in time`, where);
  }
  return toQQError(error, where);
}

async function grant(step: Step, request: Promise<TokenEndpointResponse>): Promise<TokenSet> {
  let answer: TokenEndpointResponse;
  try {
    answer = await request;
  } catch (error) {
    throw grantError(error, step);
  }
  return tokenSetOf(answer, step);
}

/** Lets openid-client do the grants through a conforming fetch. */
export function createGrants(options: { appId: string; appKey: string; graphUrl: string; fetch: Fetch }): Grants {
  const { appId, appKey, graphUrl, fetch } = options;
  const server = { issuer: graphUrl, token_endpoint: graphUrl + endpoints.token };
  const configuration = new Configuration(server, appId, {}, ClientSecretPost(appKey));
  configuration[customFetch] = fetch as CustomFetch;
  configuration.timeout = 0; // the transport has its own
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to be noticed; graphUrl allows loopback only
  if (graphUrl.startsWith('http:')) allowInsecureRequests(configuration);
  return {
    authorizationCode: async (callback, expectedState) =>
      grant('token', authorizationCodeGrant(configuration, callback, { expectedState })),
    refreshToken: async (refreshToken) => grant('refresh', refreshTokenGrant(configuration, refreshToken)),
  };
}
