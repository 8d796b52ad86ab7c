import { initial } from './display-name.js';
import { html } from './html.js';
import type { QQUser } from 'express-qq-connect';
import type { Html } from './html.js';

/** One image. Tencent need not know which page of ours it is on. */
export function image(src: string, pixels: number, alt: string): Html {
  return html`<img
    class="avatar"
    src="${src}"
    alt="${alt}"
    width="${pixels}"
    height="${pixels}"
    referrerpolicy="no-referrer"
  />`;
}

/** The user's avatar, or the first letter of their name where they have none. */
export function avatar(user: QQUser, { name, pixels, alt }: { name: string; pixels: number; alt: string }): Html {
  if (user.avatarUrl !== undefined) return image(user.avatarUrl, pixels, alt);
  return html`<span class="avatar letter" aria-hidden="true">${initial(name)}</span>`;
}
