import type { QQAvatarOwner } from './urls.js';

export type { AvatarSize } from './sizes.js';

/** Whose avatar an id of the application's stands for. */
export type AvatarSource = (
  | QQAvatarOwner
  | { appId: string; openid: string }
  | { group: string | number }
  /** A URL of a QQ avatar, as a login answered it. */
  | { url: string }
) & {
  /** Whose first letter stands in where there is no image. */
  nickname?: string;
};

/** An image that passed every check. */
export interface AvatarImage {
  /** Memory of its own, not a piece of a larger buffer. */
  body: Buffer;
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  width: number;
  height: number;
  /** As Tencent sent it: Beijing time called GMT, so only good to be passed on. */
  lastModified?: string;
}
