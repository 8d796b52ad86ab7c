import { describeQQErrorCode } from '../protocol/error-codes.js';
import { QQRequestError, isQQConnectError } from '../protocol/errors/index.js';
import { failureOf } from './events.js';
import { isDue, isValid } from './token-record.js';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { QQConnectContext } from './context.js';
import type { RecordPlace, TokenRecord } from './token-record.js';

// The refresh token fits neither our APP Key nor our APP ID: for the table a matter of configuration, for this user
// the end of the chain like all that the table answers with a new login.
const FITS_ANOTHER_APP: readonly unknown[] = [100040, 100041];
// The request never left, so its refresh token cannot be spent.
const NEVER_SENT: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** The error for a user who has to log in (again). */
export function loginRequired(why: string): QQRequestError {
  return new QQRequestError('ERR_QQ_LOGIN_REQUIRED', `session: ${why}`);
}

type Outcome = 'refused' | 'not now' | 'lost';

/**
 * What a failed refresh says about the refresh token: it is of no use any more; it is as good as before; or nobody
 * knows, as the answer may have been lost on the way, or QQ itself stumbled over it.
 */
function outcomeOf(error: QQConnectError): Outcome {
  const { qqCode } = error;
  if (qqCode !== undefined) {
    const entry = typeof qqCode === 'number' ? describeQQErrorCode(qqCode) : undefined;
    if (entry?.retryRead) return 'lost';
    // RFC 6749, section 5.2, which servers that stand in for QQ answer.
    const refused = entry?.action === 'login_again' || FITS_ANOTHER_APP.includes(qqCode) || qqCode === 'invalid_grant';
    return refused ? 'refused' : 'not now';
  }
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return NEVER_SENT.includes(code) ? 'not now' : 'lost';
}

/** Decides what a failed refresh leaves behind, and gives the record that goes on being used. */
async function afterFailure(
  context: QQConnectContext,
  { store, id, sessionMs }: RecordPlace,
  record: TokenRecord,
  error: QQConnectError,
): Promise<TokenRecord> {
  const { records } = context;
  const current = await records.read(store, id);
  if (!current) throw loginRequired('the user logged out meanwhile');
  // Whoever found our lock expired has renewed it.
  if (current.tokens.refreshToken !== record.tokens.refreshToken) return current;
  const outcome = outcomeOf(error);
  if (outcome === 'refused') {
    if (!isValid(record)) {
      await records.remove(store, id);
      throw error.action === 'login_again' ? error : loginRequired(`QQ renews this login no more (${error.qqCode})`);
    }
    const { refreshToken, ...tokens } = record.tokens;
    const last = { ...record, tokens };
    await records.write(store, id, last, sessionMs);
    return last;
  }
  if (outcome === 'not now') await records.write(store, id, record, sessionMs);
  if (!isValid(record)) throw error;
  return record;
}

/** Asks QQ, and stores what it gave before anyone uses it. */
async function refresh(
  context: QQConnectContext,
  { store, id, sessionMs }: RecordPlace,
  record: TokenRecord,
  refreshToken: string,
): Promise<TokenRecord> {
  const { records, client } = context;
  const tokens = await client.refreshTokenGrant(refreshToken);
  const { lostRefreshes, ...kept } = record;
  const renewed: TokenRecord = { ...kept, tokens: { ...tokens, openid: record.openid }, obtainedAt: Date.now() };
  // Gone means that a logout found our lock expired: then these tokens are nobody's.
  if (!(await records.read(store, id))) throw loginRequired('the user logged out meanwhile');
  await records.write(store, id, renewed, sessionMs);
  return renewed;
}

/**
 * Refreshes a record, if it still needs that. To be called while its lock is held: the refresh token is good for one
 * call, so it is marked before the call and replaced after it.
 *
 * @param rejected - an access token that QQ has refused: it counts as ended
 */
export async function refreshTokens(
  context: QQConnectContext,
  place: RecordPlace,
  rejected: string | undefined,
): Promise<TokenRecord> {
  const { records } = context;
  const { store, id, sessionMs } = place;
  const found = await records.read(store, id); // again: whoever held the lock before may have done it
  if (!found) throw loginRequired('the tokens of this login are gone');
  const wasRejected = rejected !== undefined && found.tokens.accessToken === rejected;
  if (!wasRejected && !isDue(found)) return found;
  const record = wasRejected ? { ...found, tokens: { ...found.tokens, expiresAt: 0 } } : found;
  const { refreshToken } = record.tokens;
  const lost = record.lostRefreshes ?? 0;
  if (isValid(record) && (lost > 0 || refreshToken === undefined)) return record;
  if (refreshToken === undefined || lost > 1) {
    await records.remove(store, id);
    throw loginRequired('the access token has ended and cannot be renewed');
  }

  await records.write(store, id, { ...record, lostRefreshes: lost + 1 }, sessionMs);
  const started = Date.now();
  try {
    const renewed = await refresh(context, place, record, refreshToken);
    context.tell({ type: 'refreshed', durationMs: Date.now() - started });
    return renewed;
  } catch (error) {
    if (!isQQConnectError(error) || error.step !== 'refresh') throw error;
    context.tell({ type: 'refresh_failed', durationMs: Date.now() - started, ...failureOf(error) });
    return afterFailure(context, place, record, error);
  }
}
