import { html } from './html.js';
import type { Html } from './html.js';

/** The sizes in which `/auth/qq/avatar` serves the user's avatar. */
export type AvatarSize = 40 | 100 | 140 | 640;

/**
 * The user's avatar, from this site: Tencent does not receive which page a visitor reads, and a user without an avatar gets one
 * with the first letter of their nickname. `pixels` is how large it is shown.
 */
export function avatar({ size = 100, pixels, alt }: { size?: AvatarSize; pixels: number; alt: string }): Html {
  const src = `/auth/qq/avatar?size=${size}`;
  return html`<img class="avatar" src="${src}" alt="${alt}" width="${pixels}" height="${pixels}" />`;
}
