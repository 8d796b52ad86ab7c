import { QQRequestError } from '../protocol/errors/index.js';
import type { Request } from 'express';

const LONGEST_QUERY = 4_096;
// eslint-disable-next-line no-control-regex -- no parameter of QQ's has one
const CONTROL = /[\u0000-\u001f\u007f]/;

function invalid(what: string): QQRequestError {
  return new QQRequestError('ERR_QQ_CALLBACK_INVALID', `callback: ${what}`);
}

/**
 * Reads the query of a callback as the browser sent it; what the application's query parser makes of it does not
 * matter.
 *
 * @throws {@link QQRequestError} `ERR_QQ_CALLBACK_INVALID` for what no server of Tencent's sends
 */
export function readCallback(req: Request): URLSearchParams {
  const query = req.originalUrl.split('?').slice(1).join('?');
  if (query.length > LONGEST_QUERY) throw invalid('its query is too long');
  if (/%(?![0-9a-f]{2})/i.test(query)) throw invalid('its query is not percent-encoded correctly');
  const parameters = new URLSearchParams(query);
  for (const [name, value] of parameters) {
    if (CONTROL.test(name + value) || value.includes('\ufffd'))
      throw invalid('its query has characters that QQ never sends');
  }
  return parameters;
}

/**
 * Gives the state of a callback.
 *
 * @throws {@link QQRequestError} `ERR_QQ_STATE_MISSING`, or `ERR_QQ_STATE_UNKNOWN` if it is repeated
 */
export function stateOf(query: URLSearchParams): string {
  const [state, ...more] = query.getAll('state');
  if (state === undefined || state === '')
    throw new QQRequestError('ERR_QQ_STATE_MISSING', 'callback: it came without a state');
  if (more.length > 0) throw new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: it came with several states');
  return state;
}
