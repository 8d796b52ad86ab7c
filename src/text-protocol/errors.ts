import type { LocalizedText } from '../protocol/error-codes.js';

const hints = {
  ERR_QQ_TEXT_MALFORMED: {
    en: 'Check that url is a server of the QQ HTTP text protocol, version 1.0 to 1.2.',
    zh: '请检查 url 是否为 QQ HTTP 文本协议（1.0 至 1.2 版）的服务器。',
  },
  ERR_QQ_TEXT_LOGIN: {
    en: 'Check the QQ number and the password. The property reason holds what the server replied.',
    zh: '请检查 QQ 号和密码。服务器返回的原因见 reason 属性。',
  },
  ERR_QQ_TEXT_OFFLINE: {
    en: 'Call login() again. The login expired, ended, or was replaced by a login elsewhere.',
    zh: '请重新调用 login()。登录已过期、已退出，或在别处重新登录。',
  },
  ERR_QQ_TEXT_REFUSED: {
    en: 'Check the QQ numbers in the request. RES=5 means that the server has no such number.',
    zh: '请检查请求中的 QQ 号。RES=5 表示该号码不存在。',
  },
} as const satisfies Record<string, LocalizedText>;

/** The codes of a {@link QQTextError}. */
export type QQTextErrorCode = keyof typeof hints;

/**
 * A server of the text protocol refused a request, or sent an invalid reply. Its numbers are not the error codes of QQ
 * Connect. No property contains the password or its MD5.
 *
 * - `ERR_QQ_TEXT_MALFORMED`: the body is not a packet, or the reply does not match the request.
 * - `ERR_QQ_TEXT_LOGIN`: the server refused the login; see `reason`.
 * - `ERR_QQ_TEXT_OFFLINE`: the user is not logged in (`RES=20`).
 * - `ERR_QQ_TEXT_REFUSED`: any other `RES` but 0; see `res`.
 */
export class QQTextError extends Error {
  override name = 'QQTextError';
  /** Names the error for programs; stable across versions. */
  readonly code: QQTextErrorCode;
  /** What to do, in English and Chinese. */
  readonly hint: LocalizedText;
  /** The number in `RES`, for `ERR_QQ_TEXT_OFFLINE` and `ERR_QQ_TEXT_REFUSED`. */
  declare readonly res?: number;
  /** The text in `RA`, or an empty one, for `ERR_QQ_TEXT_LOGIN`. */
  declare readonly reason?: string;

  constructor(code: QQTextErrorCode, message: string, fields: { res?: number; reason?: string } = {}) {
    super(message);
    this.code = code;
    this.hint = hints[code];
    if (fields.res !== undefined) this.res = fields.res;
    if (fields.reason !== undefined) this.reason = fields.reason;
  }
}
