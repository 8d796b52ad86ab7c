import type { LocalizedText } from '../../protocol/error-codes.js';

/** `info` is worth knowing and neither good nor bad; only `error` makes the exit status 1. */
export type CheckLevel = 'ok' | 'info' | 'warn' | 'error';

/** What one check found: never with a secret in it. */
export interface Check extends LocalizedText {
  readonly level: CheckLevel;
  /** Names the finding for programs; stable across versions. */
  readonly id: string;
  /** What to change. */
  readonly fix?: LocalizedText;
}

/** All is well. */
export function ok(id: string, text: LocalizedText): Check {
  return { level: 'ok', id, ...text };
}

/** Worth knowing, such as what cannot be seen from here. */
export function info(id: string, text: LocalizedText): Check {
  return { level: 'info', id, ...text };
}

/** May be right, but is where things often go wrong. */
export function warn(id: string, text: LocalizedText, fix: LocalizedText): Check {
  return { level: 'warn', id, ...text, fix };
}

/** Has to be changed. */
export function error(id: string, text: LocalizedText, fix: LocalizedText): Check {
  return { level: 'error', id, ...text, fix };
}
