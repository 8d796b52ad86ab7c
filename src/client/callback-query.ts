import { rfc6749Callback } from '../protocol/dialect.js';
import { QQRequestError } from '../protocol/errors/index.js';

const RELEVANT = ['code', 'state', 'error', 'error_description'];

/**
 * Gives the query of a callback's address, whole or as a path. The error of `new URL` goes no further: it has the
 * address, and so the code, in it.
 */
export function receivedQuery(callbackUrl: string | URL, redirectUri: string): URLSearchParams {
  try {
    return new URL(callbackUrl, redirectUri).searchParams;
  } catch {
    throw new QQRequestError('ERR_QQ_CALLBACK_INVALID', 'callback: its address is none');
  }
}

/**
 * Judges the query of a callback: its state first, then that it holds one code or one error, each parameter once.
 *
 * @returns only what RFC 6749 knows of it
 */
export function callbackQuery(received: URLSearchParams, expectedState: string): URLSearchParams {
  const state = received.getAll('state');
  if (state.length === 0 || state[0] === '')
    throw new QQRequestError('ERR_QQ_STATE_MISSING', 'callback: it came without a state');
  if (state.length > 1 || state[0] !== expectedState) {
    throw new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: its state is not that of this login');
  }
  const conformed = rfc6749Callback(received);
  const query = new URLSearchParams();
  for (const name of RELEVANT) {
    const values = conformed.getAll(name);
    if (values.length > 1) throw new QQRequestError('ERR_QQ_CALLBACK_INVALID', `callback: ${name} is repeated`);
    if (values[0] !== undefined) query.set(name, values[0]);
  }
  if (!(query.get('error') ?? query.get('code'))) {
    throw new QQRequestError('ERR_QQ_CALLBACK_INVALID', 'callback: it has neither a code nor an error');
  }
  return query;
}
