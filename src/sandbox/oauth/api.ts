import { apiResponse, jsonResponse, type SandboxResponse } from '../http/response.js';
import { simulatedError, type Call } from '../http/call.js';
import { Refusal } from '../state/errors.js';
import type { QQ } from '../state/qq.js';

/** An API of QQ, which throws a {@link Refusal} for an error. */
type Api = (call: Call, qq: QQ) => SandboxResponse;

/** Runs `token` or `me`. Their errors are JSONP unless `fmt=json`. */
export function oauth(api: Api, call: Call, qq: QQ): SandboxResponse {
  const { fmt } = { ...call.query, ...call.body };
  return run(api, call, qq, ({ code, message }) => jsonResponse({ error: code, error_description: message }, fmt));
}

/** Runs one of the APIs behind the login, such as `get_user_info`. Their errors have a `ret`. */
export function openApi(api: Api, call: Call, qq: QQ): SandboxResponse {
  return run(api, call, qq, ({ code, message }) => apiResponse(JSON.stringify({ ret: code, msg: message })));
}

function run(api: Api, call: Call, qq: QQ, refuse: (refusal: Refusal) => SandboxResponse): SandboxResponse {
  try {
    const error = simulatedError(call);
    if (error !== undefined) throw new Refusal(error);
    return api(call, qq);
  } catch (error) {
    if (error instanceof Refusal) return { ...refuse(error), error: error.code };
    throw error;
  }
}
