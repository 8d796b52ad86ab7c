/**
 * Warns the developer through Node's own channel: printed once to standard error, silenced or made fatal by the usual
 * flags (`--no-warnings`, `--throw-deprecation` does not apply), and observable with `process.on('warning')`.
 */
export function warn(code: string, message: string): void {
  process.emitWarning(`express-qq-connect: ${message}`, { type: 'QQConnectWarning', code });
}
