import { errorAnswer, jsonAnswer, type Answer } from './answer.js';
import type { Call } from './call.js';
import { Refusal } from './errors.js';
import type { QQ } from './qq.js';

/**
 * `me`: who an access token belongs to, as JSONP unless `fmt=json`.
 *
 * A missing token is 100007, one of the wrong form 100013, an unknown one 100016, a revoked one 100015 and an expired
 * one 100014. With `unionid=1`, an application without the permission gets 100048 instead of the openid.
 */
export function me({ query, failWith }: Call, qq: QQ): Answer {
  const { access_token: accessToken, fmt, unionid } = query;
  try {
    if (failWith !== undefined) throw new Refusal(failWith);
    if (!accessToken) throw new Refusal(100007);
    const { app, account } = qq.grants.login(accessToken);
    const openid = qq.registry.openid(app, account);
    const identity = { client_id: app.appId, openid };
    if (unionid !== '1') return { ...jsonAnswer(identity, fmt), openid };
    if (app.unionid === false || account.unionid === false) return { ...errorAnswer(100048, fmt), openid };
    return { ...jsonAnswer({ ...identity, unionid: account.unionid }, fmt), openid };
  } catch (error) {
    if (error instanceof Refusal) return errorAnswer(error.code, fmt);
    throw error;
  }
}
