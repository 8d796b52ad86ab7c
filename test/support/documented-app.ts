import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { startSandbox } from '../../src/sandbox.js';
import { consumerProject } from './code-blocks.js';
import { freePort } from './programs.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox.js';

const STARTED_WITHIN = 45_000;

/** An application from a document, running in a process of its own. */
export interface DocumentedApp extends AsyncDisposable {
  /** Where it is, on this machine. */
  url: string;
  /** The sandbox that its environment leads to; an application may start one of its own instead. */
  sandbox: Sandbox;
  /** What it printed. */
  output(): string;
  pid: number | undefined;
  /** Stops it with SIGTERM, and returns its exit code once it has ended. */
  stop(): Promise<number | null>;
}

/** How a {@link DocumentedApp} is started. */
export interface DocumentedAppOptions {
  /** The file that is started. */
  main?: string;
  env?: Record<string, string>;
  sandbox?: SandboxOptions;
  /** The callback address; by default the application's own on this machine. */
  redirectUri?: string;
  /** The path of that address, if it is not the router's own. */
  redirectPath?: string;
}

async function untilItSays(child: ChildProcess, text: string, output: () => string): Promise<void> {
  const late = AbortSignal.timeout(STARTED_WITHIN);
  while (!output().includes(text)) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output()}`);
    const [what] = await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data', { signal: late }),
      once(child.stderr as NodeJS.ReadableStream, 'data', { signal: late }),
      once(child, 'close', { signal: late }),
    ]).catch(() => [undefined]);
    if (what === undefined) throw new Error(`it never said ${text}:\n${output()}`);
  }
}

/**
 * Starts an application as its reader would, on a free port in place of 3000, and waits until it says its address.
 *
 * @param files - its files, as the document has them
 */
export async function startDocumentedApp(
  files: Readonly<Record<string, string>>,
  {
    main = 'app.mjs',
    env = {},
    sandbox: sandboxOptions,
    redirectUri,
    redirectPath = '/auth/qq/callback',
  }: DocumentedAppOptions = {},
): Promise<DocumentedApp> {
  const port = await freePort();
  const moved = Object.entries(files).map(([name, text]) => [name, text.replaceAll(/\b3000\b/g, String(port))]);
  const folder = consumerProject(Object.fromEntries(moved) as Record<string, string>);
  const apps = [
    { appId: '100000077', appKey: 'a made-up app key', ...(redirectUri && { redirectUris: [redirectUri] }) },
  ];
  const sandbox = await startSandbox({ apps, autoApprove: true, ...sandboxOptions });
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, ['--no-warnings', main], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      QQ_APP_ID: apps[0]?.appId,
      QQ_APP_KEY: apps[0]?.appKey,
      QQ_GRAPH_URL: sandbox.url,
      QQ_REDIRECT_URI: redirectUri ?? url + redirectPath,
      SESSION_SECRET: 'a session secret of this test',
      ...env,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const output = (): string => said;
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
    return child.exitCode;
  };
  const dispose = async (): Promise<void> => {
    await stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilItSays(child, url, output);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, sandbox, output, pid: child.pid, stop, [Symbol.asyncDispose]: dispose };
}
