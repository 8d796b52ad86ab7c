import { QQConfigurationError, QQRequestError, isQQConnectError } from '../protocol/errors/index.js';
import { failureOf } from './events.js';
import { requireSession, saveSession, storedLogin } from './session.js';
import { touchAt } from './token-record.js';
import type { Request } from 'express';
import type { LockLimits } from '../lock/lock.js';
import type { QQConnectError } from '../protocol/errors/index.js';
import type { QQConnectContext } from './context.js';
import type { StoredLogin } from './session.js';
import type { TokenRecord } from './token-record.js';

// A token is renewed when a tenth of its life is left.
const LAST_PART = 0.1;
/** What QQ answers for an access token that has ended before its time. */
export const TOKEN_REFUSED: readonly unknown[] = [100013, 100014, 100015, 100016];
// What QQ answers for a refresh token that is spent, bad, expired or revoked.
const REFRESH_REFUSED: readonly unknown[] = [100021, 100022, 100036, 100037, 100038, 100039, 100040, 100041, 100042];
// The request never left, so its refresh token cannot be spent.
const NEVER_SENT: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

function isValid({ tokens }: TokenRecord): boolean {
  return tokens.expiresAt === undefined || tokens.expiresAt > Date.now();
}

function isDue({ tokens, obtainedAt }: TokenRecord): boolean {
  if (tokens.expiresAt === undefined) return false;
  return Date.now() >= tokens.expiresAt - (tokens.expiresAt - obtainedAt) * LAST_PART;
}

function loginRequired(why: string): QQRequestError {
  return new QQRequestError('ERR_QQ_LOGIN_REQUIRED', `session: ${why}`);
}

/** How long a lock is held at most, and waited for: a holder has one call of QQ to make and the store to ask. */
export function lockLimits(timeoutMs: number): LockLimits {
  const expiresMs = 2 * timeoutMs + 5_000;
  return { expiresMs, waitMs: expiresMs };
}

/** Names the lock of a token record. */
export function lockKey(recordId: string): string {
  return `express-qq-connect:${recordId}`;
}

function tokensOf(context: QQConnectContext, req: Request): { login: StoredLogin; id: string } {
  if (context.options.tokens === 'discard') {
    throw new QQConfigurationError("session: the option tokens is 'discard', so there is no access token", {
      en: "Set tokens: 'keep' to use access tokens.",
      zh: "如需使用 access token，请设置 tokens: 'keep'。",
    });
  }
  requireSession(req);
  const login = storedLogin(req, context.client.appId);
  if (!login) throw loginRequired('nobody is logged in');
  if (!login.tokens) throw loginRequired('this login has no tokens');
  return { login, id: login.tokens.record };
}

function wasNeverSent(error: QQConnectError): boolean {
  return error.cause instanceof Error && 'code' in error.cause && NEVER_SENT.includes(error.cause.code);
}

/**
 * Decides what a failed refresh leaves behind. A refusal ends the chain; a clear "not now" leaves everything as it
 * was; and where the answer is lost the mark stays.
 */
async function afterFailure(
  context: QQConnectContext,
  req: Request,
  id: string,
  record: TokenRecord,
  error: QQConnectError,
): Promise<TokenRecord> {
  const { records } = context;
  const sessionMs = req.session.cookie.originalMaxAge;
  if (error.kind === 'response' && REFRESH_REFUSED.includes(error.qqCode)) {
    if (!isValid(record)) {
      await records.remove(req.sessionStore, id);
      throw error;
    }
    const { refreshToken, ...tokens } = record.tokens;
    const last = { ...record, tokens };
    await records.write(req.sessionStore, id, last, sessionMs);
    return last;
  }
  if (error.qqCode !== undefined || wasNeverSent(error)) await records.write(req.sessionStore, id, record, sessionMs);
  if (!isValid(record)) throw error;
  return record;
}

