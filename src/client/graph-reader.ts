import { describeQQErrorCode } from '../protocol/error-codes.js';
import { QQConfigurationError, isQQConnectError } from '../protocol/errors/index.js';
import type { CallQQ, QQCall } from '../transport/dialect.js';

/** Returns a path of an API as it is: one such as `@other.example` would send the access token to another host. */
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

/** Reads from QQ: once more if QQ says that a step failed on its side, and otherwise once. */
export async function readFromQQ(callQQ: CallQQ, call: QQCall): Promise<Record<string, unknown>> {
  try {
    return await callQQ(call);
  } catch (error) {
    if (!failedAtTencent(error)) throw error;
    return callQQ(call);
  }
}
