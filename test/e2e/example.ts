import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../support/programs.js';
import type { ChildProcess } from 'node:child_process';
import type { Sandbox } from '../../src/sandbox.js';

const MAIN = resolve('build/example-app/main.js');

/** The built example application as a process of its own, in a directory of its own. */
export interface Example {
  url: string;
  /** Where it runs: without a .env file, with its .data. */
  directory: string;
  /** Everything that it printed so far. */
  output(): string;
  /** Its process; with several of them, the one that started the others. */
  pid(): number | undefined;
  /** Ends it as Ctrl-C would, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Starts it again after {@link Example.stop}, on the same ports and data. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  close(): Promise<void>;
}

/** What the example sees of this process's environment: nothing that would change what it does. */
export function cleanEnvironment(settings: Record<string, string | undefined>): Record<string, string | undefined> {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...settings };
}

interface Run {
  child: ChildProcess;
  output: () => string;
}

function run(directory: string, settings: Record<string, string | undefined>): Run {
  const env = cleanEnvironment(settings);
  const child = spawn(process.execPath, [MAIN], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, output: () => text };
}

async function greeting({ child, output }: Run): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (output().includes('Ctrl-C stops it.')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the example ended with ${code ?? 'a signal'}:\n${output()}`)));
  });
}

/** Runs the example where it is expected not to start, and gives what it said. */
export async function failToStart(settings: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'example-'));
  const { child, output } = run(directory, settings);
  await once(child, 'close');
  await rm(directory, { recursive: true, force: true });
  return { code: child.exitCode, output: output() };
}

/** Starts the example on free ports. */
export async function startExample(settings: Record<string, string> = {}): Promise<Example> {
  const directory = await mkdtemp(join(tmpdir(), 'example-'));
  const ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) };
  let current: Run;
  const start = async (): Promise<void> => {
    current = run(directory, { ...ports, ...settings });
    await greeting(current);
  };
  const stop = async (): Promise<number | null> => {
    const { child } = current;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  await start();
  return {
    url: `http://localhost:${settings.PORT ?? ports.PORT}`,
    directory,
    output: () => current.output(),
    pid: () => current.child.pid,
    stop,
    start,
    async close() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts the example as an application of a sandbox that the test has started. */
export async function startExampleWith(
  sandbox: Pick<Sandbox, 'url'>,
  { appId, appKey }: { appId: string; appKey: string },
  settings: Record<string, string> = {},
): Promise<Example> {
  const port = await freePort();
  return startExample({
    PORT: String(port),
    QQ_APP_ID: appId,
    QQ_APP_KEY: appKey,
    QQ_REDIRECT_URI: `http://localhost:${port}/auth/qq/callback`,
    QQ_GRAPH_URL: sandbox.url,
    SESSION_SECRET: 'a secret of this test',
    ...settings,
  });
}
