import { QQResponseError } from '../protocol/errors/index.js';
import { endpoints } from '../protocol/endpoints.js';
import type { TokenEndpointResponse } from 'openid-client';
import type { QQStep } from '../protocol/errors/index.js';

/** What QQ gives for a code or a refresh token. */
export interface TokenSet {
  accessToken: string;
  /** Works exactly once. */
  refreshToken?: string;
  /** When the access token ends, in ms since 1970; absent if QQ said nothing. */
  expiresAt?: number;
  /** Absent where the answer had none: then {@link QQConnectClient.fetchOpenId} tells. */
  openid?: string;
}

/** Who an access token was issued for. */
export interface OpenIdResponse {
  clientId: string;
  openid: string;
  unionid?: string;
}

/** The openid of an answer; without one nobody is logged in. */
export function requireOpenId(openid: unknown, step: QQStep, endpoint: string): string {
  if (typeof openid === 'string' && openid !== '') return openid;
  throw new QQResponseError(`${step}: QQ answered without an openid`, {
    code: 'ERR_QQ_OPENID_MISSING',
    step,
    endpoint,
  });
}

/** A token answer as the contract has it, dated by our clock. */
export function tokenSetOf(answer: TokenEndpointResponse, step: QQStep): TokenSet {
  const { openid } = answer;
  return {
    accessToken: answer.access_token,
    ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
    ...(answer.expires_in !== undefined && { expiresAt: Date.now() + answer.expires_in * 1000 }),
    ...(openid !== undefined && { openid: requireOpenId(openid, step, endpoints.token) }),
  };
}
