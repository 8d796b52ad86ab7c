/**
 * Warns the developer through Node's own channel: on standard error, unless `--no-warnings` says otherwise, and to
 * whoever listens with `process.on('warning')`. Callers see to it that nothing is said twice.
 */
export function warn(code: string, message: string): void {
  process.emitWarning(`express-qq-connect: ${message}`, { type: 'QQConnectWarning', code });
}
