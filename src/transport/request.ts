import { Axios } from 'axios';
import { connections } from '#connections';
import { isLoopbackHost } from '../protocol/endpoints.js';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import type { Agents } from '#connections';

/** One HTTP request. */
export interface HttpRequest {
  /** @defaultValue `'GET'` */
  method?: 'GET' | 'POST';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /**
   * The server acts on it once only, so it must not be sent twice and must not meet a connection that the server is
   * just closing: it gets a new connection, and is never repeated.
   * @defaultValue `false`
   */
  once?: boolean;
  /** Cancels the request, which then fails with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The response to an {@link HttpRequest}, with any status. */
export interface HttpAnswer {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, unknown>>;
  text: string;
}

/** See {@link createRequest}. */
export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>;

/** What {@link createRequest} is made from. */
export interface RequestOptions {
  /** For the whole of a request in milliseconds: waiting for a connection, connecting, and reading to the last byte. */
  timeoutMs: number;
  /** Headers of every request. */
  headers?: Readonly<Record<string, string>>;
  /** An instance of the application's. Its agents, proxy, adapter and interceptors are kept. */
  axios?: AxiosInstance | undefined;
}

/** The largest body that is read, in bytes after decompression. A real response of QQ has about 1,500. */
export const MAX_BODY_BYTES = 64 * 1024;

/** `code` of the cause when a body was larger than {@link MAX_BODY_BYTES}. */
export const BODY_TOO_LARGE = 'ERR_QQ_BODY_TOO_LARGE';

/** `code` of the cause when the application's axios instance returned something other than a response. */
export const NO_AXIOS_RESPONSE = 'ERR_NO_AXIOS_RESPONSE';

const asItIs = [(data: unknown) => data];
const settings: AxiosRequestConfig = {
  responseType: 'text',
  maxRedirects: 0,
  maxContentLength: MAX_BODY_BYTES,
};

type Send = (config: AxiosRequestConfig, agents: Agents) => Promise<unknown>;

function ownSend(headers: RequestOptions['headers']): Send {
  // Settings are given once, as each one given for a request is merged again. An Axios of no defaults has no
  // transforms and accepts every status.
  const axios = new Axios({ ...settings, ...connections.settings, ...(headers && { headers: { ...headers } }) });
  return async (config, agents) => {
    const { hostname } = new URL(config.url ?? '');
    // axios would send requests for 127.0.0.1 too through http_proxy.
    return axios.request({ ...config, ...agents, ...(isLoopbackHost(hostname) && { proxy: false }) });
  };
}

/** Sends through the application's instance; its agents and proxy stay, and the settings for reading responses do not. */
function applicationSend(axios: AxiosInstance, headers: RequestOptions['headers']): Send {
  return async (config, { httpAgent, httpsAgent }) => {
    const { defaults } = axios;
    const { hostname } = new URL(config.url ?? '');
    return axios.request({
      ...config,
      ...settings,
      headers: { ...headers, ...(config.headers as Record<string, string> | undefined) },
      transformRequest: asItIs,
      transformResponse: asItIs,
      validateStatus: () => true,
      ...(defaults.httpAgent === undefined && { httpAgent }),
      ...(defaults.httpsAgent === undefined && { httpsAgent }),
      ...(defaults.proxy === undefined && isLoopbackHost(hostname) && { proxy: false }),
    });
  };
}

/**
 * Returns a new error with Node's code and system call only, because an AxiosError contains the whole request, and a
 * parse error the raw bytes of the response.
 */
function networkCause(error: unknown): Error {
  if (error instanceof Error && error.message.startsWith('maxContentLength')) {
    return Object.assign(new Error(`the body is larger than ${MAX_BODY_BYTES} bytes`), { code: BODY_TOO_LARGE });
  }
  const inner: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // An interceptor of the application's may throw anything.
  const { code, syscall } = (inner ?? {}) as Record<string, unknown>;
  return Object.assign(new Error(typeof code === 'string' ? code : 'the connection failed'), {
    ...(typeof code === 'string' && { code }),
    ...(typeof syscall === 'string' && { syscall }),
  });
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
    return new TextDecoder().decode(data as Uint8Array<ArrayBuffer>);
  // An adapter of the application's, such as a mock, may give an object.
  return data === undefined || data === null ? '' : JSON.stringify(data);
}

function readAnswer(response: unknown): HttpAnswer {
  const { status, headers, data } = (response ?? {}) as Record<string, unknown>;
  if (typeof status !== 'number') {
    const cause = new Error('an interceptor of the axios instance returned no response');
    throw new TypeError('request failed', { cause: Object.assign(cause, { code: NO_AXIOS_RESPONSE }) });
  }
  const text = textOf(data);
  // An adapter of the application's may have no limit.
  if (text.length > MAX_BODY_BYTES)
    throw new TypeError('request failed', { cause: networkCause(new Error('maxContentLength')) });
  return { status, headers: (headers ?? {}) as HttpAnswer['headers'], text };
}

/**
 * Creates the only function of this package that sends requests to QQ, through axios. It follows no redirect and accepts
 * every status. It reads at most {@link MAX_BODY_BYTES}.
 *
 * If the server closes a kept connection at that moment, the request is sent once more on a new connection, unless it is
 * marked `once` or sent through an instance of the application.
 *
 * It fails with a `TimeoutError` once `timeoutMs` have passed, else with a `TypeError` whose cause has Node's `code`
 * (`ECONNRESET`). The cause is never an AxiosError, because inspecting one prints the APP Key.
 */
export function createRequest({ timeoutMs, headers, axios }: RequestOptions): SendRequest {
  const send = axios ? applicationSend(axios, headers) : ownSend(headers);
  async function sendOrRepeat(config: AxiosRequestConfig, once: boolean): Promise<unknown> {
    try {
      return await send(config, once ? connections.single : connections.pooled);
    } catch (error) {
      if (once || axios || !connections.metClosing(error)) throw error;
      return send(config, connections.single);
    }
  }
  return async function request({ method = 'GET', url, headers: ownHeaders, body, once = false, signal: given }) {
    // Not AbortSignal.timeout(), whose timer would outlive the call.
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => {
      controller.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
    }, timeoutMs);
    const cancel = (): void => controller.abort(given?.reason);
    if (given?.aborted === true) cancel();
    given?.addEventListener('abort', cancel);
    const config: AxiosRequestConfig = {
      url,
      method,
      signal,
      ...(ownHeaders && { headers: { ...ownHeaders } }),
      ...(body !== undefined && { data: body }),
    };
    let response: unknown;
    try {
      response = await sendOrRepeat(config, once);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new TypeError('request failed', { cause: networkCause(error) });
    } finally {
      clearTimeout(timer);
      given?.removeEventListener('abort', cancel);
    }
    return readAnswer(response);
  };
}
