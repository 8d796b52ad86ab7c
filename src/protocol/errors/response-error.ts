import { QQConnectError } from './qq-connect-error.js';
import { describeQQErrorCode } from '../error-codes.js';
import type { LocalizedText, QQErrorAction } from '../error-codes.js';
import type { QQResponseErrorCode } from './codes.js';
import type { QQStep } from './qq-connect-error.js';

interface ErrorDefaults {
  status: number;
  action: QQErrorAction;
  hint: LocalizedText;
  userMessage?: LocalizedText;
}

const UNEXPECTED_RESPONSE: ErrorDefaults = {
  status: 502,
  action: 'try_later',
  hint: {
    en: 'Try again in a moment. The response is not one of QQ Connect: if the error persists, check graphUrl (QQ_GRAPH_URL) and the proxies in between.',
    zh: '请稍后再试。响应不符合 QQ 互联的格式；如果持续出现，请检查 graphUrl（QQ_GRAPH_URL）和途经的代理。',
  },
};
const TOKEN_MISMATCH: ErrorDefaults = {
  status: 502,
  action: 'login_again',
  hint: {
    en: 'Log in again. The access token was issued to another application or user, so the client refused it.',
    zh: '请重新登录。该 access token 属于其他应用或用户，因此已拒绝使用。',
  },
};

const errorDefaults = {
  ERR_QQ_INVALID_RESPONSE: UNEXPECTED_RESPONSE,
  ERR_QQ_HTTP_STATUS: UNEXPECTED_RESPONSE,
  ERR_QQ_OPENID_MISSING: UNEXPECTED_RESPONSE,
  ERR_QQ_CLIENT_ID_MISMATCH: TOKEN_MISMATCH,
  ERR_QQ_OPENID_MISMATCH: TOKEN_MISMATCH,
} as const satisfies Record<Exclude<QQResponseErrorCode, 'ERR_QQ_RESPONSE'>, ErrorDefaults>;

const statusFor: Record<QQErrorAction, number> = {
  login_again: 401,
  fix_configuration: 500,
  try_later: 503,
  refuse_user: 403,
};

const UNLISTED: ErrorDefaults = {
  status: 502,
  action: 'login_again',
  hint: {
    en: 'Log in again. QQ does not document this number: if the error persists, ask the support of Tencent about it.',
    zh: '请重新登录。该错误码不在 QQ 公开的列表中；如果仍然出现，请向腾讯咨询。',
  },
};

function defaultsForCode(qqCode: number | string, qqMessage: string): ErrorDefaults {
  if (typeof qqCode === 'string') {
    // Servers that emulate QQ use the words of RFC 6749, section 5.2.
    const isConfiguration = /^(invalid_client|unauthorized_client|unsupported_grant_type|invalid_scope)$/.test(qqCode);
    return isConfiguration ? { ...UNLISTED, status: 500, action: 'fix_configuration' } : UNLISTED;
  }
  // The number means any wrong parameter; this text of QQ's means an APP ID that is no number.
  const isAppId = qqCode === 1 && /cannot parse\W+oauth_consumer_key/.test(qqMessage);
  const entry = describeQQErrorCode(isAppId ? 100008 : qqCode);
  if (!entry) return UNLISTED;
  const { action, hint, userMessage } = entry;
  return { status: entry.retryRead ? 502 : statusFor[action], action, hint, userMessage };
}

/** What a {@link QQResponseError} is made from: QQ's own number, or the reason why the response cannot be used. */
export type QQResponseErrorFields = { step: QQStep; endpoint?: string | undefined } & (
  | { code: 'ERR_QQ_RESPONSE'; qqCode: number | string; qqMessage: string }
  | { code: keyof typeof errorDefaults; hint?: LocalizedText }
);

/** QQ refused (`ERR_QQ_RESPONSE`, with `qqCode`), or its response cannot be used (the other codes). */
export class QQResponseError extends QQConnectError {
  override name = 'QQResponseError';
  declare readonly code: QQResponseErrorCode;

  constructor(message: string, fields: QQResponseErrorFields) {
    super('response', message, {
      ...(fields.code === 'ERR_QQ_RESPONSE'
        ? defaultsForCode(fields.qqCode, fields.qqMessage)
        : errorDefaults[fields.code]),
      ...fields,
    });
  }
}
