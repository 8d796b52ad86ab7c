import { decodeQQBody, isAmbiguous, isDamagedIdentity, readQQError } from '../protocol/body.js';
import { describeQQErrorCode } from '../protocol/error-codes.js';
import { QQConfigurationError, QQResponseError, QQTransportError, isQQConnectError } from '../protocol/errors/index.js';
import { flatUserInfo, isUserInfo } from '../protocol/profile.js';
import { redact } from '../protocol/redact.js';
import { createWarnOnce } from '../protocol/warn.js';
import { BODY_TOO_LARGE, NO_AXIOS_RESPONSE } from './request.js';
import type { DecodedBody } from '../protocol/body.js';
import type { QQConnectError, QQStep } from '../protocol/errors/index.js';
import type { WarnOnce } from '../protocol/warn.js';
import type { HttpAnswer, SendRequest } from './request.js';

/** A call of QQ. */
export interface QQCall {
  step: QQStep;
  /** Path below `graphUrl`. */
  path: string;
  query: URLSearchParams;
}

/** Calls QQ and returns a success as a plain object; see {@link createDialect}. */
export type CallQQ = (call: QQCall) => Promise<Record<string, unknown>>;

interface Where {
  step: QQStep;
  endpoint: string;
}

const SECRET_PARAMETERS = ['client_secret', 'code', 'refresh_token', 'access_token'];
// Ten years, in seconds. A longer lifetime is no information, and no date is made of it.
const MAX_LIFETIME_SECONDS = 315_360_000;

/** The error for a refusal of QQ's. The caller redacts its texts. */
export function refusal(qqCode: number | string, qqMessage: string, where: Where): QQResponseError {
  const said = qqMessage === '' ? qqCode : `${qqCode} (${qqMessage})`;
  return new QQResponseError(`${where.step}: QQ returned the error ${said}`, {
    code: 'ERR_QQ_RESPONSE',
    qqCode,
    qqMessage,
    ...where,
  });
}

function unexpectedResponse(status: number, where: Where): QQResponseError {
  return status >= 200 && status < 300
    ? new QQResponseError(`${where.step}: QQ's response cannot be used`, {
        code: 'ERR_QQ_INVALID_RESPONSE',
        ...where,
      })
    : new QQResponseError(`${where.step}: QQ responded with HTTP status ${status}`, {
        code: 'ERR_QQ_HTTP_STATUS',
        ...where,
      });
}

