/**
 * QQ login for Express.
 *
 * @module express-qq-connect
 */
export { qqConnect } from './express/middleware.js';
export { requireQQUser, withQQUser } from './express/require-user.js';
export { qqErrorHandler } from './express/error-handler.js';
export type { LoginDetails, OnLoginResult, QQConnectOptions } from './express/options.js';
export type { QQUserHandler, QQUserRequest, RequireQQUserOptions } from './express/require-user.js';
export type { QQErrorHandlerOptions } from './express/error-handler.js';
export type { EventFailure, QQConnectEvent, QQConnectEventListener } from './express/events.js';
export type { LoginOptions } from './express/login/start.js';
// These modules declare `req.qqUser` and the session's data: an import of the package brings the declarations along.
import './express/session/stored-login.js';
export type { QQConnectRequest } from './express/request.js';
export type { Lock, LockLimits } from './lock/lock.js';
export * from './client.js';
