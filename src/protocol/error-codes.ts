import { errorCodeTable, type QQErrorCodeEntry } from './error-code-table.js';

export { userMessages } from './error-code-hints.js';
export type { LocalizedText } from './error-code-hints.js';
export type { QQErrorAction, QQErrorCodeEntry } from './error-code-table.js';

/**
 * Holds every error code of QQ Connect by its number, in ascending order: `error` of the OAuth endpoints and of `me`,
 * and `ret` of APIs such as `get_user_info`, which can be negative or positive.
 *
 * @see 公共返回码说明 (QQ Connect's wiki)
 */
export const qqErrorCodes: ReadonlyMap<number, QQErrorCodeEntry> = new Map(
  errorCodeTable.map((entry) => [entry.code, entry]),
);

/**
 * Looks up what one of QQ's error codes means and what to do about it.
 *
 * @param code - the number in `error` or `ret`; 0 is success and has no entry
 * @returns the entry, or `undefined` for a number that QQ has not documented
 *
 * @example
 * ```ts
 * import { describeQQErrorCode } from 'express-qq-connect/client';
 *
 * const entry = describeQQErrorCode(100010);
 * if (entry) console.error(entry.meaning.zh, entry.hint.zh);
 * ```
 */
export function describeQQErrorCode(code: number): QQErrorCodeEntry | undefined {
  return qqErrorCodes.get(code);
}
