import { isQQConnectError } from '../protocol/errors/index.js';
import { warn } from './warn.js';
import type { QQStep } from '../protocol/errors/index.js';

/** What went wrong, of an event that tells of a failure. */
export interface EventFailure {
  /** `ERR_QQ_…`, or `ERR_REFUSED_BY_ON_LOGIN` for what `onLogin` threw. */
  code: string;
  step: QQStep;
  /** QQ's own error number, where QQ spoke. */
  qqCode?: number | string;
}

/** What the option `onEvent` hears of. Nothing in it is secret, and nothing names the user. */
export type QQConnectEvent =
  | { type: 'login_started' }
  /** `durationMs`: from the callback's arrival to the redirect, QQ's and the store's share included. */
  | { type: 'login_succeeded'; durationMs: number }
  | ({ type: 'login_failed'; durationMs: number } & EventFailure)
  | { type: 'login_cancelled' }
  | { type: 'refreshed'; durationMs: number }
  | ({ type: 'refresh_failed'; durationMs: number } & EventFailure)
  | { type: 'logged_out' };

/** Describes something thrown for an event. */
export function failureOf(error: unknown): EventFailure {
  if (!isQQConnectError(error)) return { code: 'ERR_REFUSED_BY_ON_LOGIN', step: 'session' };
  return { code: error.code, step: error.step, ...(error.qqCode !== undefined && { qqCode: error.qqCode }) };
}

/** Listens to events. */
export type QQConnectEventListener = (event: QQConnectEvent) => void | Promise<void>;

/** Makes the function that tells `onEvent`; what a listener throws, now or later, must not decide a login. */
export function eventTeller(onEvent: QQConnectEventListener | undefined): (event: QQConnectEvent) => void {
  if (!onEvent) return () => undefined;
  let hasFailed = false;
  return (event) => {
    const listen = async (): Promise<void> => onEvent(event);
    listen().catch(() => {
      if (!hasFailed) warn('QQ_ON_EVENT', `onEvent threw on ${event.type}`);
      hasFailed = true;
    });
  };
}
