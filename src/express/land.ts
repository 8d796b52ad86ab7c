import { stateId } from './login-attempt.js';
import { endInTurn } from './record-lock.js';
import { applicationData, replaceSession, storedLogin } from './session.js';
import { packProfile } from './stored-profile.js';
import { touchAt } from './token-record.js';
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import type { TokenSet } from '../client/token-set.js';
import type { QQUser } from '../protocol/profile.js';
import type { Landing, QQConnectContext } from './context.js';
import type { LoginAttempt } from './login-attempt.js';
import type { StoredLogin } from './session.js';

// So many logins of one session can be reloaded.
const FINISHED = 3;

interface Arrival {
  req: Request;
  res: Response;
  attempt: LoginAttempt;
  tokens: TokenSet;
  user: QQUser;
}

/** Ends an earlier login of this browser, in turn with whoever is refreshing its tokens or its profile. */
async function endEarlier(
  context: QQConnectContext,
  req: Request,
  earlier: StoredLogin | undefined,
  destroySession: () => Promise<void>,
): Promise<void> {
  const record = earlier?.tokens?.record;
  if (record === undefined) {
    await destroySession();
    return;
  }
  await endInTurn(context, record, async () => {
    await destroySession();
    // Best effort: without its session nobody can use the record, and it expires.
    await Promise.allSettled([context.records.remove(req.sessionStore, record)]);
  });
}

/**
 * Logs the user in: a new session with the application's data, `onLogin`, the tokens stored, the session stored, the
 * earlier session destroyed. If anything fails on the way, the earlier session, and an earlier login in it, stays.
 */
export async function landIn(
  context: QQConnectContext,
  { req, res, attempt, tokens, user }: Arrival,
): Promise<Landing> {
  const { options, records, client } = context;
  const earlier = storedLogin(req, client.appId);
  const sameUser = earlier?.openid === user.openid;
  let location = attempt.returnTo;
  let record: string | undefined;
  const fill = async (previous: Partial<SessionData>): Promise<void> => {
    const login: StoredLogin = {
      appId: user.appId,
      openid: user.openid,
      ...(user.unionid !== undefined && { unionid: user.unionid }),
      profile: packProfile(user.raw),
      finished: [],
    };
    if (!previous.qqConnect || sameUser) Object.assign(req.session, applicationData(previous));
    req.session.qqConnect = login;
    const previousSession = applicationData(previous);
    const answer = await options.onLogin?.({ user, tokens, req, res, previousSession });
    location = context.returnTo(answer?.returnTo) ?? location;
    const finished = {
      state: stateId(attempt.state),
      location,
      ...(attempt.popup !== undefined && { popup: attempt.popup }),
    };
    login.finished = [finished, ...(sameUser ? earlier.finished : [])].slice(0, FINISHED);
    if (options.tokens === 'keep') {
      const now = Date.now();
      const sessionMs = req.session.cookie.originalMaxAge;
      record = records.newId();
      await records.write(
        req.sessionStore,
        record,
        { openid: user.openid, tokens, obtainedAt: now, loginAt: now },
        sessionMs,
      );
      login.tokens = { record, touchAt: touchAt(sessionMs, now) };
    }
  };
  const end = async (destroySession: () => Promise<void>): Promise<void> =>
    endEarlier(context, req, earlier, destroySession);
  const undo = async (): Promise<void> => {
    if (record !== undefined) await Promise.allSettled([records.remove(req.sessionStore, record)]);
  };
  await replaceSession(req, fill, end, undo);
  return { sessionId: req.sessionID, location };
}
