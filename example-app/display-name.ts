import type { QQUser } from 'express-qq-connect';

// Control characters, and the marks that turn the direction of the text around them. A joiner stays: emoji need it.
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** The user's nickname, fit to be shown. A nickname may be anything, nothing included, and is never a unique name. */
export function displayName(user: QQUser, nameless: string): string {
  const name = user.nickname.replace(UNSEEN, '').trim();
  return BLANK.test(name) ? nameless : name;
}

/** An openid or unionid, short enough to read. */
export function shortId(id: string): string {
  return id.length > 13 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}
