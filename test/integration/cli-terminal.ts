import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main.js';
import type { RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Check } from '../../src/cli/doctor/check.js';

/** How one call of the command line differs from the simplest one. */
export interface CallOptions {
  env?: Record<string, string>;
  cwd?: string;
  isTTY?: boolean;
  columns?: number;
  signal?: AbortSignal;
}

/** Calls the command line in this process; it speaks English unless told otherwise. */
export async function call(argv: readonly string[], options: CallOptions = {}) {
  const written = { stdout: '', stderr: '' };
  // A folder where the packages are found, and no .env of a developer's own.
  const { env = {}, cwd = join(process.cwd(), 'test'), isTTY = false, columns, signal } = options;
  const status = await main(argv, {
    stdout: { write: (text) => (written.stdout += text), isTTY, columns },
    stderr: { write: (text) => (written.stderr += text) },
    env: { LANG: 'en_US.UTF-8', ...env },
    cwd,
    ...(signal && { signal }),
  });
  return { status, ...written };
}

/** What the doctor found, by the ids of its findings. */
export async function findings(argv: readonly string[], options: CallOptions = {}) {
  const { status, stdout } = await call(['doctor', '--json', ...argv], options);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  return {
    status,
    ok,
    checks,
    text: stdout,
    levels: Object.fromEntries(checks.map(({ id, level }) => [id, level])),
  };
}

/** A folder of its own for a call, with files in it. */
export function folder(files: Record<string, string> = {}): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Puts a server on a port of its own; its end ends its connections too. */
export async function listen(server: Server): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, [Symbol.asyncDispose]: close };
}

export const serve = async (listener: RequestListener) => listen(createServer(listener));
