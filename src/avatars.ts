/**
 * QQ avatars: their URLs, and a router that serves the images from the application's site.
 *
 * @packageDocumentation
 */
export {
  isQQAvatarUrl,
  parseAvatarUrl,
  qqAppAvatarUrl,
  qqAvatarUrl,
  qqGroupAvatarUrl,
  qqHeadimgUrl,
  withAvatarSize,
} from './avatars/urls.js';
export type { QQAvatarOwner, QQAvatarUrlOptions, QQAvatarUrlSize } from './avatars/urls.js';
export type { ParsedAvatarUrl } from './avatars/url-forms.js';
export { resolveAvatarKey } from './avatars/resolve-avatar-key.js';
export type { ResolveAvatarKeyOptions } from './avatars/resolve-avatar-key.js';
export type { AvatarSource, SourceResolver } from './avatars/types.js';
export type { MissLimits } from './avatars/miss-limiter.js';
export { signOkayapi, verifyOkayapi } from './avatars/okayapi-signature.js';
export { qqAvatars } from './avatars/qq-avatars.js';
export type { OkayapiCredentials, QQAvatarsOptions } from './avatars/options.js';