function transportError(error: unknown, where: Where): QQConnectError {
  // By its name: in another realm, such as a test runner's, a DOMException is no instance of Error.
  if ((error as { name?: unknown } | undefined)?.name === 'TimeoutError') {
    return new QQTransportError('ERR_QQ_TIMEOUT', `${where.step}: QQ did not respond in time`, where);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const code = cause && 'code' in cause ? String(cause.code) : 'no connection';
  if (code === NO_AXIOS_RESPONSE) {
    return new QQConfigurationError(`axios: an interceptor of the instance returned no response (${where.step})`, {
      en: 'Return the response, not its data, from the response interceptors of the axios instance.',
      zh: '请让 axios 实例的响应拦截器返回完整的 response，而不是 response.data。',
    });
  }
  if (code === BODY_TOO_LARGE) {
    return new QQTransportError(BODY_TOO_LARGE, `${where.step}: the response is too large`, {
      ...where,
      ...(cause && { cause }),
    });
  }
  return new QQTransportError('ERR_QQ_NETWORK', `${where.step}: QQ could not be reached (${code})`, {
    ...where,
    ...(cause && { cause }),
  });
}

/** Returns QQ's token response in the form of RFC 6749 (section 5.1); `undefined` if it has no access token. */
function rfc6749Token(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const { access_token, refresh_token, openid, expires_in } = body;
  if (typeof access_token !== 'string' || access_token === '') return undefined;
  const isGiven = typeof expires_in === 'number' || (typeof expires_in === 'string' && expires_in.trim() !== '');
  const seconds = isGiven ? Number(expires_in) : Number.NaN;
  return {
    access_token,
    token_type: 'bearer', // QQ sends none, and servers in its place send all sorts
    ...(seconds >= 0 && seconds <= MAX_LIFETIME_SECONDS && { expires_in: seconds }),
    ...(typeof refresh_token === 'string' && refresh_token !== '' && { refresh_token }),
    ...(openid !== undefined && { openid }),
  };
}

function readSuccess(step: QQStep, decoded: DecodedBody): Record<string, unknown> | undefined {
  const { body } = decoded;
  if (isAmbiguous(body)) return undefined;
  if (step === 'user_info') return isUserInfo(body) ? flatUserInfo(body) : undefined; // it identifies no user
  if (isDamagedIdentity(decoded)) return undefined;
  return step === 'token' || step === 'refresh' ? rfc6749Token(body) : body;
}

/**
 * Reads a response of QQ in any of its formats, with any status.
 *
 * @throws {@link QQResponseError} for a refusal, and for a response that is neither a success nor a refusal
 */
export function readQQAnswer({ status, text }: HttpAnswer, { step, path, query }: QQCall): Record<string, unknown> {
  const where = { step, endpoint: path };
  let decoded: DecodedBody;
  try {
    decoded = decodeQQBody(text);
  } catch (error) {
    if (!isQQConnectError(error)) throw error;
    throw unexpectedResponse(status, where);
  }
  const refused = readQQError(decoded.body);
  if (refused) {
    const secrets = SECRET_PARAMETERS.flatMap((name) => query.getAll(name));
    const { qqCode, qqMessage } = refused;
    throw refusal(typeof qqCode === 'string' ? redact(qqCode, secrets) : qqCode, redact(qqMessage, secrets), where);
  }
  const success = status >= 200 && status < 300 ? readSuccess(step, decoded) : undefined;
  if (!success) throw unexpectedResponse(status, where);
  return success;
}

const MAX_CLOCK_SKEW_MS = 600_000;

/** Warns if QQ's clock and this machine's differ by more than ten minutes: logins, sessions and tokens expire by it. */
function checkClock({ headers }: HttpAnswer, warnOnce: WarnOnce): void {
  const skewMs = Date.now() - Date.parse(typeof headers.date === 'string' ? headers.date : '');
  if (!(Math.abs(skewMs) > MAX_CLOCK_SKEW_MS)) return;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  warnOnce(
    'QQ_CLOCK',
    `the clock of this server is ${minutes} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} that of QQ. Set it by NTP: ` +
      'logins, sessions and tokens expire by it',
  );
}

/**
 * Creates the function that calls QQ in QQ's own form (GET, `fmt=json` where it is supported) and reads the response in
 * any of QQ's formats. A token response becomes one of RFC 6749.
 *
 * @see RFC 6749, section 5.1; Tencent's page 使用Authorization_Code获取Access_Token
 */
export function createDialect(request: SendRequest, graphUrl: string): CallQQ {
  const warnOnce = createWarnOnce();
  return async function callQQ(call) {
    const { step, path, query } = call;
    if (step !== 'user_info' && step !== 'api') query.set('fmt', 'json');
    let answer: HttpAnswer;
    try {
      // A refresh token works once, and a code that was used after all is refused with 100020.
      answer = await request({ url: `${graphUrl}${path}?${query.toString()}`, once: step === 'refresh' });
    } catch (error) {
      throw transportError(error, { step, endpoint: path });
    }
    checkClock(answer, warnOnce);
    return readQQAnswer(answer, call);
  };
}

function failedAtTencent(error: unknown): boolean {
  if (!isQQConnectError(error, 'response') || typeof error.qqCode !== 'number') return false;
  return describeQQErrorCode(error.qqCode)?.retryRead === true;
}

/** Reads from QQ: once more if QQ reports that a step failed on its side. */
export async function readFromQQ(callQQ: CallQQ, call: QQCall): Promise<Record<string, unknown>> {
  try {
    return await callQQ(call);
  } catch (error) {
    if (!failedAtTencent(error)) throw error;
    return callQQ(call);
  }
}
