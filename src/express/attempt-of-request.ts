import type { Request } from 'express';
import type { QQConnectContext } from './context.js';
import type { LoginAttempt } from './login-attempt.js';

// Beside the request rather than on it, so that whoever prints a request does not print a state.
const attempts = new WeakMap<Request, Omit<LoginAttempt, 'state'>>();

/** Notes the login that this request belongs to, so that trying again leads where it did. */
export function rememberAttempt(req: Request, attempt: Omit<LoginAttempt, 'state'>): void {
  attempts.set(req, attempt);
}

/** Whether the login that this request belongs to runs in a pop-up. */
export function isInPopup(req: Request): boolean {
  return attempts.get(req)?.popup !== undefined;
}

/** The address that begins the login again, as the browser sees it. */
export function loginAgainUrl(req: Request, context: QQConnectContext): string {
  const attempt = attempts.get(req);
  if (!attempt) return context.loginUrl;
  const popup = attempt.popup === undefined ? undefined : { display: 'popup', channel: attempt.popup };
  return `${context.loginUrl}?${new URLSearchParams({ returnTo: attempt.returnTo, ...popup }).toString()}`;
}
