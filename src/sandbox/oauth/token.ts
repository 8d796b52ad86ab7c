import { apiResponse, jsonResponse, type SandboxResponse } from '../http/response.js';
import { Refusal } from '../state/errors.js';
import { parseRedirectUri } from '../state/redirect-uri.js';
import type { Call, Parameters } from '../http/call.js';
import type { TokenPair } from '../state/grants.js';
import type { QQ } from '../state/qq.js';

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
  const pair = grant(parameters, qq);
  const { app, account } = pair.login;
  const openid = qq.openid(app, account);
  const fields = {
    access_token: pair.accessToken,
    expires_in: `${pair.expiresIn}`,
    refresh_token: pair.refreshToken,
    ...(parameters.need_openid === '1' && { openid }),
  };
  const form = new URLSearchParams(fields).toString();
  return { ...(parameters.fmt === 'json' ? jsonResponse(fields, 'json') : apiResponse(form)), openid };
}

function grant(parameters: Parameters, qq: QQ): TokenPair {
  const { grant_type: type, client_id: clientId, client_secret: secret, code, redirect_uri: uri } = parameters;
  if (type !== 'authorization_code' && type !== 'refresh_token') throw new Refusal(100004);
  const app = qq.app(clientId);
  if (!secret) throw new Refusal(100002);
  if (secret !== app.appKey) throw new Refusal(100009);
  if (type === 'refresh_token') {
    if (!parameters.refresh_token) throw new Refusal(100006);
    return qq.grants.refresh(parameters.refresh_token, app);
  }
  if (!code) throw new Refusal(100005);
  if (!uri || !parseRedirectUri(uri, app, qq.strict)) throw new Refusal(100010);
  return qq.grants.redeemCode(code, app, uri);
}
