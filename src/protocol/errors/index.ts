import { errorKindOf } from './qq-connect-error.js';
import type { QQConfigurationError } from './configuration-error.js';
import type { QQConnectError, QQErrorKind } from './qq-connect-error.js';
import type { QQRequestError } from './request-error.js';
import type { QQResponseError } from './response-error.js';
import type { QQTransportError } from './transport-error.js';

export { QQConnectError } from './qq-connect-error.js';
export type { QQErrorKind, QQStep } from './qq-connect-error.js';
export { QQConfigurationError } from './configuration-error.js';
export { QQTransportError, storeError } from './transport-error.js';
export { QQResponseError } from './response-error.js';
export { QQRequestError } from './request-error.js';
export type {
  QQConfigurationErrorCode,
  QQErrorCode,
  QQRequestErrorCode,
  QQResponseErrorCode,
  QQTransportErrorCode,
} from './codes.js';

/** The class of an error by its kind. */
export interface QQErrorsByKind {
  configuration: QQConfigurationError;
  transport: QQTransportError;
  response: QQResponseError;
  request: QQRequestError;
}

/**
 * Returns whether a thrown value is an error of this package, also one from another copy of it.
 *
 * @example
 * ```ts
 * import { isQQConnectError } from 'express-qq-connect/client';
 *
 * export function isUnreachable(error: unknown): boolean {
 *   return isQQConnectError(error, 'transport') && error.code === 'ERR_QQ_NETWORK';
 * }
 * ```
 */
export function isQQConnectError(value: unknown): value is QQConnectError;
/** Returns whether a thrown value is an error of this kind, and narrows to its class. */
export function isQQConnectError<Kind extends QQErrorKind>(value: unknown, kind: Kind): value is QQErrorsByKind[Kind];
export function isQQConnectError(value: unknown, kind?: QQErrorKind): boolean {
  const found = errorKindOf(value);
  return found !== undefined && (kind === undefined || found === kind);
}
