import { QQConfigurationError } from './errors/index.js';

/**
 * Rejects a request in the place of options: with `app.use(qqConnect)`, without the parentheses, Express calls the
 * function that creates the middleware as if it were the middleware.
 *
 * @throws `QQConfigurationError`
 */
export function assertCalled(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || !('httpVersion' in options)) return;
  throw new QQConfigurationError(`${name} is mounted without being called`, {
    en: `Write ${name}() with its parentheses where it is mounted.`,
    zh: `挂载时请写 ${name}()，不要漏掉括号。`,
  });
}
