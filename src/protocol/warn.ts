/**
 * Warns the developer with `process.emitWarning`: on standard error unless Node runs with `--no-warnings`, and to
 * listeners of `process.on('warning')`. The caller makes sure that a warning comes once.
 */
export function warn(code: string, message: string): void {
  process.emitWarning(`express-qq-connect: ${message}`, { type: 'QQConnectWarning', code });
}
