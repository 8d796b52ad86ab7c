import { isLoopbackHost } from '../../protocol/endpoints.js';
import { BODY_TOO_LARGE } from '../../transport/request.js';
import type { Bilingual } from '../../protocol/error-codes.js';
import type { Environment } from '../terminal.js';

/** Why there was no answer, and what to do. */
export interface NetworkFailure {
  readonly kind: 'dns' | 'refused' | 'timeout' | 'reset' | 'route' | 'tls' | 'not_http' | 'too_large' | 'unknown';
  /** Node's own code, `ENOTFOUND` for example. */
  readonly code: string;
  readonly what: Bilingual;
  readonly fix: Bilingual;
}

const kinds: readonly (readonly [NetworkFailure['kind'], RegExp, Bilingual, Bilingual])[] = [
  [
    'dns',
    /^(?:ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/,
    { en: 'its name is not found (DNS)', zh: '域名解析失败（DNS）' },
    {
      en: 'Check the host name and the DNS servers of this machine or container.',
      zh: '请检查域名，以及本机或容器的 DNS 设置。',
    },
  ],
  [
    'timeout',
    /^(?:TimeoutError|AbortError|ETIMEDOUT|ECONNABORTED|UND_ERR_\w*TIMEOUT)$/,
    { en: 'no answer in time', zh: '超时没有应答' },
    {
      en: 'Check the firewall, the security group and the proxy on the way out.',
      zh: '请检查防火墙、安全组和出口代理。',
    },
  ],
  [
    'refused',
    /^ECONNREFUSED$/,
    { en: 'the connection is refused', zh: '连接被拒绝' },
    {
      en: 'Check that something listens there (is the sandbox or the site running?) and the port.',
      zh: '请检查端口，以及对方（沙箱或网站）是否在运行。',
    },
  ],
  [
    'route',
    /^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENETDOWN|EACCES|EPERM)$/,
    { en: 'there is no way to it from this network', zh: '本机网络到不了该主机' },
    { en: 'Check the network, the firewall and, for IPv6, the route.', zh: '请检查网络、防火墙以及 IPv6 路由。' },
  ],
  [
    'tls',
    /CERT|SELF_SIGNED|UNABLE_TO|SSL|TLS|^EPROTO$/,
    { en: 'the secure connection fails (TLS)', zh: '安全连接失败（TLS）' },
    {
      en: 'Check the certificate chain and the clock; behind a proxy that inspects traffic set NODE_EXTRA_CA_CERTS.',
      zh: '请检查证书链和系统时间；如有解密流量的代理，请设置 NODE_EXTRA_CA_CERTS。',
    },
  ],
  [
    'reset',
    /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    { en: 'the connection is cut off', zh: '连接被中断' },
    { en: 'Check the firewall and the proxy on the way; try again.', zh: '请检查途经的防火墙和代理，再试一次。' },
  ],
  [
    'not_http',
    /^(?:HPE_|ERR_FR_|UND_ERR_(?:HEADERS|RESPONSE)|ERR_HTTP)/,
    { en: 'whatever answers does not speak HTTP', zh: '应答的不是 HTTP 服务' },
    { en: 'Check scheme, host and port.', zh: '请检查协议、主机和端口。' },
  ],
  [
    'too_large',
    new RegExp(`^${BODY_TOO_LARGE}$`),
    { en: 'the answer is too large for QQ', zh: '应答过大，不像是 QQ' },
    { en: 'Check the proxies on the way: something else answers.', zh: '请检查途经的代理：应答的是别的东西。' },
  ],
];

/** `code` of an error or of its cause; a time-out's has a number there, and says what it is by its name. */
function codeOf(thrown: unknown): string {
  const { code, name, cause } = Object(thrown) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (cause !== undefined) return codeOf(cause);
  return typeof name === 'string' && name !== 'Error' && name !== 'TypeError' ? name : 'unknown';
}

/** Names what a `fetch` that threw failed of, by Node's code: the message may quote what was sent. */
export function networkFailure(thrown: unknown): NetworkFailure {
  const code = /^\w{1,60}$/.exec(codeOf(thrown))?.[0] ?? 'unknown';
  const known = kinds.find(([, pattern]) => pattern.test(code));
  if (!known) {
    const what = { en: 'the connection fails', zh: '连接失败' };
    return { kind: 'unknown', code, what, fix: { en: 'Check the network on the way.', zh: '请检查网络。' } };
  }
  const [kind, , what, fix] = known;
  return { kind, code, what, fix };
}

/** The variable that sends requests for a URL through a proxy; its value may hold a password and is not read out. */
export function proxyVariable(url: URL, env: Environment): string | undefined {
  if (isLoopbackHost(url.hostname)) return undefined;
  const exempt = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  const suffixes = exempt.map((entry) => entry.replace(/^\*?\.?/, ''));
  if (suffixes.some((suffix) => suffix === '' || `.${url.hostname}`.endsWith(`.${suffix}`))) return undefined;
  const scheme = url.protocol.slice(0, -1);
  return [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find((name) => env[name]);
}
