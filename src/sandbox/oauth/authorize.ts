import { redirectResponse, type SandboxResponse } from '../http/response.js';
import { simulatedError, type Call, type Parameters } from '../http/call.js';
import { errorPage } from '../pages/error-page.js';
import { loginPage } from '../pages/login-page.js';
import { noticePage } from '../pages/notice-page.js';
import { describeError, Refusal } from '../state/errors.js';
import { parseRedirectUri, withFragment, withParameters } from '../state/redirect-uri.js';
import { scopesOf } from '../state/scopes.js';
import type { QQ } from '../state/qq.js';
import type { Account, SandboxApp } from '../state/types.js';

interface AuthorizationRequest {
  readonly app: SandboxApp;
  readonly redirectUri: URL;
  readonly parameters: Parameters;
}

/**
 * `authorize`: shows the login page or an error page, and calls back with a code, an error or `usercancel=1`.
 *
 * Parameters are checked in this order: `response_type` (100000), `client_id` (100001 if missing or not digits, 100008 if
 * not registered), `redirect_uri` (100010). A wrong one never leads to the callback. `strict` refuses a missing `state`.
 */
export function authorize(call: Call, qq: QQ): SandboxResponse {
  const posted = call.method === 'POST';
  const parameters = posted ? call.body : call.query;
  let request: AuthorizationRequest;
  try {
    request = readRequest(parameters, qq);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return errorPage(call.language, error.code, parameters, qq);
  }
  if (qq.strict && !parameters.state) return noticePage(call, 'stateMissing');
  const { app, redirectUri } = request;
  const openidOf = (account: Account) => qq.openid(app, account);
  const back = (fields: Parameters) => callBack(posted, request, fields);

  const error = simulatedError(call);
  if (error !== undefined) {
    return { ...back({ error: `${error}`, error_description: describeError(error) }), error };
  }
  // The real QQ calls nothing back from a PC; its old mobile page does so with usercancel.
  if (call.fault === 'cancel' || (posted && call.body.usercancel)) return back({ usercancel: '1' });
  const approve = (account: Account): SandboxResponse => {
    const login = qq.grants.startLogin(app, account, scopesOf(parameters.scope), call.login);
    if (parameters.response_type === 'token') {
      const { accessToken, expiresIn } = qq.grants.issueTokens(login);
      return { ...back({ access_token: accessToken, expires_in: `${expiresIn}` }), openid: openidOf(account) };
    }
    const code = qq.grants.issueCode(login, parameters.redirect_uri ?? '');
    return { ...back({ code }), openid: openidOf(account) };
  };
  if (posted) {
    const account = qq.findAccount(call.body.openid, app.appId);
    return account ? approve(account) : noticePage(call, 'unreadable');
  }
  if (qq.autoApprove && call.method === 'GET') return approve(qq.nextAccount());
  return loginPage(call.language, app, redirectUri, parameters, qq);
}

function readRequest(parameters: Parameters, qq: QQ): AuthorizationRequest {
  const { response_type: responseType, client_id: clientId, redirect_uri: uri } = parameters;
  if (responseType !== 'code' && responseType !== 'token') throw new Refusal(100000);
  const app = qq.app(clientId);
  const redirectUri = uri === undefined ? undefined : parseRedirectUri(uri, app, qq.strict);
  if (!redirectUri) throw new Refusal(100010);
  return { app, redirectUri, parameters };
}

function callBack(posted: boolean, request: AuthorizationRequest, fields: Parameters): SandboxResponse {
  const { redirectUri, parameters } = request;
  const { state } = parameters;
  const answer = state === undefined ? fields : { ...fields, state };
  const write = parameters.response_type === 'token' ? withFragment : withParameters;
  return redirectResponse(posted ? 303 : 302, write(redirectUri, answer));
}
