/**
 * QQ avatars: their URLs, and a router that serves the images from your own site.
 *
 * @packageDocumentation
 */
export {
  isQQAvatarUrl,
  parseAvatarUrl,
  qqAppAvatarUrl,
  qqAvatarUrl,
  qqGroupAvatarUrl,
  withAvatarSize,
} from './avatar/urls.js';
export type { QQAvatarOwner, QQAvatarUrlOptions, QQAvatarUrlSize } from './avatar/urls.js';
export type { ParsedAvatarUrl } from './avatar/url-forms.js';
export { resolveAvatarKey } from './avatar/resolve-avatar-key.js';
export type { ResolveAvatarKeyOptions } from './avatar/resolve-avatar-key.js';
export type { AvatarSource } from './avatar/types.js';
export type { MissLimits } from './avatar/miss-limiter.js';
export { qqAvatars } from './express/avatars/qq-avatars.js';
export type { QQAvatarsOptions } from './express/avatars/avatar-options.js';
