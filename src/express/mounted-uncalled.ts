import { IncomingMessage } from 'node:http';
import { QQConfigurationError } from '../protocol/errors/index.js';

/**
 * Refuses a request where options belong: somebody wrote `app.use(qqConnect)` without the brackets, and Express calls
 * what makes the middleware as if it were the middleware.
 *
 * @throws `QQConfigurationError`
 */
export function refuseRequest(name: string, options: unknown): void {
  if (!(options instanceof IncomingMessage)) return;
  throw new QQConfigurationError(`${name} is mounted without being called`, {
    en: `Write ${name}() with its brackets where it is mounted.`,
    zh: `挂载时请写 ${name}()，不要漏掉括号。`,
  });
}
