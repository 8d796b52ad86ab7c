import type { Request } from 'express';
import type { QQConnectContext } from './context.js';
import type { LoginAttempt } from './login-attempt.js';

const CONTEXT = Symbol('express-qq-connect');
const ATTEMPT = Symbol('express-qq-connect.attempt');

interface Marked {
  [CONTEXT]?: QQConnectContext;
  [ATTEMPT]?: Omit<LoginAttempt, 'state'>;
}

/** Notes which router a request has passed. */
export function rememberContext(req: Request, context: QQConnectContext): void {
  (req as Request & Marked)[CONTEXT] = context;
}

/** The router that a request has passed, if any. */
export function contextOf(req: Request): QQConnectContext | undefined {
  return (req as Request & Marked)[CONTEXT];
}

/** Notes the login that this request belongs to, so that trying again leads where it did. */
export function rememberAttempt(req: Request, attempt: Omit<LoginAttempt, 'state'>): void {
  (req as Request & Marked)[ATTEMPT] = attempt;
}

/** The address that begins the login again, as the browser sees it. */
export function loginAgainUrl(req: Request, context: QQConnectContext): string {
  const attempt = (req as Request & Marked)[ATTEMPT];
  if (!attempt) return context.loginUrl;
  const popup = attempt.popup === undefined ? undefined : { display: 'popup', channel: attempt.popup };
  return `${context.loginUrl}?${new URLSearchParams({ returnTo: attempt.returnTo, ...popup }).toString()}`;
}
