import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The application's settings, read from the environment. QQ_APP_ID and QQ_APP_KEY are read by `qqConnect()` itself. */
export interface Config {
  port: number;
  /** The address to listen on; `undefined` for all of them. */
  host: string | undefined;
  /** How many processes share the port. */
  processes: number;
  redisUrl: string | undefined;
  dataDir: string;
  sessionSecret: string;
  redirectUri: string;
  /** QQ's origin, or the sandbox's. */
  graphOrigin: string;
  /** Whether a sandbox plays QQ. */
  sandbox: boolean;
}

/** Something that the person who starts the application has to change; printed without a stack trace. */
export class StartError extends Error {
  override name = 'StartError';
}

type Environment = Record<string, string | undefined>;

/** A line `NAME=` in a .env file means the same as no line. */
export function setting(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

/** Reads a setting that is a whole number. */
export function numberSetting(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = setting(env, name) ?? String(fallback);
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new StartError(`${name} must be a number from ${least} to ${most}.`);
}

/** Reads a .env file in the current directory, if there is one. What is set already stays. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/** Where the session database and the sandbox's session secret are kept. */
export function dataDirOf(env: Environment): string {
  const dataDir = setting(env, 'DATA_DIR') ?? '.data';
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return dataDir;
}

/** A secret that is made at the first start and kept, so that users stay logged in after a restart. For development only. */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'session-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function sessionSecretOf(env: Environment): string {
  const secret = setting(env, 'SESSION_SECRET');
  if (secret !== undefined) return secret;
  throw new StartError(
    'SESSION_SECRET is not set. Make one, and keep it in .env:\n' +
      `  node -p "'SESSION_SECRET=' + crypto.randomBytes(32).toString('hex')" >> .env`,
  );
}

/**
 * Reads the settings.
 *
 * @throws {@link StartError} that says what to change
 */
export function readConfig(env: Environment): Config {
  const graphUrl = setting(env, 'QQ_GRAPH_URL') ?? 'https://graph.qq.com';
  const graphOrigin = URL.canParse(graphUrl) ? new URL(graphUrl).origin : '';
  const sandbox = graphOrigin.startsWith('http:'); // the real QQ is https, and a sandbox is on this machine
  const redisUrl = setting(env, 'REDIS_URL');
  const processes = numberSetting(env, 'WEB_CONCURRENCY', 1, 1, 64);
  if (processes > 1 && redisUrl === undefined) {
    throw new StartError(
      'WEB_CONCURRENCY needs REDIS_URL: several processes must share their sessions, and the database file under\n' +
        '.data/ is for one of them. Set REDIS_URL=redis://127.0.0.1:6379, or leave WEB_CONCURRENCY out.',
    );
  }
  return {
    port: numberSetting(env, 'PORT', 3000, 1, 65_535),
    // The sandbox logs any visitor in as any user, so with it the application listens on this machine only.
    host: setting(env, 'HOST') ?? (sandbox ? '127.0.0.1' : undefined),
    processes,
    redisUrl,
    dataDir: dataDirOf(env),
    sessionSecret: sessionSecretOf(env),
    redirectUri: setting(env, 'QQ_REDIRECT_URI') ?? '',
    graphOrigin,
    sandbox,
  };
}