/** Refreshes a record while its lock is held. */
async function refreshLocked(
  context: QQConnectContext,
  req: Request,
  id: string,
  rejected?: string,
): Promise<TokenRecord> {
  const { records, client } = context;
  const sessionMs = req.session.cookie.originalMaxAge;
  const record = await records.read(req.sessionStore, id); // again: whoever held the lock before may have done it
  if (!record) throw loginRequired('the tokens of this login are gone');
  const wasRejected = rejected !== undefined && record.tokens.accessToken === rejected;
  if (!wasRejected && !isDue(record)) return record;
  const { refreshToken } = record.tokens;
  const lost = record.lostRefreshes ?? 0;
  const usable = isValid(record) && !wasRejected;
  if (usable && (lost > 0 || refreshToken === undefined)) return record;
  if (refreshToken === undefined || lost > 1) {
    await records.remove(req.sessionStore, id);
    throw loginRequired('the access token has ended and cannot be renewed');
  }

  await records.write(req.sessionStore, id, { ...record, lostRefreshes: lost + 1 }, sessionMs);
  const started = Date.now();
  try {
    const tokens = await client.refreshTokenGrant(refreshToken);
    const { lostRefreshes, ...kept } = record;
    const renewed: TokenRecord = { ...kept, tokens: { ...tokens, openid: record.openid }, obtainedAt: Date.now() };
    // Gone means that a logout, which waits for the lock, found it expired: then these tokens are nobody's.
    if (!(await records.read(req.sessionStore, id))) throw loginRequired('the user logged out meanwhile');
    await records.write(req.sessionStore, id, renewed, sessionMs);
    context.tell({ type: 'refreshed', durationMs: Date.now() - started });
    return renewed;
  } catch (error) {
    if (!isQQConnectError(error) || error.step !== 'refresh') throw error;
    context.tell({ type: 'refresh_failed', durationMs: Date.now() - started, ...failureOf(error) });
    return afterFailure(
      context,
      req,
      id,
      wasRejected ? { ...record, tokens: { ...record.tokens, expiresAt: 0 } } : record,
      error,
    );
  }
}

async function refreshOnce(
  context: QQConnectContext,
  req: Request,
  id: string,
  rejected?: string,
): Promise<TokenRecord> {
  const running = context.refreshing.get(id);
  if (running) return running;
  const task = context.options.lock(lockKey(id), lockLimits(context.client.timeoutMs), async () =>
    refreshLocked(context, req, id, rejected),
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
  const { id } = tokensOf(context, req);
  const record = await context.records.read(req.sessionStore, id);
  if (!record) throw loginRequired('the tokens of this login are gone');
  if (!isDue(record) && record.tokens.accessToken !== rejected) return record.tokens.accessToken;
  try {
    return (await refreshOnce(context, req, id, rejected)).tokens.accessToken;
  } catch (error) {
    // Whoever holds the lock is slow, or the lock cannot be asked: a token that still works serves until then.
    const usable = isValid(record) && record.tokens.accessToken !== rejected;
    if (usable && isQQConnectError(error) && error.code === 'ERR_QQ_SESSION_STORE') return record.tokens.accessToken;
    throw error;
  }
}

/** Lets a token record live on with its session: once half of its life is over, and never while it is refreshed. */
export async function touchTokens(context: QQConnectContext, req: Request, login: StoredLogin): Promise<void> {
  const { tokens } = login;
  if (!tokens || Date.now() < tokens.touchAt) return;
  const sessionMs = req.session.cookie.originalMaxAge;
  await context.options.lock(lockKey(tokens.record), lockLimits(context.client.timeoutMs), async () => {
    const record = await context.records.read(req.sessionStore, tokens.record);
    if (record) {
      await context.records.write(req.sessionStore, tokens.record, record, sessionMs);
      login.tokens = { record: tokens.record, touchAt: touchAt(sessionMs, record.loginAt) };
    } else {
      delete login.tokens;
    }
  });
  await saveSession(req);
}
