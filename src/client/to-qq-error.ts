import { BODY_TOO_LARGE } from '../transport/axios-fetch.js';
import { QQResponseError, QQTransportError, isQQConnectError } from '../protocol/errors/index.js';
import type { QQConnectError, QQStep } from '../protocol/errors/index.js';
import type { ConformedError } from '../transport/conforming-fetch.js';

interface Where {
  step: QQStep;
  endpoint: string;
}

/** The error for an answer that the conforming fetch gave with status 400. */
export function responseError(answer: ConformedError, where: Where): QQResponseError {
  if (answer.problem === 'http_status') {
    return new QQResponseError(`${where.step}: QQ answered with HTTP status ${answer.status ?? 'unknown'}`, {
      code: 'ERR_QQ_HTTP_STATUS',
      ...where,
    });
  }
  if (answer.problem === 'malformed') {
    return new QQResponseError(`${where.step}: QQ answered nothing that can be used`, {
      code: 'ERR_QQ_INVALID_RESPONSE',
      ...where,
    });
  }
  const qqCode = answer.qq_code ?? answer.error;
  const qqMessage = answer.error_description ?? '';
  const said = qqMessage === '' ? qqCode : `${qqCode} (${qqMessage})`;
  return new QQResponseError(`${where.step}: QQ answered ${said}`, {
    code: 'ERR_QQ_RESPONSE',
    qqCode,
    qqMessage,
    ...where,
  });
}

function networkError(error: TypeError, where: Where): QQTransportError {
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = cause && 'code' in cause ? String(cause.code) : 'no connection';
  const tooLarge = code === BODY_TOO_LARGE;
  const what = tooLarge ? 'the answer was too large' : `QQ could not be reached (${code})`;
  return new QQTransportError(tooLarge ? BODY_TOO_LARGE : 'ERR_QQ_NETWORK', `${where.step}: ${what}`, {
    ...where,
    ...(cause && { cause }),
  });
}

/** Makes one of our errors out of whatever a call of the transport ended with. */
export function toQQError(error: unknown, where: Where): QQConnectError {
  if (isQQConnectError(error)) return error;
  // By its name: in another realm, such as a test runner's, a DOMException is no instance of Error.
  if ((error as { name?: unknown } | undefined)?.name === 'TimeoutError') {
    return new QQTransportError('ERR_QQ_TIMEOUT', `${where.step}: QQ did not answer in time`, where);
  }
  if (error instanceof TypeError && error.cause instanceof Error) return networkError(error, where);
  return responseError({ error: 'invalid_response', problem: 'malformed' }, where);
}
