/** Warns the developer once for each cause. */
export type WarnOnce = (code: string, message: string, cause?: string) => void;

/** Creates the function that warns once for each cause, by default for each code. */
export function createWarnOnce(): WarnOnce {
  const causes = new Set<string>();
  return (code, message, cause = code) => {
    if (causes.has(cause)) return;
    causes.add(cause);
    warn(code, message);
  };
}

/**
 * Warns the developer with `process.emitWarning`: on standard error unless Node runs with `--no-warnings`, and to
 * listeners of `process.on('warning')`. The caller makes sure that a warning comes once.
 */
export function warn(code: string, message: string): void {
  process.emitWarning(`express-qq-connect: ${message}`, { type: 'QQConnectWarning', code });
}
