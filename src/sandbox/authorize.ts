import { redirectAnswer, type Answer } from './answer.js';
import type { Call } from './call.js';
import { errorPage, noticePage } from './error-page.js';
import { describeError, Refusal } from './errors.js';
import { loginPage } from './login-page.js';
import { parseRedirectUri, withParameters } from './redirect-uri.js';
import type { Account } from './registry.js';
import type { QQ } from './qq.js';
import type { SandboxApp } from './types.js';

interface AuthorizationRequest {
  readonly app: SandboxApp;
  readonly redirectUri: URL;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The parameters that the login page sends back to be judged again. */
const carried = ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'display'];

/**
 * `authorize`: shows the login page or an error page, and calls back with a code, an error or `usercancel=1`.
 *
 * Parameters are judged in this order: `response_type` (100000), `client_id` (100001 where it is missing or not of
 * digits, 100008 where nobody registered it), `redirect_uri` (100010). A wrong one never leads to the callback.
 */
export function authorize(call: Call, qq: QQ): Answer {
  const posted = call.method === 'POST';
  const parameters = posted ? call.body : call.query;
  let request: AuthorizationRequest;
  try {
    request = readRequest(parameters, qq);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { language } = call;
    return errorPage({ language, code: error.code, parameters, apps: qq.registry.apps, strict: qq.strict });
  }
  const { app, redirectUri } = request;
  const openidOf = (account: Account) => qq.registry.openid(app, account);
  const back = (answer: Readonly<Record<string, string>>) => callBack(posted, request, answer);
  const approve = (account: Account): Answer => {
    const code = qq.grants.issueCode(app, account, parameters.redirect_uri ?? '');
    return { ...back({ code }), openid: openidOf(account) };
  };

  if (call.failWith !== undefined) {
    const answer = back({ error: `${call.failWith}`, error_description: describeError(call.failWith) });
    return { ...answer, error: call.failWith };
  }
  // The real QQ calls nothing back from a PC; its old mobile page does so with usercancel.
  if (call.cancel || (posted && call.body.usercancel)) return back({ usercancel: '1' });
  if (posted) {
    const account = qq.registry.account(call.body.openid ?? '', app.appId);
    return account ? approve(account) : noticePage(call.language, 400);
  }
  if (qq.autoApprove && call.method === 'GET') return approve(qq.nextAccount());
  return loginPage({
    language: call.language,
    mobile: parameters.display === 'mobile',
    appId: app.appId,
    redirectUri,
    parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => carried.includes(name))),
    accounts: qq.registry.accounts.map((account) => ({ account, openid: openidOf(account) })),
  });
}

function readRequest(parameters: Readonly<Record<string, string>>, qq: QQ): AuthorizationRequest {
  const { response_type: responseType, client_id: clientId, redirect_uri: uri } = parameters;
  if (responseType !== 'code') throw new Refusal(100000);
  const app = qq.app(clientId);
  const redirectUri = uri === undefined ? undefined : parseRedirectUri(uri, app, qq.strict);
  if (!redirectUri) throw new Refusal(100010);
  return { app, redirectUri, parameters };
}

function callBack(posted: boolean, request: AuthorizationRequest, answer: Readonly<Record<string, string>>): Answer {
  const { redirectUri, parameters } = request;
  const { state } = parameters;
  const location = withParameters(redirectUri, state === undefined ? answer : { ...answer, state });
  return redirectAnswer(posted ? 303 : 302, location);
}
