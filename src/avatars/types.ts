import type { QQAvatarOwner } from './urls.js';

/** Sizes of an image that the service fetches, in pixels. 0 is the original. */
export const AVATAR_SIZES = [0, 40, 100, 140, 160, 640] as const;

/** Size of an image that the service fetches, in pixels. 0 is the original. */
export type AvatarSize = (typeof AVATAR_SIZES)[number];

/** The size of an avatar if a request has no `size`. */
export const DEFAULT_AVATAR_SIZE: AvatarSize = 100;

/** The source of the avatar for an ID of the application. */
export type AvatarSource = (
  | QQAvatarOwner
  | { appId: string; openid: string }
  | { group: string | number }
  /** A URL of a QQ avatar, as QQ returned it at a login. */
  | { url: string }
) & {
  /** Its first letter replaces a missing image. */
  nickname?: string;
};

/** A function of the application that returns the source for its arguments, `undefined` if there is none. */
export type SourceResolver<Args extends string[]> = (
  ...args: Args
) => AvatarSource | undefined | Promise<AvatarSource | undefined>;

/** An image that passed every check. */
export interface AvatarImage {
  /** Memory of its own, not a part of a larger buffer. */
  body: Buffer;
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  width: number;
  height: number;
  /** As Tencent sent it: Beijing time labelled as GMT. Only passed on, never compared with a clock. */
  lastModified?: string;
}
