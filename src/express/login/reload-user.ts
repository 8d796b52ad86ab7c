import { QQConfigurationError, isQQConnectError } from '../../protocol/errors/index.js';
import { isPlaceholderProfile, toQQUser } from '../../protocol/profile.js';
import { requireSession, watchStoredSession } from '../session/session.js';
import { saveSession } from '../session/store.js';
import { storedLogin } from '../session/stored-login.js';
import { loginRequired } from '../tokens/vault.js';
import type { Request } from 'express';
import type { QQUser, UserInfoResponse } from '../../protocol/profile.js';
import type { Services } from '../services.js';
import type { StoredLogin } from '../session/stored-login.js';
import type { TokenRef } from '../tokens/vault.js';

// What QQ returns for an access token that has expired or was revoked; -23 is the number of `get_user_info`.
const REJECTED_TOKEN: readonly unknown[] = [100013, 100014, 100015, 100016, -23];

/** Returns where the tokens of this request's login are stored, or throws the reason why there are none. */
function requireTokens({ client, options, sessions }: Services, req: Request): TokenRef {
  if (options.tokens === 'discard') {
    throw new QQConfigurationError("session: the option tokens is 'discard', so there is no access token", {
      en: "Set tokens: 'keep' to use access tokens.",
      zh: "如需使用 access token，请设置 tokens: 'keep'。",
    });
  }
  requireSession(req, sessions);
  const login = storedLogin(req, client.appId);
  if (!login) throw loginRequired('the user is not logged in');
  if (!login.tokens) throw loginRequired('this login has no tokens');
  return { store: req.sessionStore, login: { ...login, tokens: login.tokens } };
}

/** Returns a valid access token of the request's user; see {@link TokenVault.accessToken}. */
export async function accessToken(services: Services, req: Request, rejected?: string): Promise<string> {
  return services.vault.accessToken(requireTokens(services, req), rejected);
}

async function fetchProfile({ client, vault }: Services, ref: TokenRef): Promise<UserInfoResponse> {
  const { openid } = ref.login;
  const token = await vault.accessToken(ref);
  try {
    return await client.fetchUserInfo({ accessToken: token, openid });
  } catch (error) {
    if (!isQQConnectError(error, 'response') || !REJECTED_TOKEN.includes(error.qqCode)) throw error;
    return client.fetchUserInfo({ accessToken: await vault.accessToken(ref, token), openid });
  }
}

/** Shares one call of QQ among all requests of a session. */
async function fetchProfileOnce(services: Services, req: Request, ref: TokenRef): Promise<UserInfoResponse> {
  const { pendingProfiles } = services;
  const key = req.sessionID;
  const pending = pendingProfiles.get(key);
  if (pending) return pending;
  const task = fetchProfile(services, ref);
  pendingProfiles.set(key, task);
  try {
    return await task;
  } finally {
    pendingProfiles.delete(key);
  }
}

function isComplete(raw: UserInfoResponse): boolean {
  return String(raw.is_lost ?? 0) === '0' && !isPlaceholderProfile(raw);
}

/** Stores a profile in the session, with the changes that other requests made while QQ was called. */
async function keepProfile(
  { client }: Services,
  req: Request,
  loggedIn: StoredLogin,
  raw: UserInfoResponse,
): Promise<void> {
  const login = storedLogin(req, client.appId);
  if (login?.openid !== loggedIn.openid || login.tokens?.record !== loggedIn.tokens?.record) {
    throw loginRequired('the user has logged out');
  }
  const before = login.profile;
  login.profile = raw;
  try {
    await saveSession(req);
  } catch (error) {
    login.profile = before;
    throw error;
  }
}

/**
 * Fetches the user's profile again, as avatar URLs change, and stores it in the session. A profile that QQ calls
 * incomplete (`is_lost`), or its placeholder, never replaces a complete one, and a failure changes nothing.
 */
export async function reloadUser(services: Services, req: Request): Promise<QQUser> {
  const { appId } = services.client;
  const ref = requireTokens(services, req);
  const mergeStoredSession = watchStoredSession(req);
  const raw = await fetchProfileOnce(services, req, ref);
  if (isComplete(raw)) {
    if (!(await mergeStoredSession())) throw loginRequired('the user has logged out');
    await keepProfile(services, req, ref.login, raw);
  }
  const login = storedLogin(req, appId) ?? ref.login;
  const user = toQQUser({ ...login, appId }, login.profile);
  services.avatars.forget(user); // its URL may stay the same when the picture changes
  return user;
}
