import { printable } from '../pages/html.js';
import { errorName } from '../state/errors.js';
import { faultName } from '../state/faults.js';
import { APP_ID_NAMES } from '../state/request-log.js';
import type { QQ } from '../state/qq.js';
import type { SandboxRequest } from '../state/types.js';

/** A request for a terminal or a page: no secret, no `state`, no control character. */
export interface RequestSummary extends Omit<SandboxRequest, 'query' | 'body' | 'headers' | 'error' | 'fault'> {
  /** Hours, minutes and seconds in the time zone of this machine. */
  readonly time: string;
  /** QQ's error number, and the number with its description. */
  readonly code: number | undefined;
  readonly error: string | undefined;
  readonly fault: string | undefined;
  /** The nickname, or the id of a user without one. */
  readonly user: string | undefined;
  /** The `User-Agent`. */
  readonly client: string;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly failed: boolean;
}

/** The parameters whose values are shown. Of the others only the name is. */
const SHOWN = new Set(
  'response_type redirect_uri scope display grant_type fmt format need_openid unionid usercancel openid uin nk s spec imgtype img_type'.split(
    ' ',
  ),
);
const HIDDEN = '***';

/** Summarizes a request of the log, which holds no secrets any more. */
export function summarize(request: SandboxRequest, qq: QQ): RequestSummary {
  const { query, body, headers, error, fault, ...rest } = request;
  const { at, status, openid, location, responseBody } = request;
  const account = openid === undefined ? undefined : qq.findAccount(openid);
  return {
    ...rest,
    time: new Date(at).toTimeString().slice(0, 8),
    method: printable(request.method),
    // What follows one of these is no path but parameters joined with the wrong sign.
    path: printable(request.path.replace(/([&;=]).*$/s, '$1…')),
    client: printable(headers['user-agent'] ?? '–', 150),
    location: location === undefined ? undefined : printable(withoutState(location), 1_000),
    responseBody: responseBody
      ?.split(/\r?\n/)
      .map((line) => printable(line, 2_000))
      .join('\n'),
    code: error,
    error: error === undefined ? undefined : errorName(error),
    fault: fault === undefined ? undefined : faultName(fault),
    warnings: request.warnings.map(({ code, en, zh }) => ({ code, en: printable(en), zh: printable(zh) })),
    user: account && printable(account.nickname.trim() || account.id),
    parameters: Object.entries({ ...query, ...body }).map(([name, value]) => ({
      name: printable(name),
      value: isShown(name, value) ? printable(withoutState(value)) : HIDDEN,
    })),
    failed: error !== undefined || fault !== undefined || status === undefined || status >= 400,
  };
}

/** Whether a value may be shown: it is harmless, or only the tag of a secret. */
function isShown(name: string, value: string): boolean {
  return value === '' || SHOWN.has(name) || APP_ID_NAMES.has(name) || /^\*{3}\w{6}$/.test(value);
}

function withoutState(url: string): string {
  return url.replace(/([?&#]state=)[^&#]*/g, `$1${HIDDEN}`);
}
