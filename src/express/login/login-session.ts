import { digest } from '../../attempt/own-cookies.js';
import { QQRequestError } from '../../protocol/errors/index.js';
import { debug } from '../debug.js';
import { noteRefusal } from '../events.js';
import { replaceSession } from '../session/session.js';
import { applicationData, storedLogin, tokenRecordsOf, userId, withLogin } from '../session/stored-login.js';
import type { Request, Response } from 'express';
import type { LoginAttempt } from '../../attempt/login-attempt.js';
import type { TokenSet } from '../../client/grants.js';
import type { QQUser } from '../../protocol/profile.js';
import type { LoginDetails, OnLoginResult, QQConnectOptions } from '../options.js';
import type { LoginOutcome, Services } from '../services.js';
import type { StoredLogin } from '../session/stored-login.js';

// A reload of so many logins of one session redirects to where they led.
const MAX_COMPLETED_LOGINS = 3;

/** A login that QQ has confirmed. */
export interface NewLogin {
  attempt: LoginAttempt;
  codeId: string;
  tokens: TokenSet;
  user: QQUser;
  /** Whether the session before the login still exists. */
  isStored: boolean;
}

/**
 * Logs the user in: a new session with the application's data, `onLogin`, the session stored, the earlier one
 * destroyed. If anything fails, the earlier session stays, with an earlier login in it.
 */
export async function createLoginSession(
  { client, options, urls, vault }: Services,
  req: Request,
  res: Response,
  { attempt, codeId, tokens, user, isStored }: NewLogin,
): Promise<LoginOutcome> {
  const { appId } = client;
  const previous = req.session;
  const earlier = storedLogin(req, appId);
  const isSameUser = earlier?.openid === user.openid;
  const lastUsers = Object.entries(previous.qqConnect?.lastUsers ?? {});
  // Neither another user's data, nor that of a login which was logged out while QQ was called.
  const keepsData = earlier
    ? isSameUser && isStored
    : lastUsers.every(([id, lastUser]) => id === appId && lastUser === userId(appId, user.openid));
  const endedRecords = keepsData ? [earlier?.tokens?.record ?? []].flat() : tokenRecordsOf(req);
  const previousSession = applicationData(previous);
  const loginAt = Date.now();
  const login: StoredLogin = {
    openid: user.openid,
    ...(user.unionid !== undefined && { unionid: user.unionid }),
    profile: user.raw,
    loginAt,
    ...(options.tokens === 'keep' && { tokens: vault.seal(tokens, user.openid, loginAt) }),
    completed: [],
  };
  let location = attempt.returnTo;
  let body: Record<string, unknown> | undefined;
  await replaceSession(req, appId, async (session) => {
    if (keepsData) Object.assign(session, applicationData(previous));
    session.qqConnect = withLogin(keepsData ? previous.qqConnect : undefined, appId, login);
    debug('session: a new one %s the data of the earlier one', keepsData ? 'with' : 'without');
    const result = await callOnLogin(options.onLogin, { user, tokens, req, res, previousSession });
    location = urls.returnTo(result?.returnTo) ?? location;
    body = result?.body;
    const completed = {
      state: digest(attempt.state),
      codeId,
      location,
      ...(attempt.popup !== undefined && { popup: attempt.popup }),
    };
    login.completed = [completed, ...(isSameUser ? earlier.completed : [])].slice(0, MAX_COMPLETED_LOGINS);
  });
  await vault.end(req.sessionStore, endedRecords);
  return { result: 'success', codeId, sessionId: req.sessionID, location, body };
}

/** Calls `onLogin`. An exception refuses the login, and passes to the error handlers as it is. */
async function callOnLogin(
  onLogin: QQConnectOptions['onLogin'],
  details: LoginDetails,
): Promise<Exclude<OnLoginResult, void> | undefined> {
  try {
    return (await onLogin?.(details)) ?? undefined;
  } catch (error) {
    const isObject = typeof error === 'object' && error !== null;
    // Express takes nothing, 'route' and 'router' for no error at all.
    const refusal = isObject
      ? error
      : new QQRequestError('ERR_QQ_LOGIN_REFUSED', 'session: onLogin refused the login without an Error');
    debug('onLogin: refused the login');
    noteRefusal(refusal);
    throw refusal as Error;
  }
}
