import { describeQQErrorCode } from '../protocol/error-codes.js';
import { QQConfigurationError, isQQConnectError } from '../protocol/errors/index.js';
import { responseError, toQQError } from './to-qq-error.js';
import type { QQStep } from '../protocol/errors/index.js';
import type { Fetch } from '../transport/axios-fetch.js';
import type { ConformedError } from '../transport/conforming-fetch.js';

/** Asks a reading endpoint of QQ's; see {@link graphReader}. */
export type GraphReader = (
  step: QQStep,
  path: string,
  query: Record<string, string>,
) => Promise<Record<string, unknown>>;

/** Gives a path of an API as it is: one such as `@other.example` would take the access token to another host. */
export function requireApiPath(path: string): string {
  if (/^\/[^?#\s\\]*$/.test(path)) return path;
  throw new QQConfigurationError('api: the path must begin with a slash and hold no query', {
    en: 'Pass the path of the API to callApi, and its parameters as params.',
    zh: '请将接口路径传给 callApi，参数放在 params 中。',
  });
}

function failedAtTencent(error: unknown): boolean {
  if (!isQQConnectError(error, 'response') || typeof error.qqCode !== 'number') return false;
  return describeQQErrorCode(error.qqCode)?.retryRead === true;
}

/**
 * Reads from QQ through a conforming fetch. Where QQ says that a step failed on its side a read is asked once more;
 * nothing else is ever repeated.
 */
export function graphReader(fetch: Fetch, graphUrl: string): GraphReader {
  async function readOnce(step: QQStep, path: string, query: Record<string, string>): Promise<Record<string, unknown>> {
    const where = { step, endpoint: path };
    let response: Response;
    try {
      response = await fetch(`${graphUrl}${path}?${new URLSearchParams(query).toString()}`);
    } catch (error) {
      throw toQQError(error, where);
    }
    const body = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw responseError(body as unknown as ConformedError, where);
    return body;
  }
  return async function read(step, path, query) {
    try {
      return await readOnce(step, path, query);
    } catch (error) {
      if (!failedAtTencent(error)) throw error;
      return readOnce(step, path, query);
    }
  };
}
