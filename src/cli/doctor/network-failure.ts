import { isLoopbackHost } from '../../protocol/endpoints.js';
import { QQTransportError } from '../../protocol/errors/index.js';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Environment } from '../terminal.js';

/** `code` of an error or of its cause; a timeout's has a number there, and names itself. */
function codeOf(thrown: unknown): string {
  const { code, name, cause } = Object(thrown) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (cause !== undefined) return codeOf(cause);
  return typeof name === 'string' && name !== 'Error' && name !== 'TypeError' ? name : 'unknown';
}

/** Returns Node's code of a request that failed, and what to do: its message may quote what was sent. */
export function networkFailure(thrown: unknown): { code: string; fix: LocalizedText } {
  const code = /^\w{1,60}$/.exec(codeOf(thrown))?.[0] ?? 'unknown';
  const cause = Object.assign(new Error(code), { code });
  return { code, fix: new QQTransportError('ERR_QQ_NETWORK', code, { step: 'api', cause }).hint };
}

/** The variable that sends requests for a URL through a proxy; its value may hold a password and is not printed. */
export function proxyVariable(url: URL, env: Environment): string | undefined {
  if (isLoopbackHost(url.hostname)) return undefined;
  const exempt = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  const suffixes = exempt.map((entry) => entry.replace(/^\*?\.?/, ''));
  if (suffixes.some((suffix) => suffix === '' || `.${url.hostname}`.endsWith(`.${suffix}`))) return undefined;
  const scheme = url.protocol.slice(0, -1);
  return [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find((name) => env[name]);
}
