import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios from 'axios';
import { QQTransportError } from '../protocol/errors/index.js';
import { guardedLookup, isLocalAddress, isLoopbackAddress, isPublicAddress, type Resolve } from './addresses.js';
import { isQlogoHost, permittedTarget, servesImageHosts } from './hosts.js';

/** What a {@link SafeFetch} returns. */
export interface SafeResponse {
  /** The URL after all redirects, or the target at which `stopAt` stopped. */
  url: URL;
  status: number;
  headers: Readonly<Record<string, unknown>>;
  body: Buffer;
}

/**
 * Fetches from the permitted hosts only; see {@link createSafeFetch}. `stopAt` ends the fetch at a redirect to such a
 * target, without a request there. `timeoutMs` is a shorter time than that of the fetch.
 */
export type SafeFetch = (
  url: string,
  options?: { stopAt?: (target: URL) => boolean; timeoutMs?: number },
) => Promise<SafeResponse>;

/** The options of {@link createSafeFetch}. */
export interface SafeFetchOptions {
  /** The origin of a sandbox, allowed beside the hosts, on an address of this machine or its local network. */
  sandbox?: string | undefined;
  /** Which host names are permitted over https; by default those of the avatars. */
  allowsHost?: (hostname: string) => boolean;
  /** For the whole of a fetch, its redirects included. */
  timeoutMs?: number;
  resolve?: Resolve;
}

/** For the whole of a fetch, or of a chain of them, in milliseconds. */
export const FETCH_MS = 4_000;
/** The largest body that is read, in bytes as they come over the wire: nothing is decompressed. */
export const MAX_IMAGE_BYTES = 2 * 1024 * 1024;
const MAX_REDIRECTS = 2;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const HEADERS = {
  accept: 'image/png,image/jpeg,image/gif,image/webp,*/*;q=0.1',
  // A compressed body is rejected as no image, so it cannot be a decompression bomb.
  'accept-encoding': 'identity',
  'user-agent': 'express-qq-connect',
};

function agents(permits: (address: string) => boolean, resolve: Resolve | undefined) {
  const options = { keepAlive: true, timeout: 4_000, maxSockets: 64, lookup: guardedLookup(permits, resolve) };
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
}

function failure(code: 'ERR_QQ_TIMEOUT' | 'ERR_QQ_NETWORK' | 'ERR_QQ_BODY_TOO_LARGE', message: string, cause?: Error) {
  // The path would name the user.
  return new QQTransportError(code, message, { step: 'api', ...(cause && { cause }) });
}

function describeFailure(error: unknown, host: string, timedOut: boolean): QQTransportError {
  if (timedOut) return failure('ERR_QQ_TIMEOUT', `${host} did not respond in time`);
  if (axios.isAxiosError(error) && error.message.startsWith('maxContentLength')) {
    return failure('ERR_QQ_BODY_TOO_LARGE', `${host} returned more than ${MAX_IMAGE_BYTES} bytes`);
  }
  // An AxiosError contains the whole request. Node's code is enough.
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (inner as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  return failure('ERR_QQ_NETWORK', `${host} could not be reached`, Object.assign(new Error(code), { code }));
}

/**
 * Creates the only function that sends requests to the image hosts. It parses a URL and compares its exact host, without
 * a port and user information. It checks the addresses when the connection is made, and each of at most two redirects.
 * It sends no cookies and no Referer, and uses no proxy, which would resolve the name itself. A fetch takes at most
 * 4 seconds and 2 MiB.
 *
 * The fetch rejects with a {@link QQTransportError}, also for a target that is not permitted.
 */
export function createSafeFetch(options: SafeFetchOptions = {}): SafeFetch {
  const { sandbox, allowsHost = isQlogoHost, timeoutMs = FETCH_MS, resolve } = options;
  const outside = agents(isPublicAddress, resolve);
  const isAllowed = sandbox !== undefined && servesImageHosts(sandbox) ? isLoopbackAddress : isLocalAddress;
  const inside = sandbox === undefined ? undefined : agents(isAllowed, resolve);
  const client = axios.create();

  function target(text: string, from?: URL): URL {
    const url = permittedTarget(text, { sandbox, allowsHost }, from);
    if (url) return url;
    throw failure('ERR_QQ_NETWORK', `${from ? `${from.hostname} redirected to` : 'this is'} a URL of no avatar host`);
  }

  async function request(url: URL, signal: AbortSignal): Promise<Omit<SafeResponse, 'url'>> {
    try {
      const response = await client.request<Buffer>({
        url: url.href,
        headers: HEADERS,
        responseType: 'arraybuffer',
        decompress: false,
        transformResponse: [(data: unknown) => data],
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: MAX_IMAGE_BYTES,
        proxy: false,
        ...(inside && url.origin === sandbox ? inside : outside),
        signal,
      });
      return { status: response.status, headers: response.headers, body: response.data };
    } catch (error) {
      throw describeFailure(error, url.hostname, signal.aborted);
    }
  }

  return async function safeFetch(text, { stopAt, timeoutMs: lessMs = timeoutMs } = {}) {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(lessMs, timeoutMs))));
    let url = target(text);
    for (let redirects = 0; ; redirects++) {
      const answer = await request(url, signal);
      const location = REDIRECTS.has(answer.status) ? answer.headers.location : undefined;
      if (typeof location !== 'string') return { ...answer, url };
      if (redirects === MAX_REDIRECTS) throw failure('ERR_QQ_NETWORK', `${url.hostname} redirected too often`);
      url = target(location, url);
      if (stopAt?.(url)) return { ...answer, url };
    }
  };
}
