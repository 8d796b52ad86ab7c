import cluster from 'node:cluster';
import { isQQConnectError } from 'express-qq-connect';
import { StartError, loadEnvFile, readConfig, setting } from './config.js';
import { startLocalQQ } from './sandbox.js';
import { serve } from './server.js';
import { serveInWorkers } from './workers.js';
import type { Config } from './config.js';

const MAX_STOP_MS = 10_000;

/** Resolves when the process is asked to end: by Ctrl-C (which may arrive twice, as npm passes it on), or by a process manager. */
async function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}

function greet({ redirectUri, sandbox, graphOrigin }: Config): void {
  const how = sandbox
    ? `Log in with any account of the sandbox. 使用沙箱中的任意账号登录。\nThe sandbox's console shows each request and simulates faults. 沙箱控制台可查看请求、模拟故障：${graphOrigin}/`
    : 'Logs in with the real QQ.';
  console.log(`\n  ${new URL(redirectUri).origin}\n\n${how}\nCtrl-C stops it.\n`);
}

function explain(error: unknown): string {
  if (isQQConnectError(error)) return `${error.message}\n${error.hint.en}\n${error.hint.zh}`;
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  const stopped = stopSignal();
  loadEnvFile();
  const sandbox = setting(process.env, 'QQ_APP_ID') === undefined ? await startLocalQQ() : undefined;
  const config = readConfig(process.env);
  const shares = cluster.isPrimary && config.processes > 1;
  const running = shares ? await serveInWorkers(config.processes) : await serve(config);
  if (cluster.isPrimary) greet(config);
  await stopped;
  setTimeout(() => process.exit(1), MAX_STOP_MS).unref();
  await running.stop();
  await sandbox?.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(explain(error));
    process.exit(1);
  },
);
