import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isLoopbackHost } from '../protocol/endpoints.js';
import type { AxiosInstance } from 'axios';

/** What of `fetch` this package uses, and openid-client calls. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Response>;

/** The options of a {@link Fetch}. */
export interface FetchInit {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: string | URLSearchParams | null | undefined;
}

/** What {@link axiosFetch} is made from. */
export interface AxiosFetchOptions {
  /** For the whole of a request, from connecting to the last byte, in milliseconds. */
  timeoutMs: number;
  /** An instance of the application's, with its own proxy or interceptors. */
  axios?: AxiosInstance | undefined;
}

/** The largest body that is read, in bytes after decompression. A real answer of QQ's has about 1,500. */
export const MAX_BODY_BYTES = 64 * 1024;

/** `code` of the cause when a body was larger than {@link MAX_BODY_BYTES}. */
export const BODY_TOO_LARGE = 'ERR_QQ_BODY_TOO_LARGE';

// Connections stay open from one login to the next, and are closed before a server's own idle limit can race us. The
// delay of the probes is axios's own: with any other one each call would set it twice, on the socket.
const keepAlive = { keepAlive: true, timeout: 4_000, keepAliveMsecs: 60_000 };
const httpAgent = new HttpAgent(keepAlive);
const httpsAgent = new HttpsAgent(keepAlive);

/**
 * Node's own error behind an axios one, or a copy without what it might carry along: an AxiosError holds the whole
 * request, and a parse error the raw bytes of the answer.
 */
function networkCause(error: unknown): Error {
  if (error instanceof Error && error.message.startsWith('maxContentLength')) {
    return Object.assign(new Error(`the body is larger than ${MAX_BODY_BYTES} bytes`), { code: BODY_TOO_LARGE });
  }
  const inner: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // An interceptor of the application's may throw anything.
  const { code, syscall } = (inner ?? {}) as Partial<NodeJS.ErrnoException>;
  return Object.assign(new Error(code ?? 'the connection failed'), {
    ...(code !== undefined && { code }),
    ...(syscall !== undefined && { syscall }),
  });
}

function timedOut(timeoutMs: number): DOMException {
  return new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError');
}

function responseOf(status: number, headers: Record<string, unknown>, body: Uint8Array<ArrayBuffer>): Response {
  const kept = new Headers();
  for (const name of ['content-type', 'location', 'retry-after']) {
    const value = headers[name];
    if (typeof value === 'string') kept.set(name, value);
  }
  const bodyless = status === 204 || status === 205 || status === 304;
  return new Response(bodyless ? null : body, { status, headers: kept });
}

/**
 * Makes a `fetch` out of axios: the one way out of this package. No redirect is followed, no status is an error, no
 * body is transformed, and none is larger than {@link MAX_BODY_BYTES}.
 *
 * It fails as `fetch` does: with a `TimeoutError` once `timeoutMs` have passed, however much has come by then, else
 * with a `TypeError` whose cause has Node's `code` (`ECONNRESET`). Never with an AxiosError, which would show the APP Key to whoever prints it.
 */
export function axiosFetch({ timeoutMs, axios: given }: AxiosFetchOptions): Fetch {
  let loaded: Promise<AxiosInstance> | undefined;
  // axios takes longer to load than the rest of this package: not before the first call of QQ.
  const load = async (): Promise<AxiosInstance> => given ?? (await import('axios')).default.create();
  return async function fetch(url, init = {}) {
    const instance = await (loaded ??= load());
    // Not AbortSignal.timeout(), whose timer would outlive the call.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs);
    const { signal } = controller;
    try {
      const response = await instance.request<Uint8Array<ArrayBuffer>>({
        url,
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        data: init.body?.toString(),
        responseType: 'arraybuffer',
        transformRequest: [(data: unknown) => data],
        transformResponse: [(data: unknown) => data],
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: MAX_BODY_BYTES,
        httpAgent,
        httpsAgent,
        // axios would send even 127.0.0.1 through http_proxy.
        ...(isLoopbackHost(new URL(url).hostname) && { proxy: false }),
        signal,
      });
      return responseOf(response.status, response.headers, response.data);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new TypeError('fetch failed', { cause: networkCause(error) });
    } finally {
      clearTimeout(timer);
    }
  };
}
