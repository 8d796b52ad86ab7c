import { RedisStore } from 'connect-redis';
import { redisLock } from 'express-qq-connect/redis';
import { createClient } from 'redis';
import { StartError } from './config.js';
import type { SessionStore } from './session-store.js';

const PING_MS = 2_000;
const MAX_SILENCE_MS = 5_000;

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'unknown error';
}

/** Keeps sessions in Redis, for any number of processes. */
export async function openRedisStore(url: string): Promise<SessionStore> {
  let connected = false;
  const client = createClient({
    url,
    // While Redis is away requests fail at once, and do not pile up.
    disableOfflineQueue: true,
    socket: {
      socketTimeout: MAX_SILENCE_MS,
      // At the start a wrong REDIS_URL is said; later Redis may come and go.
      reconnectStrategy: (retries) => connected && Math.min(100 * 2 ** retries, 2_000),
    },
  });
  let away = false;
  client.on('error', (error: unknown) => {
    if (connected && !away) console.error(`Redis is away: ${codeOf(error)}`);
    away = true;
  });
  client.on('ready', () => {
    if (connected && away) console.error('Redis is back.');
    connected = true;
    away = false;
  });
  try {
    await client.connect();
  } catch (error) {
    throw new StartError(`Redis cannot be reached (${codeOf(error)}). Check REDIS_URL, or start Redis.`);
  }
  // Each write restarts socketTimeout. Under load, only a ping with its own limit detects a Redis that hangs.
  const pings = setInterval(() => {
    if (!client.isReady) return;
    const late = setTimeout(() => {
      if (!client.isReady) return; // it reconnects already
      client.destroy();
      client.connect().catch((error: unknown) => console.error(`Redis cannot be reached: ${codeOf(error)}`));
    }, MAX_SILENCE_MS);
    const done = (): void => clearTimeout(late);
    client.ping().then(done, done);
  }, PING_MS);
  return {
    store: new RedisStore({ client, prefix: 'qq-example:' }),
    lock: redisLock(client),
    async close() {
      clearInterval(pings);
      if (client.isReady) await client.close();
      else client.destroy();
    },
  };
}
