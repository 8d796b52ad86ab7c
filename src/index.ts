/** QQ login for Express. */
export { qqConnect } from './express/router.js';
export { requireQQUser } from './express/require-qq-user.js';
export { qqErrorHandler } from './express/error-handler.js';
export type { LoginDetails, OnLoginResult, QQConnectOptions } from './express/options.js';
export type { RequireQQUserOptions } from './express/require-qq-user.js';
export type { QQErrorHandlerOptions } from './express/error-handler.js';
export type { EventFailure, QQConnectEvent, QQConnectEventListener } from './express/events.js';
export type { LoginOptions } from './express/login.js';
// These carry the declarations for `req.qqUser` and for the session along to whoever imports the package.
export type { QQConnectRequest } from './express/qq-connect-request.js';
export type { StoredLogin } from './express/session.js';
export type { Lock, LockLimits } from './lock/lock.js';
export * from './client.js';
