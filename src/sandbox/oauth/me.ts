import { jsonResponse, type SandboxResponse } from '../http/response.js';
import { Refusal } from '../state/errors.js';
import type { Call } from '../http/call.js';
import type { QQ } from '../state/qq.js';

/**
 * `me`: the user of an access token, as JSONP unless `fmt=json`.
 *
 * A missing token is 100007, one of the wrong form 100013, an unknown one 100016, a revoked one 100015 and an expired
 * one 100014. With `unionid=1`, an application without the permission gets 100048 instead of the openid.
 */
export function me({ query }: Call, qq: QQ): SandboxResponse {
  const { access_token: accessToken, fmt, unionid } = query;
  if (!accessToken) throw new Refusal(100007);
  const { app, account } = qq.grants.login(accessToken);
  const openid = qq.openid(app, account);
  const identity = { client_id: app.appId, openid };
  if (unionid !== '1') return { ...jsonResponse(identity, fmt), openid };
  if (app.unionid === false || account.unionid === false) throw new Refusal(100048);
  return { ...jsonResponse({ ...identity, unionid: account.unionid }, fmt), openid };
}
