import { toQQUser } from '../protocol/profile.js';
import { recentEntries } from './recent-entries.js';
import { unpackProfile } from './stored-profile.js';
import type { QQUser } from '../protocol/profile.js';
import type { StoredLogin } from './session.js';
import type { StoredProfile } from './stored-profile.js';

// About 2 kB each; one with fields of its own, which may be of any size, is not remembered.
const REMEMBERED = 1_000;

const users = recentEntries<{ profile: StoredProfile; user: QQUser }>(REMEMBERED);

function isSame({ values, others }: StoredProfile, remembered: StoredProfile): boolean {
  if (others !== undefined || remembered.others !== undefined || values.length !== remembered.values.length)
    return false;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const other = remembered.values[index];
    if (value !== other && !(Array.isArray(value) && Array.isArray(other))) return false;
  }
  return true;
}

function copyOf(user: QQUser): QQUser {
  return { ...user, raw: { ...user.raw } };
}

/**
 * Makes the user of a stored login. Users come back with one request after the other, so what was made of the last
 * ones is kept, and each caller gets a copy to do with as it likes.
 */
export function userOfLogin(login: StoredLogin): QQUser {
  const { appId, openid, unionid, profile } = login;
  const remembered = users.get(openid);
  if (remembered?.user.appId === appId && remembered.user.unionid === unionid && isSame(profile, remembered.profile)) {
    return copyOf(remembered.user);
  }
  const user = toQQUser(login, unpackProfile(profile));
  if (profile.others === undefined) users.set(openid, { profile, user });
  return copyOf(user);
}
