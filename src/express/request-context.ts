import type { Request } from 'express';
import type { QQConnectContext } from './context.js';

const CONTEXT = Symbol('express-qq-connect');
const RETURN_TO = Symbol('express-qq-connect.returnTo');

interface Marked {
  [CONTEXT]?: QQConnectContext;
  [RETURN_TO]?: string;
}

/** Notes which router a request has passed. */
export function rememberContext(req: Request, context: QQConnectContext): void {
  (req as Request & Marked)[CONTEXT] = context;
}

/** The router that a request has passed, if any. */
export function contextOf(req: Request): QQConnectContext | undefined {
  return (req as Request & Marked)[CONTEXT];
}

/** Notes where the login that this callback belongs to wanted to go, so that trying again leads there too. */
export function rememberReturnTo(req: Request, returnTo: string): void {
  (req as Request & Marked)[RETURN_TO] = returnTo;
}

/** The address that begins the login again, as the browser sees it. */
export function loginAgainUrl(req: Request, context: QQConnectContext): string {
  const returnTo = (req as Request & Marked)[RETURN_TO];
  return returnTo === undefined ? context.loginUrl : `${context.loginUrl}?returnTo=${encodeURIComponent(returnTo)}`;
}
