import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, describeWith, freePort } from './programs.js';
import type { Program } from './programs.js';

const DEBIAN = '/usr/lib/postgresql';
const version = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().at(-1) : undefined;
const bin = version === undefined ? undefined : join(DEBIAN, version, 'bin');

const postgres: Program = {
  name: 'postgresql',
  isInstalled: bin !== undefined && existsSync(join(bin, 'postgres')),
  install: 'apt-get install postgresql',
};

/** Describes tests that need PostgreSQL: skipped if Debian's is not installed, which in CI is a failure. */
export function describeWithPostgres(what: string, tests: () => void): void {
  describeWith(postgres, what, tests);
}

/** A PostgreSQL server of a test's own, in a directory of its own. */
export interface PostgresServer extends AsyncDisposable {
  url: string;
}

/** PostgreSQL does not run as root: then it runs as the user that Debian's package creates. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Starts Debian's PostgreSQL on a free port. */
export async function startPostgres(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-'));
  const user = owner();
  if (user) chownSync(directory, user.uid, user.gid);
  const program = (name: string): string => join(bin ?? '', name);
  const data = join(directory, 'data');
  const options = { cwd: directory, ...user };
  execFileSync(program('initdb'), ['-D', data, '-U', 'test', '--auth=trust', '--no-sync'], {
    ...options,
    stdio: 'ignore',
  });
  const port = await freePort();
  const settings = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', directory, '-F'];
  const child = spawn(program('postgres'), settings, { ...options, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + 15_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('postgres did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGQUIT');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
