import { isLoopbackHost } from '../protocol/endpoints.js';
import { QQConfigurationError, QQResponseError, QQTransportError } from '../protocol/errors/index.js';
import { BODY_TOO_LARGE, createRequest } from '../transport/request.js';
import type { HttpAnswer } from '../transport/request.js';

/** Sends the body of a request, and returns the body of the reply. */
export type Post = (body: string, signal?: AbortSignal) => Promise<string>;

/**
 * Validates the address of a server: https, or plain http on a loopback address.
 *
 * @throws QQConfigurationError for any other address; the message does not hold it
 */
export function readUrl(url: unknown): string {
  const parsed = typeof url === 'string' && !/[?#@\s\\]/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopbackHost(parsed.hostname))) {
    return parsed.href;
  }
  throw new QQConfigurationError(
    'text protocol: url must be an https URL of a host and a path, or plain http on a loopback address, because the ' +
      "password's MD5, which is as good as the password, would cross the network in the clear",
    {
      en: 'Set url to an https address, or to the url of startTextServer() on this machine. Tencent’s server is gone.',
      zh: '请将 url 设为 https 地址，或本机 startTextServer() 的 url。腾讯的服务器早已关闭。',
    },
  );
}

function transportError(error: unknown, timeoutMs: number): unknown {
  // By its name: in another realm, such as a test runner's, a DOMException is no instance of Error.
  if ((error as { name?: unknown } | undefined)?.name === 'TimeoutError') {
    const hint = {
      en: 'Check that the server runs, or raise timeoutMs. The request may have been carried out.',
      zh: '请检查服务器是否正常，或增大 timeoutMs。该请求可能已被执行。',
    };
    const message = `text protocol: the server did not reply within ${timeoutMs} ms`;
    return new QQTransportError('ERR_QQ_TIMEOUT', message, { step: 'api', hint });
  }
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  const { cause } = error;
  const code = 'code' in cause ? String(cause.code) : 'no connection';
  if (code === BODY_TOO_LARGE) {
    const hint = { en: 'Check that url is a server of the text protocol.', zh: '请检查 url 是否为文本协议的服务器。' };
    return new QQTransportError(BODY_TOO_LARGE, 'text protocol: the reply is larger than 64 KiB', {
      step: 'api',
      hint,
    });
  }
  const hint = {
    en: 'Check that the server runs and that this machine reaches it. The request may have been carried out.',
    zh: '请检查服务器是否正常、网络是否连通。该请求可能已被执行。',
  };
  const message = `text protocol: the connection to the server failed (${code})`;
  return new QQTransportError('ERR_QQ_NETWORK', message, { step: 'api', cause, hint });
}

/** Makes a {@link Post}: one request on a connection of its own, never repeated, and no redirect followed. */
export function createPost(url: string, timeoutMs: number): Post {
  const headers = { 'content-type': 'text/plain; charset=UTF-8', connection: 'close' };
  const request = createRequest({ timeoutMs, headers });
  return async function post(body, signal) {
    let response: HttpAnswer;
    try {
      response = await request({ method: 'POST', url, body, once: true, signal });
    } catch (error) {
      throw signal?.aborted === true ? error : transportError(error, timeoutMs);
    }
    if (response.status !== 200) {
      const message = `text protocol: the server replied with HTTP status ${response.status}`;
      const hint = {
        en: 'Check that url is a server of the text protocol.',
        zh: '请检查 url 是否为文本协议的服务器。',
      };
      throw new QQResponseError(message, { code: 'ERR_QQ_HTTP_STATUS', step: 'api', hint });
    }
    return response.text;
  };
}
