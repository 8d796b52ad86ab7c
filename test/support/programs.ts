import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from '@jest/globals';
import type { AddressInfo } from 'node:net';

/** A program that some tests start. */
export interface Program {
  name: string;
  isInstalled: boolean;
  /** How to install it. */
  install: string;
}

/** Writes down that tests were skipped, for the end of the test run; in CI a skipped test is a failure. */
export function reportSkipped(reason: string): void {
  if (process.env.CI === 'true') throw new Error(reason);
  const log = process.env.SKIPPED_LOG;
  if (log !== undefined && log !== '') appendFileSync(log, `${reason}\n`);
  else console.warn(reason);
}

/** Describes tests that start a program. Without it they are skipped, which in CI is a failure. */
export function describeWith({ name, isInstalled, install }: Program, what: string, tests: () => void): void {
  if (isInstalled) {
    describe(what, tests);
    return;
  }
  const reason = `${name}: ${what} was skipped: not installed (${install})`;
  if (process.env.CI === 'true') it(what, () => reportSkipped(reason));
  else {
    reportSkipped(reason);
    describe.skip(reason, tests);
  }
}

/** Returns a port on which no server listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
