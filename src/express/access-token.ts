import { QQConfigurationError, isQQConnectError } from '../protocol/errors/index.js';
import { lockKey, lockLimits } from './record-lock.js';
import { loginRequired, refreshTokens } from './refresh-tokens.js';
import { requireSession, storedLogin } from './session.js';
import { isDue, isValid } from './token-record.js';
import type { Request } from 'express';
import type { QQConnectContext } from './context.js';
import type { StoredLogin } from './session.js';
import type { RecordPlace, TokenRecord } from './token-record.js';

/** What QQ answers for an access token that has ended before its time; -23 is how `get_user_info` says it. */
export const TOKEN_REFUSED: readonly unknown[] = [100013, 100014, 100015, 100016, -23];

/** Finds the token record of a login; `undefined` if it has none. */
export function placeOf(req: Request, login: StoredLogin): RecordPlace | undefined {
  return (
    login.tokens && {
      store: req.sessionStore,
      id: login.tokens.record,
      sessionMs: req.session.cookie.originalMaxAge,
    }
  );
}

/** The login of a request and where its tokens are, or why there are none. */
export function requireTokens(context: QQConnectContext, req: Request): { login: StoredLogin; place: RecordPlace } {
  if (context.options.tokens === 'discard') {
    throw new QQConfigurationError("session: the option tokens is 'discard', so there is no access token", {
      en: "Set tokens: 'keep' to use access tokens.",
      zh: "如需使用 access token，请设置 tokens: 'keep'。",
    });
  }
  requireSession(req);
  const login = storedLogin(req, context.client.appId);
  if (!login) throw loginRequired('nobody is logged in');
  const place = placeOf(req, login);
  if (!place) throw loginRequired('this login has no tokens');
  return { login, place };
}

/** Whether a record's access token can be given away as it is. */
function isGood(record: TokenRecord, rejected: string | undefined): boolean {
  if (record.tokens.accessToken === rejected) return false;
  return !isDue(record) || (isValid(record) && record.tokens.refreshToken === undefined);
}

/** Shares one refresh among all who ask in this process; the lock decides between processes. */
async function refreshOnce(
  context: QQConnectContext,
  place: RecordPlace,
  rejected: string | undefined,
): Promise<TokenRecord> {
  const { id } = place;
  const running = context.refreshing.get(id);
  if (running) {
    const record = await running;
    // It may have been begun without knowing that QQ refuses this token.
    return record.tokens.accessToken === rejected ? refreshOnce(context, place, rejected) : record;
  }
  const task = context.options.lock(lockKey(id), lockLimits(context.client.timeoutMs), async () =>
    refreshTokens(context, place, rejected),
  );
  context.refreshing.set(id, task);
  try {
    return await task;
  } finally {
    context.refreshing.delete(id);
  }
}

/**
 * Gives a valid access token of the logged-in user, renewed if it is due. A refresh token is spent once, however many
 * requests and processes ask.
 *
 * @param rejected - an access token that QQ has just refused: it is renewed whatever its age
 */
export async function accessToken(context: QQConnectContext, req: Request, rejected?: string): Promise<string> {
  const { place } = requireTokens(context, req);
  const record = await context.records.read(place.store, place.id);
  if (!record) throw loginRequired('the tokens of this login are gone');
  const { accessToken } = record.tokens;
  if (isGood(record, rejected)) return accessToken;
  try {
    return (await refreshOnce(context, place, rejected)).tokens.accessToken;
  } catch (error) {
    // Whoever holds the lock is slow, or the lock cannot be asked: a token that still works serves until then.
    const serves = isValid(record) && accessToken !== rejected;
    if (serves && isQQConnectError(error) && error.code === 'ERR_QQ_SESSION_STORE') return accessToken;
    throw error;
  }
}

/**
 * Lets a token record live on with its session, once half of its life is over. Nothing is written to the session: a
 * request that only passes by must neither undo what another one saved nor bring a session back that was destroyed.
 */
export async function touchTokens(context: QQConnectContext, req: Request, login: StoredLogin): Promise<void> {
  const { records, options, client } = context;
  const place = placeOf(req, login);
  if (!place || !records.mayWantTouching(place.id)) return;
  const { store, id, sessionMs } = place;
  records.postponeTouching(place); // for everybody else meanwhile, and for a record that is gone
  const stale = async (): Promise<TokenRecord | undefined> => {
    const record = await records.read(store, id);
    return records.mayWantTouching(id) ? record : undefined;
  };
  if (!(await stale())) return; // another process has touched it
  const limits = lockLimits(client.timeoutMs);
  const lock = { held: false };
  try {
    // A refresh writes the record anew anyway: a request that passes by does not wait for it.
    await options.lock(lockKey(id), { ...limits, waitMs: 0 }, async () => {
      lock.held = true;
      const begun = performance.now();
      const record = await stale();
      // After a pause so long that the lock has gone, what was read may have been replaced.
      if (record && performance.now() - begun < limits.expiresMs) await records.write(store, id, record, sessionMs);
    });
  } catch (error) {
    if (lock.held) throw error; // else the lock was not to be had, and the next request tries again
  }
}
