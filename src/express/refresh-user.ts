import { QQRequestError, isQQConnectError } from '../protocol/errors/index.js';
import { toQQUser } from '../protocol/profile.js';
import { TOKEN_REFUSED, accessToken } from './access-token.js';
import { requireSession, saveSession, storedLogin } from './session.js';
import type { Request } from 'express';
import type { QQUser, UserInfoResponse } from '../protocol/profile.js';
import type { QQConnectContext } from './context.js';

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

/**
 * Fetches the user's profile again, as avatar URLs change, and keeps it in the session. A profile that QQ calls
 * incomplete (`is_lost`) never replaces a good one, and a failure changes nothing.
 */
export async function refreshUser(context: QQConnectContext, req: Request): Promise<QQUser> {
  requireSession(req);
  const login = storedLogin(req, context.client.appId);
  if (!login) throw new QQRequestError('ERR_QQ_LOGIN_REQUIRED', 'session: nobody is logged in');
  const key = req.sessionID;
  const running = context.fetching.get(key) ?? fetchProfile(context, req, login.openid);
  context.fetching.set(key, running);
  let raw: UserInfoResponse;
  try {
    raw = await running;
  } finally {
    context.fetching.delete(key);
  }
  if (String(raw.is_lost ?? 0) === '0') {
    login.raw = raw;
    await saveSession(req);
  }
  return toQQUser(login, login.raw);
}
