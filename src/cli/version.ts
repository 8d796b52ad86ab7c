import { createRequire } from 'node:module';

/** The version of this package, from its `package.json`. */
export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('express-qq-connect/package.json') as { version: string }).version;
}
