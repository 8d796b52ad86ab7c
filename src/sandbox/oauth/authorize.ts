import { redirectResponse, type SandboxResponse } from '../http/response.js';
import { simulatedError, type Call, type Parameters } from '../http/call.js';
import { errorPage } from '../pages/error-page.js';
import { loginPage } from '../pages/login-page.js';
import { noticePage } from '../pages/notice-page.js';
import { describeError, Refusal } from '../state/errors.js';
import { callbackUrl, parseRedirectUri } from '../state/redirect-uri.js';
import { scopesOf } from '../state/scopes.js';
import type { Account } from '../state/grants.js';
import type { QQ } from '../state/qq.js';
import type { SandboxApp } from '../state/types.js';

/**
 * `authorize`: shows the login page or an error page, and calls back with a code, an error or `usercancel=1`.
 *
 * Parameters are checked in this order: `response_type` (100000), `client_id` (100001 if missing or not digits, 100008 if
 * not registered), `redirect_uri` (100010). A wrong one never leads to the callback. `strict` refuses a missing `state`.
 */
export function authorize(call: Call, qq: QQ): SandboxResponse {
  const posted = call.method === 'POST';
  const parameters = posted ? call.body : call.query;
  const { state, response_type: responseType } = parameters;
  let request: ReturnType<typeof readRequest>;
  try {
    request = readRequest(parameters, qq);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return errorPage(call.language, error.code, parameters, qq);
  }
  if (qq.strict && !state) return noticePage(call, 'stateMissing');
  const { app, redirectUri } = request;
  const back = (fields: Parameters): SandboxResponse => {
    const answer = state === undefined ? fields : { ...fields, state };
    return redirectResponse(posted ? 303 : 302, callbackUrl(redirectUri, answer, responseType === 'token'));
  };

  const error = simulatedError(call);
  if (error !== undefined) {
    return { ...back({ error: `${error}`, error_description: describeError(error) }), error };
  }
  // The real QQ calls nothing back from a PC; its old mobile page does so with usercancel.
  if (call.fault === 'cancel' || (posted && call.body.usercancel)) return back({ usercancel: '1' });
  const approve = (account: Account): SandboxResponse => {
    const login = qq.grants.startLogin(app, account, scopesOf(parameters.scope), call.login);
    const tokens = responseType === 'token' ? qq.grants.issueTokens(login) : undefined;
    const fields: Parameters = tokens
      ? { access_token: tokens.accessToken, expires_in: `${tokens.expiresIn}` }
      : { code: qq.grants.issueCode(login, parameters.redirect_uri ?? '') };
    return { ...back(fields), openid: qq.openid(app, account) };
  };
  if (posted) {
    const account = qq.findAccount(call.body.openid, app.appId);
    return account ? approve(account) : noticePage(call, 'unreadable');
  }
  if (qq.autoApprove && call.method === 'GET') return approve(qq.nextAccount());
  return loginPage(call.language, app, redirectUri, parameters, qq);
}

function readRequest(parameters: Parameters, qq: QQ): { readonly app: SandboxApp; readonly redirectUri: URL } {
  const { response_type: responseType, client_id: clientId, redirect_uri: uri } = parameters;
  if (responseType !== 'code' && responseType !== 'token') throw new Refusal(100000);
  const app = qq.app(clientId);
  const redirectUri = uri === undefined ? undefined : parseRedirectUri(uri, app, qq.strict);
  if (!redirectUri) throw new Refusal(100010);
  return { app, redirectUri };
}
