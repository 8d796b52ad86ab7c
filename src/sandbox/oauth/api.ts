import { apiResponse, jsonResponse, type SandboxResponse } from '../http/response.js';
import { simulatedError, type Call } from '../http/call.js';
import { Refusal } from '../state/errors.js';

/** Runs `token` or `me`. Their errors are JSONP unless `fmt=json`. */
export function oauth(call: Call, respond: () => SandboxResponse): SandboxResponse {
  const { fmt } = { ...call.query, ...call.body };
  return run(call, respond, ({ code, message }) => jsonResponse({ error: code, error_description: message }, fmt));
}

/** Runs one of the APIs behind the login, such as `get_user_info`. Their errors have a `ret`. */
export function openApi(call: Call, respond: () => SandboxResponse): SandboxResponse {
  return run(call, respond, ({ code, message }) => apiResponse(JSON.stringify({ ret: code, msg: message })));
}

function run(
  call: Call,
  respond: () => SandboxResponse,
  refuse: (refusal: Refusal) => SandboxResponse,
): SandboxResponse {
  try {
    const error = simulatedError(call);
    if (error !== undefined) throw new Refusal(error);
    return respond();
  } catch (error) {
    if (error instanceof Refusal) return { ...refuse(error), error: error.code };
    throw error;
  }
}
