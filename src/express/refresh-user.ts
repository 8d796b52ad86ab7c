import { isQQConnectError } from '../protocol/errors/index.js';
import { toQQUser } from '../protocol/profile.js';
import { TOKEN_REFUSED, accessToken, requireTokens } from './access-token.js';
import { lockKey, lockLimits } from './record-lock.js';
import { loginRequired } from './refresh-tokens.js';
import { saveSession } from './session.js';
import { packProfile, unpackProfile } from './stored-profile.js';
import type { Request } from 'express';
import type { QQUser, UserInfoResponse } from '../protocol/profile.js';
import type { QQConnectContext } from './context.js';
import type { StoredLogin } from './session.js';
import type { RecordPlace } from './token-record.js';

async function fetchProfile(context: QQConnectContext, req: Request, openid: string): Promise<UserInfoResponse> {
  const token = await accessToken(context, req);
  try {
    return await context.client.fetchUserInfo({ accessToken: token, openid });
  } catch (error) {
    if (!isQQConnectError(error, 'response') || !TOKEN_REFUSED.includes(error.qqCode)) throw error;
    const renewed = await accessToken(context, req, token);
    return context.client.fetchUserInfo({ accessToken: renewed, openid });
  }
}

function isComplete(raw: UserInfoResponse): boolean {
  return String(raw.is_lost ?? 0) === '0';
}

/** Keeps a profile in the session, unless a logout has ended that while QQ was being asked. */
async function keepProfile(
  context: QQConnectContext,
  req: Request,
  { store, id }: RecordPlace,
  login: StoredLogin,
  raw: UserInfoResponse,
): Promise<void> {
  await context.options.lock(lockKey(id), lockLimits(context.client.timeoutMs), async () => {
    if (!(await context.records.read(store, id))) throw loginRequired('the user logged out meanwhile');
    const before = login.profile;
    login.profile = packProfile(raw);
    try {
      await saveSession(req);
    } catch (error) {
      login.profile = before;
      throw error;
    }
  });
}

/**
 * Fetches the user's profile again, as avatar URLs change, and keeps it in the session. A profile that QQ calls
 * incomplete (`is_lost`) never replaces a good one, and a failure changes nothing.
 */
export async function refreshUser(context: QQConnectContext, req: Request): Promise<QQUser> {
  const { login, place } = requireTokens(context, req);
  const key = req.sessionID;
  const running = context.fetching.get(key);
  if (running) {
    const raw = await running; // stored by whoever asked first; here it is for the rest of this request
    if (isComplete(raw)) login.profile = packProfile(raw);
    return toQQUser(login, unpackProfile(login.profile));
  }
  const task = fetchProfile(context, req, login.openid).then(async (raw) => {
    if (isComplete(raw)) await keepProfile(context, req, place, login, raw);
    return raw;
  });
  context.fetching.set(key, task);
  try {
    await task;
  } finally {
    context.fetching.delete(key);
  }
  return toQQUser(login, unpackProfile(login.profile));
}
