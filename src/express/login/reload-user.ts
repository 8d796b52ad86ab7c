import { isQQConnectError } from '../../protocol/errors/index.js';
import { isPlaceholderProfile, toQQUser } from '../../protocol/profile.js';
import { requireTokens } from '../session/require-tokens.js';
import { watchStoredSession } from '../session/session.js';
import { saveSession } from '../session-store.js';
import { shareTask } from '../share-task.js';
import { storedLogin } from '../session/stored-login.js';
import { loginRequired } from '../tokens/vault.js';
import type { Request } from 'express';
import type { QQUser, UserInfoResponse } from '../../protocol/profile.js';
import type { Services } from '../services.js';
import type { StoredLogin } from '../session/stored-login.js';
import type { TokenRef } from '../tokens/vault.js';

// What QQ returns for an access token that has expired or was revoked; -23 is the number of `get_user_info`.
const REJECTED_TOKEN: readonly unknown[] = [100013, 100014, 100015, 100016, -23];

async function fetchProfile({ client, vault }: Services, ref: TokenRef): Promise<UserInfoResponse> {
  const { openid } = ref;
  const token = await vault.accessToken(ref);
  try {
    return await client.fetchUserInfo({ accessToken: token, openid });
  } catch (error) {
    if (!isQQConnectError(error, 'response') || !REJECTED_TOKEN.includes(error.qqCode)) throw error;
    return client.fetchUserInfo({ accessToken: await vault.accessToken(ref, token), openid });
  }
}

function isComplete(raw: UserInfoResponse): boolean {
  return String(raw.is_lost ?? 0) === '0' && !isPlaceholderProfile(raw);
}

/**
 * Fetches the user's profile again, as avatar URLs change, and stores it in the session. A profile that QQ calls
 * incomplete (`is_lost`), or its placeholder, never replaces a complete one, and a failure changes nothing.
 */
export async function reloadUser(services: Services, req: Request): Promise<QQUser> {
  const { avatars, client, pendingProfiles } = services;
  const ref = requireTokens(services, req);
  const mergeStoredSession = watchStoredSession(req);
  const raw = await shareTask(pendingProfiles, req.sessionID, async () => fetchProfile(services, ref));
  const isStored = await mergeStoredSession();
  const login = storedLogin(req, client.appId);
  if (!isStored || login?.tokens?.record !== ref.record) throw loginRequired('the user has logged out');
  if (isComplete(raw)) await keepProfile(req, login, raw);
  const user = toQQUser({ ...login, appId: client.appId }, login.profile);
  avatars.forget(user); // its URL may stay the same when the picture changes
  return user;
}

async function keepProfile(req: Request, login: StoredLogin, raw: UserInfoResponse): Promise<void> {
  const before = login.profile;
  login.profile = raw;
  try {
    await saveSession(req);
  } catch (error) {
    login.profile = before;
    throw error;
  }
}
