import { callbackId } from '../../attempt/callbacks.js';
import { digest } from '../../attempt/own-cookies.js';
import { withCancelled } from '../../attempt/return-to.js';
import { readCallback } from '../../client/callback.js';
import { QQRequestError } from '../../protocol/errors/index.js';
import { isPlaceholderProfile } from '../../protocol/profile.js';
import { debug } from '../debug.js';
import { describeFailure, startClock, warnOfConfiguration } from '../events.js';
import { isScript, languageOf, publicUser, rawQuery, sendPage } from '../http.js';
import { COMPLETE, popupPage, popupWaitingPage } from '../../pages/popup.js';
import { warnAfterLogin } from '../session/cookie-warnings.js';
import { countLogin } from '../session/lost-sessions.js';
import { requireSession, switchToSession, watchStoredSession } from '../session/session.js';
import { completedLogin, storedLogin } from '../session/stored-login.js';
import { createLoginSession } from './login-session.js';
import { setAttempt } from './start.js';
import type { Request, Response } from 'express';
import type { LoginAttempt } from '../../attempt/login-attempt.js';
import type { Callback } from '../../client/callback.js';
import type { LoginOutcome, Services } from '../services.js';

const PLACEHOLDER =
  'QQ sent a placeholder (qzuser) in place of the profile, so this user has no nickname and no avatar: the user did not ' +
  'allow get_user_info, or the API is not active. Check it on connect.qq.com (应用管理)';

function callbackError(what: string): QQRequestError {
  return new QQRequestError('ERR_QQ_STATE_UNKNOWN', `callback: ${what}`);
}

/** Refuses the code of an account that the user chose after a completed login, back on the page of QQ. */
function assertSameCode(codeId: string | undefined, callback: Callback): void {
  if (callback.result.kind !== 'code' || codeId === undefined || codeId === callbackId(callback)) return;
  throw new QQRequestError('ERR_QQ_STATE_USED', 'callback: the login with this state was completed with another code');
}

/** Emits an event if a task fails. A rejected callback counts, so that attacks show in the metrics. */
async function withLoginEvents<T>(services: Services, task: () => Promise<T>): Promise<T> {
  const elapsedMs = startClock();
  try {
    return await task();
  } catch (error) {
    warnOfConfiguration(services, error);
    services.emit({ type: 'login_failed', durationMs: elapsedMs(), ...describeFailure(error) });
    throw error;
  }
}

/** Completes a login: checks the state, then what QQ sent with it, and only then calls QQ. Answers the request. */
export async function completeLogin(services: Services, req: Request, res: Response): Promise<void> {
  const found = await withLoginEvents(services, async () => findAttempt(services, req, res));
  if ('location' in found) {
    debug('callback: a reload of a completed login, so the browser is redirected as before');
    sendLoginResult(services, req, res, { ...found, result: 'success' }); // a reload, or the back button
    return;
  }
  const { attempt, callback, deletion } = found;
  setAttempt(req, attempt);
  const { popup } = attempt;
  const isPage = req.get('sec-fetch-dest') === 'document';
  if (popup !== undefined && callback.result.kind === 'code' && isPage && !rawQuery(req).endsWith(COMPLETE)) {
    // Only the request that this page sends calls QQ.
    sendPage(res, 200, popupWaitingPage(languageOf(req), services.urls.popupScript, services.options.siteName));
    return;
  }
  const outcome = await services.callbacks.once(attempt.state, callbackId(callback), async () =>
    withLoginEvents(services, async () => exchange(services, req, res, attempt, callback)),
  );
  if (outcome.result === 'success') {
    assertSameCode(outcome.codeId, callback);
    // A second request with this state at the same moment, or after its first response was lost.
    if (outcome.sessionId !== req.sessionID) {
      debug('callback: another request has exchanged this code, so this one switches to its session');
      const login = { appId: services.client.appId, state: digest(attempt.state) };
      const isFound = await switchToSession(req, outcome.sessionId, login);
      if (!isFound) throw callbackError('the login with this state has ended');
    }
  }
  if (res.headersSent) return; // by onLogin, or by the application's own timeout
  res.append('Set-Cookie', deletion); // not after a failure: a reload then finds its cause again
  if (outcome.result === 'success') {
    warnAfterLogin(services, req, res);
    countLogin(services, req, res);
  }
  sendLoginResult(services, req, res, { ...outcome, popup });
}

