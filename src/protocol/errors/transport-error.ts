import { QQConnectError } from './qq-connect-error.js';
import type { Bilingual } from '../error-codes.js';
import type { QQTransportErrorCode } from './codes.js';
import type { QQStep } from './qq-connect-error.js';

const TRY_LATER: Bilingual = {
  en: 'Check that this server reaches the host (DNS, firewall, proxy) and try again in a moment.',
  zh: '请检查服务器能否访问该主机（DNS、防火墙、代理），稍后再试。',
};

const failures = {
  ERR_QQ_TIMEOUT: {
    status: 504,
    hint: {
      en: 'QQ was too slow: log in again in a moment. The option timeoutMs says how long we wait.',
      zh: 'QQ 响应超时：请稍后重新登录。等待时间由选项 timeoutMs 决定。',
    },
  },
  ERR_QQ_NETWORK: { status: 502, hint: TRY_LATER },
  ERR_QQ_BODY_TOO_LARGE: {
    status: 502,
    hint: {
      en: 'Whatever answered was not QQ Connect: check graphUrl and the proxies on the way.',
      zh: '应答过大，对方不像是 QQ 互联：请检查 graphUrl 以及途经的代理。',
    },
  },
  ERR_QQ_REFRESH_UNCONFIRMED: {
    status: 503,
    hint: {
      en: 'Try again in a moment. A refresh of this access token had no usable response from QQ, and the next attempt waits.',
      zh: '请稍后重试。上一次续期没有得到 QQ 的有效响应，稍后才会再次续期。',
    },
  },
  ERR_QQ_SESSION_STORE: {
    status: 503,
    userMessage: {
      en: 'This site cannot process logins at the moment: please try again in a few minutes.',
      zh: '本站暂时无法处理登录，请过几分钟再试。',
    },
    hint: {
      en: 'Check the session store (is Redis or the database up?) and try again in a moment.',
      zh: '请检查会话存储（Redis 或数据库是否正常），稍后再试。',
    },
  },
} as const satisfies Record<QQTransportErrorCode, { status: number; hint: Bilingual; userMessage?: Bilingual }>;

/** QQ, or the application's session store, could not be reached in time. Nothing is known to have happened there. */
export class QQTransportError extends QQConnectError {
  override name = 'QQTransportError';
  declare readonly code: QQTransportErrorCode;

  constructor(
    code: QQTransportErrorCode,
    message: string,
    fields: { step: QQStep; endpoint?: string; cause?: Error; hint?: Bilingual },
  ) {
    super('transport', message, { code, action: 'try_later', ...failures[code], ...fields });
  }
}
