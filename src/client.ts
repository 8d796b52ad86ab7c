/** A client of QQ Connect, without Express. */
export { QQConnectClient } from './client/client.js';
export type { QQConnectClientOptions } from './client/options.js';
export type { OpenIdResponse, TokenSet } from './client/grants.js';
export { completeLogin, startLogin } from './attempt/login.js';
export type { CompleteLoginOptions, CompletedLogin, StartLoginOptions, StartedLogin } from './attempt/login.js';
export { parseQQBody } from './protocol/body.js';
export { describeQQErrorCode, qqErrorCodes } from './protocol/error-codes.js';
export type { LocalizedText, QQErrorAction, QQErrorCodeEntry } from './protocol/error-codes.js';
export {
  QQConfigurationError,
  QQConnectError,
  QQRequestError,
  QQResponseError,
  QQTransportError,
  isQQConnectError,
} from './protocol/errors/index.js';
export type {
  QQConfigurationErrorCode,
  QQErrorCode,
  QQErrorKind,
  QQErrorsByKind,
  QQRequestErrorCode,
  QQResponseErrorCode,
  QQStep,
  QQTransportErrorCode,
} from './protocol/errors/index.js';
export type { QQUser, UserInfoResponse } from './protocol/profile.js';
