/** QQ login for better-auth's Generic OAuth plugin. It does not import better-auth. */
export { qq, qqRefresh } from './better-auth/qq.js';
export type { QQOptions, QQProfile, QQProvider, QQRefreshPlugin, QQTokens } from './better-auth/qq.js';
