import { QQRequestError, isQQConnectError } from '../protocol/errors/index.js';
import { readCallback, stateOf } from './callback-request.js';
import { failureOf } from './events.js';
import { landIn } from './land.js';
import { stateId } from './login-attempt.js';
import { sendPopupPage } from './popup.js';
import { rememberAttempt } from './attempt-of-request.js';
import { adoptSession, requireSession, storedLogin } from './session.js';
import type { Request, Response } from 'express';
import type { Landing, QQConnectContext } from './context.js';
import type { LoginAttempt } from './login-attempt.js';
import type { PopupResult } from './popup.js';
import type { FinishedLogin } from './session.js';

/** Leads on from a login that has ended; a pop-up tells its opener instead. */
function goOn(
  req: Request,
  res: Response,
  end: { popup?: string | undefined; result: PopupResult; location: string },
): void {
  const { popup, result, location } = end;
  if (res.headersSent) return; // onLogin has answered, against its contract; the user is logged in all the same
  if (popup !== undefined) {
    sendPopupPage(req, res, { channel: popup, result, next: location });
    return;
  }
  res.set('Cache-Control', 'no-store');
  res.redirect(302, location);
}

function cancelled(context: QQConnectContext): string {
  const [, url = '', hash = ''] = /^([^#]*)(.*)$/.exec(context.cancelUrl) ?? [];
  return `${url}${url.includes('?') ? '&' : '?'}qq_login=cancelled${hash}`;
}

function unknownState(why: string): QQRequestError {
  return new QQRequestError('ERR_QQ_STATE_UNKNOWN', `callback: ${why}`);
}

/** Tells of a login that ends here; a callback that is turned away is one, so that attacks show in the metrics. */
async function telling<T>(context: QQConnectContext, task: () => Promise<T>): Promise<T> {
  const started = Date.now();
  try {
    return await task();
  } catch (error) {
    if (isQQConnectError(error) && error.code === 'ERR_QQ_CANCELLED') {
      context.tell({ type: 'login_cancelled' });
    } else {
      context.tell({ type: 'login_failed', durationMs: Date.now() - started, ...failureOf(error) });
    }
    throw error;
  }
}

async function exchange(
  context: QQConnectContext,
  req: Request,
  res: Response,
  attempt: LoginAttempt,
  query: URLSearchParams,
): Promise<Landing> {
  const key = stateId(attempt.state);
  if (context.spent.has(key)) throw unknownState('a login with this state has ended already');
  context.spent.set(key, true);
  const started = Date.now();
  const tokens = await context.client.authorizationCodeGrant(`?${query.toString()}`, { expectedState: attempt.state });
  const user = await context.client.fetchUser(tokens);
  const landing = await landIn(context, { req, res, attempt, tokens, user });
  context.tell({ type: 'login_succeeded', durationMs: Date.now() - started });
  return landing;
}

/** Two callbacks with one state at the same moment share one exchange; the second gets the first's session. */
async function land(
  context: QQConnectContext,
  req: Request,
  res: Response,
  attempt: LoginAttempt,
  query: URLSearchParams,
): Promise<string> {
  const key = stateId(attempt.state);
  const first = context.landing.get(key);
  if (first) {
    const { sessionId, location } = await first;
    await adoptSession(req, sessionId);
    return location;
  }
  const landing = telling(context, async () => exchange(context, req, res, attempt, query));
  context.landing.set(key, landing);
  try {
    return (await landing).location;
  } finally {
    context.landing.delete(key);
  }
}

/** How the login ended; a user who cancelled is no error. */
async function outcome(
  context: QQConnectContext,
  req: Request,
  res: Response,
  attempt: LoginAttempt,
  query: URLSearchParams,
): Promise<{ result: PopupResult; location: string }> {
  try {
    return { result: 'success', location: await land(context, req, res, attempt, query) };
  } catch (error) {
    if (!isQQConnectError(error) || error.code !== 'ERR_QQ_CANCELLED') throw error;
    return { result: 'cancelled', location: cancelled(context) };
  }
}

/** Finds the attempt that a callback belongs to, or where the login went that this is a reload of. */
async function judge(
  context: QQConnectContext,
  req: Request,
  res: Response,
): Promise<{ finished: FinishedLogin } | { attempt: LoginAttempt; query: URLSearchParams }> {
  const query = readCallback(req);
  const state = stateOf(query);
  const finished = storedLogin(req, context.client.appId)?.finished.find((login) => login.state === stateId(state));
  if (finished) return { finished };
  const attempt = await context.attempts.take(req, res, state);
  if (!attempt) throw unknownState('this browser has begun no login with this state');
  return { attempt, query };
}

/** Ends a login: judges the state, then what QQ said, and only then asks QQ for anything. */
export async function handleCallback(context: QQConnectContext, req: Request, res: Response): Promise<void> {
  requireSession(req);
  const judged = await telling(context, async () => judge(context, req, res));
  if ('finished' in judged) {
    goOn(req, res, { ...judged.finished, result: 'success' }); // a reload, or the back button
    return;
  }
  const { attempt, query } = judged;
  rememberAttempt(req, attempt);
  const { result, location } = await outcome(context, req, res, attempt, query);
  if (result === 'success') context.advice.afterLogin(req, res);
  goOn(req, res, { popup: attempt.popup, result, location });
}
