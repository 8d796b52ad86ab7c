import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from './programs.js';
import type { PoolOptions } from 'mysql2/promise';
import type { Program } from './programs.js';

const SERVER = '/usr/sbin/mariadbd';

const mariadb: Program = {
  name: 'mariadb',
  isInstalled: existsSync(SERVER),
  install: 'apt-get install mariadb-server',
};

/** Describes tests that need MariaDB: skipped if Debian's is not installed, which in CI is a failure. */
export function describeWithMariaDB(what: string, tests: () => void): void {
  describeWith(mariadb, what, tests);
}

/** A MariaDB server of a test's own, which listens on a socket in a directory of its own. */
export interface MariaDBServer extends AsyncDisposable {
  connection: PoolOptions;
}

/** Starts Debian's MariaDB. */
export async function startMariaDB(): Promise<MariaDBServer> {
  const directory = mkdtempSync(join(tmpdir(), 'mariadb-'));
  const isRoot = process.getuid?.() === 0;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }));
  if (isRoot) chownSync(directory, id('-u'), id('-g'));
  const user = isRoot ? ['--user=mysql'] : [];
  const data = join(directory, 'data');
  const socketPath = join(directory, 'socket');
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', ...user, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: 'ignore' },
  );
  const settings = ['--no-defaults', ...user, `--datadir=${data}`, `--socket=${socketPath}`, '--skip-networking'];
  const child = spawn(SERVER, settings, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + 30_000;
  while (!existsSync(socketPath)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('mariadbd did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    connection: { socketPath, user: 'root' },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
