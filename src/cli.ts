#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { main } from './cli/main.js';

/** Whether this file is what Node was started with, if need be through the link in `node_modules/.bin`. */
function isProgram(): boolean {
  const started = process.argv[1];
  return started !== undefined && existsSync(started) && realpathSync(started) === import.meta.filename;
}

/** Ends quietly when the reader closes the pipe, as `express-qq-connect explain | head -1` does; the exit status stays true. */
function untilClosed(): AbortSignal {
  const closed = new AbortController();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      closed.abort();
    });
  }
  return closed.signal;
}

async function run(): Promise<void> {
  const { stdout, stderr, env } = process;
  process.exitCode = await main(process.argv.slice(2), {
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    signal: untilClosed(),
  });
}

if (isProgram()) void run();
