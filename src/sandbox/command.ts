import { parseArgs } from 'node:util';
import { commandWords, type CommandWords } from './command-words.js';
import { defaultApps } from './personas.js';
import { requestLine } from './request-line.js';
import { startObservedSandbox } from './start.js';
import type { Sandbox, SandboxApp, SandboxOptions } from './types.js';

/** What the command reads and writes; by default the process itself. */
export interface SandboxTerminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the sandbox beside SIGINT and SIGTERM. */
  readonly signal?: AbortSignal;
}

interface Settings {
  readonly app: SandboxApp;
  readonly options: SandboxOptions;
}

/**
 * Runs the sandbox on the command line until SIGINT or SIGTERM.
 *
 * @param argv - the arguments after `express-qq-connect sandbox`
 * @returns the exit code: 0 when it was ended or asked for help, 1 when it cannot listen, 2 for wrong arguments
 */
export async function runSandbox(argv: readonly string[], terminal: SandboxTerminal = process): Promise<number> {
  const words = commandWords(terminal.env);
  const say = (text: string) => void terminal.stdout.write(`${text}\n`);
  try {
    const settings = readSettings(argv, words);
    if (!settings) {
      say(words.help);
      return 0;
    }
    const { app, options } = settings;
    const sandbox = await startObservedSandbox(options, (request) => say(requestLine(request, words)));
    say(greeting(sandbox, app, words));
    await ended(terminal.signal);
    await sandbox.close();
    return 0;
  } catch (error) {
    const complaint = explain(error, words);
    if (!complaint) throw error;
    terminal.stderr.write(`${complaint.text}\n`);
    return complaint.exitCode;
  }
}

function readSettings(argv: readonly string[], words: CommandWords): Settings | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string', default: '9010' },
      'app-id': { type: 'string', default: defaultApps[0].appId },
      'app-key': { type: 'string', default: defaultApps[0].appKey },
      'redirect-uri': { type: 'string', multiple: true },
      'auto-approve': { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { port, strict, 'redirect-uri': redirectUris } = values;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new TypeError(words.badPort(port));
  if (strict && !redirectUris) throw new TypeError(words.strictAlone);
  const app = { appId: values['app-id'], appKey: values['app-key'], ...(redirectUris && { redirectUris }) };
  return { app, options: { port: Number(port), apps: [app], autoApprove: values['auto-approve'], strict } };
}

function greeting({ url }: Sandbox, { appId, appKey, redirectUris }: SandboxApp, words: CommandWords): string {
  return [
    words.running(url),
    words.console(url),
    '',
    words.paste,
    '',
    `QQ_APP_ID=${appId}`,
    `QQ_APP_KEY=${appKey}`,
    `QQ_GRAPH_URL=${url}`,
    `QQ_REDIRECT_URI=${redirectUris?.[0] ?? 'http://localhost:3000/auth/qq/callback'}`,
    '',
    words.stop,
    '',
  ].join('\n');
}

function explain(
  error: unknown,
  words: CommandWords,
): { readonly text: string; readonly exitCode: number } | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return { text: words.portInUse(String((error as { port?: number }).port)), exitCode: 1 };
  if (code === 'EACCES') return { text: words.portForbidden, exitCode: 1 };
  if (error instanceof TypeError || code.startsWith('ERR_PARSE_ARGS')) {
    return { text: `${(error as Error).message}\n${words.seeHelp}`, exitCode: 2 };
  }
  return undefined;
}

/** Waits for the signal that ends the process, or the caller's. */
function ended(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      for (const name of signals) process.off(name, end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    for (const name of signals) process.on(name, end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}

const signals = ['SIGINT', 'SIGTERM'] as const;
