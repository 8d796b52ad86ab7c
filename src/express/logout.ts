import { isQQConnectError } from '../protocol/errors/index.js';
import { lockKey, lockLimits, placeOf } from './access-token.js';
import { saveSession, stored, storedLogin } from './session.js';
import type { Request } from 'express';
import type { QQConnectContext } from './context.js';
import type { RecordPlace } from './token-record.js';

async function endSession(context: QQConnectContext, req: Request): Promise<void> {
  if (context.options.logout === 'destroy') {
    await stored((callback) => req.session.destroy(callback));
  } else {
    delete req.session.qqConnect;
    await saveSession(req);
  }
}

/**
 * Ends tokens and session in one go, in turn with whoever is refreshing them: whoever finds the record gone afterwards
 * finds the session gone, too, and brings neither back.
 */
async function endTogether(context: QQConnectContext, req: Request, place: RecordPlace): Promise<void> {
  const lock = { held: false };
  const end = async (): Promise<void> => {
    lock.held = true;
    await context.records.remove(place.store, place.id);
    await endSession(context, req);
  };
  try {
    await context.options.lock(lockKey(place.id), lockLimits(context.client.timeoutMs), end);
  } catch (error) {
    // A lock that is not to be had must keep nobody logged in. A refresh looks for the record before it writes.
    if (lock.held || !isQQConnectError(error) || error.code !== 'ERR_QQ_SESSION_STORE') throw error;
    await end();
  }
}

/** Ends the login of this request: its tokens first, then the session or, with `'keep'`, the login in it. */
export async function logout(context: QQConnectContext, req: Request): Promise<void> {
  const login = storedLogin(req, context.client.appId);
  if (!login) return;
  const place = placeOf(req, login);
  if (place) await endTogether(context, req, place);
  else await endSession(context, req);
  context.tell({ type: 'logged_out' });
}
