import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, freePort } from './programs.js';
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
  // `pg_ctl -w` returns when the server takes queries; its port accepts connections before.
  const pgCtl = (...args: string[]): void => {
    execFileSync(program('pg_ctl'), ['-D', data, '-w', ...args], { ...options, stdio: 'ignore' });
  };
  pgCtl('-o', `-p ${port} -h 127.0.0.1 -k ${directory} -F`, 'start');
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      pgCtl('-m', 'immediate', 'stop');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
