import { isQQConnectError } from '../protocol/errors/index.js';
import { debug } from './debug.js';
import type { QQErrorCode, QQStep } from '../protocol/errors/index.js';
import type { WarnOnce } from '../protocol/warn.js';

/** What went wrong, in an event about a failure. */
export interface EventFailure {
  /** `ERR_QQ_…`; `ERR_REFUSED_BY_ON_LOGIN` for what `onLogin` threw; `ERR_UNKNOWN` for any other error. */
  code: QQErrorCode | 'ERR_REFUSED_BY_ON_LOGIN' | 'ERR_UNKNOWN';
  step: QQStep;
  /** QQ's own error number, if QQ sent one. */
  qqCode?: number | string;
}

/** What the option `onEvent` is called with. Events contain no secrets and no user data. */
export type QQConnectEvent =
  | { type: 'login_started' }
  /** `durationMs`: from the callback's arrival to its response, including QQ and the session store. */
  | { type: 'login_succeeded'; durationMs: number }
  | ({ type: 'login_failed'; durationMs: number } & EventFailure)
  | { type: 'login_cancelled' }
  /** QQ sent a placeholder (`qzuser`) in place of the user's profile: there is neither nickname nor avatar. */
  | { type: 'profile_placeholder' }
  | { type: 'refreshed'; durationMs: number }
  | ({ type: 'refresh_failed'; durationMs: number } & EventFailure)
  | { type: 'logged_out' };

/** Starts a clock for `durationMs`: returns the milliseconds since then. */
export function startClock(): () => number {
  const startedAt = performance.now();
  return () => Math.round(performance.now() - startedAt);
}

/** What `onLogin` threw. */
const refusals = new WeakSet();

/** Notes that `onLogin` threw an error, which refuses the login and reaches the error handlers as it is. */
export function noteRefusal(error: object): void {
  refusals.add(error);
}

/** Describes an error for an event. */
export function describeFailure(error: unknown): EventFailure {
  if (refusals.has(error as object)) return { code: 'ERR_REFUSED_BY_ON_LOGIN', step: 'session' };
  if (!isQQConnectError(error)) return { code: 'ERR_UNKNOWN', step: 'session' };
  return { code: error.code, step: error.step, ...(error.qqCode !== undefined && { qqCode: error.qqCode }) };
}

/**
 * Warns of a failure that means wrong configuration, once for each cause: in production the page for the user does not
 * name it.
 */
export function warnOfConfiguration({ warnOnce }: { warnOnce: WarnOnce }, error: unknown): void {
  if (!isQQConnectError(error) || error.kind === 'configuration' || error.action !== 'fix_configuration') return;
  const { code, endpoint = '', hint, message, qqCode, step } = error;
  // The text of a callback may be anything: the browser sends it.
  const what = step === 'callback' ? `callback: QQ returned the error ${qqCode}` : message;
  warnOnce('QQ_CONFIGURATION', `${what}. ${hint.en}`, `${code} ${qqCode} ${endpoint}`);
}

/** Receives events. */
export type QQConnectEventListener = (event: QQConnectEvent) => void | Promise<void>;

/** Emits an event. */
export type Emit = (event: QQConnectEvent) => void;

/** Creates the function that calls `onEvent`. What a listener throws, now or later, must not decide a login. */
export function createEmitter(onEvent: QQConnectEventListener | undefined, warnOnce: WarnOnce): Emit {
  return (event) => {
    debug('event %j', event);
    const listen = async (): Promise<void> => onEvent?.(event);
    listen().catch(() => warnOnce('QQ_ON_EVENT', `onEvent threw on ${event.type}`));
  };
}
