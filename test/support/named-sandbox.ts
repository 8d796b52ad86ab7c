import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main.js';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A sandbox that the command line runs under another name. */
export interface NamedSandbox extends AsyncDisposable {
  readonly port: number;
  readonly output: () => string;
  /** The folder of the certificates. */
  readonly folder: string;
  readonly caFile: string;
  readonly bundleFile: string;
}

/** Runs `sandbox --as graph.qq.com` with a home folder of its own, or a given one, on a free port. */
export async function startNamedSandbox(argv: readonly string[], home?: string): Promise<NamedSandbox> {
  const ownHome = home ?? mkdtempSync(join(tmpdir(), 'qq-sandbox-'));
  const abort = new AbortController();
  let output = '';
  let onGreeting = (): void => undefined;
  const greeted = new Promise<void>((resolve) => (onGreeting = resolve));
  const write = (text: string) => {
    output += text;
    if (output.includes('Press Ctrl+C')) onGreeting();
  };
  const ended = main(['sandbox', '--as', 'graph.qq.com', '--port', '0', ...argv], {
    stdout: { write },
    stderr: { write },
    env: { LANG: 'C', HOME: ownHome },
    cwd: ownHome,
    signal: abort.signal,
  });
  const finished = await Promise.race([ended.then(() => true), greeted.then(() => false)]);
  if (finished) throw new Error(output);
  const folder = join(ownHome, '.express-qq-connect');
  return {
    port: Number(/https:\/\/graph\.qq\.com:(\d+)/.exec(output)?.[1]),
    output: () => output,
    folder,
    caFile: join(folder, 'ca.pem'),
    bundleFile: join(folder, 'ca-bundle.pem'),
    async [Symbol.asyncDispose]() {
      abort.abort();
      await ended;
      if (home === undefined) rmSync(ownHome, { recursive: true, force: true });
    },
  };
}

/** Requests a URL of a host name that the hosts file would lead to this machine. */
export async function getNamed(
  url: string,
  { port, ca, address = '127.0.0.1' }: { readonly port: number; readonly ca: string; readonly address?: string },
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> {
  const { hostname, pathname, search } = new URL(url);
  const options = {
    host: address,
    port,
    path: pathname + search,
    servername: hostname,
    ca,
    headers: { Host: hostname },
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(options, resolve).on('error', reject).end();
  });
  const chunks = (await answer.toArray()) as Buffer[];
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() };
}
