import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import session from 'express-session';
import { filesOf } from '../support/code-blocks.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { startTokenSite, tokenOf } from '../support/token-site.js';
import type { Store } from 'express-session';

const NEW_KEY = 'a-first-encryption-key-0123456789-abcdef';

/** Loads the function of the page about sessions that logs a user out on all devices. */
async function documentedLogout(): Promise<(store: Store, userId: unknown) => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'documented-logout-'));
  try {
    const path = join(folder, 'logout-everywhere.mjs');
    writeFileSync(path, filesOf('docs/sessions.md')['logout-everywhere.mjs'] ?? '');
    const module = (await import(pathToFileURL(path).href)) as Record<
      string,
      (store: Store, id: unknown) => Promise<void>
    >;
    return module.logOutEverywhere as (store: Store, userId: unknown) => Promise<void>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a visitor with the cookies of another one, at another site: the same application with another configuration. */
function movedTo(site: { url: string }, cookie: string): Visitor {
  const visitor = new Visitor(site);
  visitor.agent.jar.setCookie(cookie, '127.0.0.1', '/');
  return visitor;
}

function sessionCookieOf(login: { headers: Record<string, unknown> }): string {
  return /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie']))?.[0] ?? '';
}

describe('what the page about sessions shows', () => {
  it('logs a user out on all devices, and no other user', async () => {
    const logOutEverywhere = await documentedLogout();
    let logins = 0;
    await using site = await startSite({
      qq: {
        onLogin: ({ req }) => {
          Object.assign(req.session, { userId: (logins += 1) < 3 ? 1 : 2 });
        },
      },
    });
    const [phone, desktop, other] = [new Visitor(site), new Visitor(site), new Visitor(site)] as const;
    for (const visitor of [phone, desktop, other]) await visitor.login();
    await logOutEverywhere(site.store, 1);
    const statuses = [];
    for (const { agent } of [phone, desktop, other]) statuses.push((await agent.get('/auth/qq/user')).status);
    expect(statuses).toEqual([401, 401, 200]);
  });

  it('keeps the users logged in while SESSION_SECRET is rotated', async () => {
    const store = new session.MemoryStore();
    await using before = await startSite({ store, session: { secret: ['old', 'new'] } });
    const cookie = sessionCookieOf(await new Visitor(before).login());
    const statusWith = async (secret: string[]): Promise<number> => {
      await using site = await startSite({ store, session: { secret } });
      return (await movedTo(site, cookie).agent.get('/auth/qq/user')).status;
    };
    expect(await statusWith(['new', 'old'])).toBe(200);
    expect(await statusWith(['new'])).toBe(401);
  });

  it('keeps the tokens when a first encryptionKey is introduced', async () => {
    const store = new session.MemoryStore();
    await using before = await startTokenSite({ store });
    const visitor = new Visitor(before);
    const cookie = sessionCookieOf(await visitor.login());
    const token = await tokenOf(visitor);
    for (const encryptionKey of [
      [APP.appKey, NEW_KEY],
      [NEW_KEY, APP.appKey],
    ]) {
      await using site = await startTokenSite({ store, qq: { encryptionKey } });
      expect(await tokenOf(movedTo(site, cookie))).toBe(token);
    }
  });
});
