import { formResponse, jsonResponse, type SandboxResponse } from '../http/response.js';
import { Refusal } from '../state/errors.js';
import { parseRedirectUri } from '../state/redirect-uri.js';
import { errorResponse } from './error-responses.js';
import type { Call, Parameters } from '../http/call.js';
import type { TokenPair } from '../state/grants.js';
import type { QQ } from '../state/qq.js';
import type { SandboxApp } from '../state/types.js';

/**
 * `token`: exchanges a code or a refresh token for tokens.
 *
 * Parameters are checked in this order: `grant_type` (100004), `client_id` (100001, 100008), `client_secret` (100002
 * missing, 100009 wrong); then for a code `code` (100005 missing), `redirect_uri` (100010 missing or illegal), the code
 * itself (100019 unknown, 100068 another application's, 100020 used, 100067 expired, 100010 for another redirect URI),
 * or for a refresh `refresh_token` (100006 missing, 100022 unknown, 100038 revoked, 100021 used, 100037 after the three
 * months). A success is form-encoded and an error JSONP unless `fmt=json`.
 */
export function token(call: Call, qq: QQ): SandboxResponse {
  const parameters = { ...call.query, ...call.body };
  const { fmt } = parameters;
  try {
    if (call.failWith !== undefined) throw new Refusal(call.failWith);
    return tokenResponse(grant(parameters, qq), parameters, qq);
  } catch (error) {
    if (error instanceof Refusal) return errorResponse(error, fmt);
    throw error;
  }
}

function grant(parameters: Parameters, qq: QQ): TokenPair {
  const { grant_type: grantType, client_id: clientId, client_secret: clientSecret } = parameters;
  if (grantType !== 'authorization_code' && grantType !== 'refresh_token') throw new Refusal(100004);
  const app = qq.app(clientId);
  if (!clientSecret) throw new Refusal(100002);
  if (clientSecret !== app.appKey) throw new Refusal(100009);
  return grantType === 'refresh_token' ? refresh(parameters, app, qq) : redeem(parameters, app, qq);
}

function redeem({ code, redirect_uri: redirectUri }: Parameters, app: SandboxApp, qq: QQ): TokenPair {
  if (!code) throw new Refusal(100005);
  if (!redirectUri || !parseRedirectUri(redirectUri, app, qq.strict)) throw new Refusal(100010);
  return qq.grants.redeemCode(code, app, redirectUri);
}

function refresh({ refresh_token: refreshToken }: Parameters, app: SandboxApp, qq: QQ): TokenPair {
  if (!refreshToken) throw new Refusal(100006);
  return qq.grants.refresh(refreshToken, app);
}

function tokenResponse(pair: TokenPair, parameters: Parameters, qq: QQ): SandboxResponse {
  const { app, account } = pair.login;
  const openid = qq.registry.openid(app, account);
  const fields = {
    access_token: pair.accessToken,
    expires_in: `${pair.expiresIn}`,
    refresh_token: pair.refreshToken,
    ...(parameters.need_openid === '1' && { openid }),
  };
  return { ...(parameters.fmt === 'json' ? jsonResponse(fields, 'json') : formResponse(fields)), openid };
}
