import { QQResponseError } from '../protocol/errors/index.js';
import type { QQStep } from '../protocol/errors/index.js';

const MAX_LENGTH = 128;

/** Whether a value can name a user. Ill-formed text would become the same text as another user's once it is stored. */
export function isIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_LENGTH) return false;
  return value.isWellFormed() && !value.includes('\ufffd');
}

/**
 * Returns the openid of an answer.
 *
 * @throws {@link QQResponseError} `ERR_QQ_OPENID_MISSING`, because without an openid no user is logged in
 */
export function requireOpenId(openid: unknown, step: QQStep, endpoint: string): string {
  if (isIdentifier(openid)) return openid;
  const found = openid === undefined ? 'without an openid' : 'with an openid that is none';
  throw new QQResponseError(`${step}: QQ answered ${found}`, { code: 'ERR_QQ_OPENID_MISSING', step, endpoint });
}