/** Finds the attempt of a callback, or the completed login of which it is a reload. */
async function findAttempt(
  { attempts, client, sessions }: Services,
  req: Request,
  res: Response,
): Promise<{ location: string; popup?: string } | { attempt: LoginAttempt; callback: Callback; deletion: string }> {
  requireSession(req, sessions);
  const callback = readCallback(rawQuery(req));
  const completed = completedLogin(storedLogin(req, client.appId), digest(callback.state));
  if (completed) {
    setAttempt(req, { returnTo: completed.location, popup: completed.popup });
    assertSameCode(completed.codeId, callback);
    return completed;
  }
  const { attempt, deletion } = attempts.find(req.headers.cookie, callback.state);
  if (attempt && deletion !== undefined) {
    debug('callback: the login attempt was found, with %s', callback.result.kind);
    return { attempt, callback, deletion };
  }
  if (deletion !== undefined) res.append('Set-Cookie', deletion);
  const why = deletion === undefined ? 'there is no login cookie for this state' : 'its cookie cannot be decrypted';
  debug('callback: no login attempt was found, because %s', why);
  throw callbackError('this browser has started no login with this state');
}

/** Exchanges the code of a callback and logs the user in. Runs once for each state. */
async function exchange(
  services: Services,
  req: Request,
  res: Response,
  attempt: LoginAttempt,
  { result }: Callback,
): Promise<LoginOutcome> {
  const { avatars, client, emit, urls, warnOnce } = services;
  if (result.kind === 'failed') throw result.error;
  if (result.kind === 'cancelled') {
    emit({ type: 'login_cancelled' });
    return { result: 'cancelled', location: withCancelled(urls.cancelUrl ?? attempt.returnTo) };
  }
  const elapsedMs = startClock();
  const mergeStoredSession = watchStoredSession(req);
  const tokens = await client.exchangeCode(result.code);
  debug('token: QQ has exchanged the code');
  const user = await client.fetchUser(tokens);
  debug('user_info: QQ has returned the profile');
  if (isPlaceholderProfile(user.raw)) {
    emit({ type: 'profile_placeholder' });
    warnOnce('QQ_PROFILE_PLACEHOLDER', PLACEHOLDER);
  }
  const isStored = await mergeStoredSession();
  const codeId = digest(result.code);
  const outcome = await createLoginSession(services, req, res, { attempt, codeId, tokens, user, isStored });
  avatars.forget(user); // its URL may stay the same when the picture changes
  emit({ type: 'login_succeeded', durationMs: elapsedMs() });
  return outcome;
}

/** Answers the request of a completed or cancelled login: a redirect, a pop-up window's last page, or JSON. */
function sendLoginResult(
  { options, urls }: Services,
  req: Request,
  res: Response,
  outcome: { result: 'success' | 'cancelled'; location: string; popup?: string | undefined; body?: object | undefined },
): void {
  const { result, location, popup, body } = outcome;
  res.set('Cache-Control', 'no-store');
  if (isScript(req)) {
    debug('callback: answers with JSON');
    const user = result === 'success' && req.qqUser ? publicUser(req.qqUser) : null;
    res.json({ user, ...(result === 'cancelled' && { cancelled: true }), returnTo: location, ...body });
  } else if (popup !== undefined) {
    debug('callback: answers with the last page of the pop-up window');
    const page = { channel: popup, result, next: location, script: urls.popupScript, site: options.siteName };
    sendPage(res, 200, popupPage(languageOf(req), page));
  } else {
    debug('callback: answers with a redirect');
    res.redirect(302, location);
  }
}
