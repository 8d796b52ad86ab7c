import { apiResponse, jsonResponse, type SandboxResponse } from '../http/response.js';
import type { Refusal } from '../state/errors.js';

/** An error of `token` or `me`. */
export function errorResponse({ code, message }: Refusal, fmt: string | undefined): SandboxResponse {
  return { ...jsonResponse({ error: code, error_description: message }, fmt), error: code };
}

/** An error of the APIs behind the login, such as `get_user_info`. */
export function retResponse({ code, message }: Refusal): SandboxResponse {
  return { ...apiResponse(JSON.stringify({ ret: code, msg: message })), error: code };
}
