import { expect, it } from '@jest/globals';
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';
import { redisLock } from '../../src/redis.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import { Visitor, startSite } from '../support/site.js';
import { tokenRoutes } from '../support/token-site.js';

const LOGINS = Number(process.env.RESTART_LOGINS ?? 200);
const AT_ONCE = 20;

type Case = [what: string, persistent: boolean, disableOfflineQueue: boolean];
const CASES: Case[] = [
  ['nothing on disk, requests fail at once while it is away', false, true],
  ['every write on disk, requests wait for it', true, false],
];
const MORE_CASES: Case[] = [
  ['nothing on disk, requests wait for it', false, false],
  ['every write on disk, requests fail at once while it is away', true, true],
];

interface Attempt {
  visitor: Visitor;
  status: number;
  seconds: number;
}

describeWithRedis('Redis restarted in the middle of 200 logins', () => {
  it.each([...CASES, ...(process.env.NIGHTLY === 'true' ? MORE_CASES : [])])(
    'leaves no half login: %s',
    async (_what, persistent, disableOfflineQueue) => {
      await using redis = await startRedis({ persistent });
      const client = createClient({
        url: redis.url,
        disableOfflineQueue,
        socket: { reconnectStrategy: (tries) => Math.min(20 * (tries + 1), 100) },
      });
      client.on('error', () => undefined);
      await client.connect();
      const store = new RedisStore({ client });
      await using site = await startSite({
        store,
        qq: { lock: redisLock(client) },
        session: { cookie: { maxAge: 3_600_000 } },
        routes: tokenRoutes,
        // Express prints the store's errors to the terminal.
        before: (app) => void app.set('env', 'test'),
      });

      const attempt = async (visitor: Visitor): Promise<Attempt> => {
        const started = performance.now();
        const callback = await visitor.toCallback();
        const { status } = await visitor.callback(callback);
        return { visitor, status, seconds: (performance.now() - started) / 1_000 };
      };
      const attempts: Attempt[] = [];
      let begun = 0;
      let restart: Promise<void> | undefined;
      // A login writes to the store once: without this, the restart may fall between two writes.
      const goneUntilNoticed = async (): Promise<void> => {
        while (disableOfflineQueue && !attempts.some(({ status }) => status >= 500)) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const logInOneAfterAnother = async (): Promise<void> => {
        while (begun < LOGINS) {
          begun += 1;
          if (begun === LOGINS / 2)
            restart = redis
              .kill()
              .then(goneUntilNoticed)
              .then(async () => redis.start());
          attempts.push(await attempt(new Visitor(site)));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, logInOneAfterAnother));
      await restart;
      expect(attempts).toHaveLength(LOGINS);
      // What fails, fails as an answer, and soon.
      expect(attempts.filter(({ status }) => ![302, 500, 503].includes(status))).toEqual([]);
      expect(attempts.filter(({ seconds }) => seconds > 8)).toEqual([]);
      if (disableOfflineQueue) expect(attempts.some(({ status }) => status >= 500)).toBe(true);

      while (!client.isReady) await new Promise((resolve) => setTimeout(resolve, 10));
      // Everybody is logged in with tokens, or not at all.
      const halves: unknown[] = [];
      for (const { visitor, status } of attempts) {
        const user = await visitor.agent.get('/auth/qq/user');
        const token = await visitor.agent.get('/token').set('accept', 'application/json');
        if (user.status !== token.status) halves.push([status, user.status, token.status]);
        if (persistent && status === 302 && user.status !== 200) halves.push([status, user.status]);
      }
      expect(halves).toEqual([]);
      // Everything works again.
      const again = await Promise.all(attempts.slice(0, AT_ONCE).map(async ({ visitor }) => visitor.login()));
      expect(again.map(({ status }) => status)).toEqual(again.map(() => 302));
      for (const { visitor } of attempts.slice(0, AT_ONCE)) {
        expect((await visitor.agent.get('/token')).status).toBe(200);
      }
      await client.close();
    },
    60_000,
  );
});
