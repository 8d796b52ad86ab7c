import { endpoints } from '../protocol/endpoints.js';
import { QQRequestError } from '../protocol/errors/index.js';
import { redact } from '../protocol/redact.js';
import { refusal } from '../transport/dialect.js';
import type { QQConnectError } from '../protocol/errors/index.js';

/** What the query of a callback contains. */
export interface Callback {
  state: string;
  /** Must not be used before the caller has compared `state`. */
  result: { kind: 'code'; code: string } | { kind: 'cancelled' } | { kind: 'failed'; error: QQConnectError };
}

const MAX_QUERY_LENGTH = 4_096;
// eslint-disable-next-line no-control-regex -- no parameter of QQ's has one
const CONTROL = /[\u0000-\u001f\u007f]/;
const UNDECODABLE = '\ufffd';

function invalid(what: string): QQRequestError {
  return new QQRequestError('ERR_QQ_CALLBACK_INVALID', `callback: ${what}`);
}

function failed(error: QQConnectError): Callback['result'] {
  return { kind: 'failed', error };
}

function errorResult(word: string, description: string): Callback['result'] {
  if (CONTROL.test(word) || word.includes(UNDECODABLE))
    return failed(invalid('its error has characters that QQ never sends'));
  if (word === 'access_denied') return { kind: 'cancelled' };
  const qqCode = /^-?\d{1,9}$/.test(word) ? Number(word) : redact(word);
  // The description may be GBK or contain line breaks; it is only text for a log, and redact() makes it harmless.
  return failed(refusal(qqCode, redact(description), { step: 'callback', endpoint: endpoints.authorize }));
}

function readResult(parameters: URLSearchParams): Callback['result'] {
  const cancelled = parameters.get('usercancel'); // from the old mobile page, any number but 0
  if (cancelled !== null && !/^0*$/.test(cancelled)) return { kind: 'cancelled' };
  const errors = parameters.getAll('error');
  const codes = parameters.getAll('code');
  const [code = ''] = codes;
  const message = parameters.get('msg');
  // The old form of an error: a code of digits beside a msg.
  if (errors.length === 0 && message !== null && /^\d+$/.test(code)) return errorResult(code, message);
  if (errors.length > 1) return failed(invalid('error is repeated'));
  if (errors[0] !== undefined && errors[0] !== '') {
    return errorResult(errors[0], parameters.get('error_description') ?? '');
  }
  // Beside an empty error a code counts as little as beside a full one.
  if (errors.length > 0 || code === '') return failed(invalid('it has neither a code nor an error'));
  if (codes.length > 1) return failed(invalid('code is repeated'));
  for (const [name, value] of parameters) {
    if (CONTROL.test(name + value)) return failed(invalid('its query has characters that QQ never sends'));
  }
  if (code.includes(UNDECODABLE)) return failed(invalid('its code has characters that QQ never sends'));
  return { kind: 'code', code };
}

/**
 * Reads the query of a callback. An error beside the state is returned, not thrown, because a wrong state must be
 * refused before anything else in the query counts.
 *
 * @param query - the raw query string as the browser sent it, without `?`
 * @throws {@link QQRequestError} `ERR_QQ_STATE_MISSING`; `ERR_QQ_STATE_UNKNOWN` if there are several states;
 * `ERR_QQ_CALLBACK_INVALID` if the query is longer than 4,096 characters or has a broken percent-escape
 * @see RFC 6749, section 4.1.2; Tencent's page 使用Authorization_Code获取Access_Token
 */
export function readCallback(query: string): Callback {
  if (query.length > MAX_QUERY_LENGTH) throw invalid('its query is too long');
  if (/%(?![0-9a-f]{2})/i.test(query)) throw invalid('its query is not percent-encoded correctly');
  const parameters = new URLSearchParams(query);
  const [state = '', ...more] = parameters.getAll('state');
  if (more.length > 0) throw new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: it has several states');
  if (state === '') throw new QQRequestError('ERR_QQ_STATE_MISSING', 'callback: it has no state');
  return { state, result: readResult(parameters) };
}
