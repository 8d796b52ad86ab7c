import { QQConnectError, errorKindOf } from './qq-connect-error.js';
import type { LocalizedText, QQErrorAction } from '../error-codes.js';
import type { QQTransportErrorCode } from './codes.js';
import type { QQStep } from './qq-connect-error.js';

const TRY_LATER: LocalizedText = {
  en: 'Check that this server reaches the host (DNS, firewall, proxy) and try again in a moment.',
  zh: '请稍后再试，并检查服务器能否访问该主机（DNS、防火墙、代理）。',
};

const errorDefaults = {
  ERR_QQ_TIMEOUT: {
    status: 504,
    hint: {
      en: 'Log in again in a moment. QQ did not respond in time: the option timeoutMs limits each call.',
      zh: '请稍后重新登录。QQ 响应超时，每次调用的时限由选项 timeoutMs 设置。',
    },
  },
  ERR_QQ_NETWORK: { status: 502, hint: TRY_LATER },
  ERR_QQ_BODY_TOO_LARGE: {
    status: 502,
    hint: {
      en: 'The response is too large for QQ Connect: check graphUrl (QQ_GRAPH_URL) and the proxies in between.',
      zh: '请检查 graphUrl（QQ_GRAPH_URL）和途经的代理。响应过大，可能不是来自 QQ 互联。',
    },
  },
  ERR_QQ_REFRESH_UNCONFIRMED: {
    status: 503,
    hint: {
      en: 'Try again in a moment. QQ sent no usable response to the last refresh of this token, so the next attempt is delayed.',
      zh: '请稍后再试。QQ 对上一次续期没有返回有效响应，等待一段时间后才会再次续期。',
    },
  },
  ERR_QQ_SESSION_STORE: {
    status: 503,
    userMessage: {
      en: 'This site cannot process logins at the moment: please try again in a few minutes.',
      zh: '本站暂时无法处理登录，请过几分钟再试。',
    },
    hint: {
      en: 'Check that the session store (Redis or the database) is running, then try again.',
      zh: '请检查会话存储（Redis 或数据库是否正常），稍后再试。',
    },
  },
} as const satisfies Record<QQTransportErrorCode, { status: number; hint: LocalizedText; userMessage?: LocalizedText }>;

const CLOCK: LocalizedText = {
  en: "Try again later. The certificate's dates and the clock of this server do not match: set the clock by NTP.",
  zh: '请稍后再试。证书的有效期与本服务器的时间不符：请用 NTP 校准系统时间。',
};

// By Node's code: causes that do not end by themselves.
const byCause: readonly (readonly [RegExp, QQErrorAction, LocalizedText])[] = [
  [
    /^(?:ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/,
    'try_later',
    {
      en: 'Try again in a moment. The host name was not found: check the DNS servers of this machine or container, and graphUrl (QQ_GRAPH_URL).',
      zh: '请稍后再试。域名解析失败：请检查本机或容器的 DNS 设置，以及 graphUrl（QQ_GRAPH_URL）。',
    },
  ],
  [
    /^ECONNREFUSED$/,
    'try_later',
    {
      en: 'Try again in a moment. The connection was refused: check that the server (or the sandbox) is running, and the host and port in graphUrl (QQ_GRAPH_URL).',
      zh: '请稍后再试。连接被拒绝：请检查服务器（或沙箱）是否在运行，以及 graphUrl（QQ_GRAPH_URL）的主机和端口。',
    },
  ],
  [/^CERT_(?:NOT_YET_VALID|HAS_EXPIRED)$/, 'fix_configuration', CLOCK],
  [
    /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|^CERT_UNTRUSTED$/,
    'fix_configuration',
    {
      en: 'The certificate is signed by an unknown CA, often that of a proxy which decrypts traffic. Make Node trust this CA: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
      zh: '请用 NODE_EXTRA_CA_CERTS=/path/to/ca.pem 将签发证书的 CA 提供给 Node。Node 不信任该 CA，常见于解密流量的代理。',
    },
  ],
];

/** QQ, or the application's session store, could not be reached in time. It is unknown whether the request had an effect. */
export class QQTransportError extends QQConnectError {
  override name = 'QQTransportError';
  declare readonly code: QQTransportErrorCode;

  constructor(
    code: QQTransportErrorCode,
    message: string,
    fields: { step: QQStep; endpoint?: string; cause?: Error; hint?: LocalizedText },
  ) {
    const { code: cause } = (fields.cause ?? {}) as { code?: unknown };
    const [, action, hint] = byCause.find(([pattern]) => typeof cause === 'string' && pattern.test(cause)) ?? [];
    const known = action && hint && code === 'ERR_QQ_NETWORK' ? { action, hint } : {};
    super('transport', message, { code, action: 'try_later', ...errorDefaults[code], ...known, ...fields });
  }
}

/**
 * Creates the error for a session store or a lock that failed. An error of this package is returned as it is. Any other
 * one becomes its code or name, because some hold the whole session, or the command with the lock's owner.
 */
export function storeError(what: string, error: unknown): Error {
  if (error instanceof Error && errorKindOf(error)) return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const cause = [code, name].find((word) => typeof word === 'string') ?? 'unknown error';
  return new QQTransportError('ERR_QQ_SESSION_STORE', `session: ${what} (${cause})`, { step: 'session' });
}
