import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, freePort } from './programs.js';
import type { ChildProcess } from 'node:child_process';
import type { Program } from './programs.js';

/** A `redis-server` of a test's own, in a directory of its own. */
export interface RedisServer extends AsyncDisposable {
  url: string;
  port: number;
  /** Ends it as a power cut would; what it did not write to disk is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  close(): Promise<void>;
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const redis: Program = {
  name: 'redis-server',
  isInstalled: isInstalled(),
  install: 'apt-get install redis-server',
};

/** Describes tests that need a Redis: skipped if it is not installed, which in CI is a failure. */
export function describeWithRedis(what: string, tests: () => void): void {
  describeWith(redis, what, tests);
}

async function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}

async function launch(port: number, directory: string, persistent: boolean): Promise<ChildProcess> {
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
  const persistence = persistent ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no'];
  // The shell ends the server when this process is gone and its end of the pipe with it, however it ended.
  const script =
    'redis-server "$@" & server=$!; (read -r _; kill -9 $server 2>/dev/null) <&3 & wait $server; kill $! 2>/dev/null';
  const child = spawn('sh', ['-c', script, 'sh', ...settings, ...persistence], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const deadline = Date.now() + 10_000;
  while (!(await answersPing(port))) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('redis-server did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

/** Starts Debian's `redis-server` on a free port. */
export async function startRedis({ persistent = false } = {}): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let child = await launch(port, directory, persistent);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdio[3]?.destroy();
    await ended;
  };
  const start = async (): Promise<void> => {
    child = await launch(port, directory, persistent);
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, port, kill, start, close, [Symbol.asyncDispose]: close };
}
