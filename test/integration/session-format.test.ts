import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it, jest } from '@jest/globals';
import session from 'express-session';
import { Visitor } from '../support/site.js';
import { stopDate } from '../support/clock.js';
import { DAY, ask, startTokenSite } from '../support/token-site.js';
import { contents } from '../support/store.js';
import type { SessionData } from 'express-session';

interface Fixture {
  /** When the user logged in, in ms since 1970. */
  loginAt: number;
  /** The session cookie, signed. */
  cookie: string;
  /** Everything in the session store: the session, and the record of a refresh after nine days. */
  store: Record<string, SessionData>;
  user: { openid: string; nickname: string };
  token: string;
}

const FILE = 'test/fixtures/session-format-1.json';
const ENCRYPTION_KEY = 'the-encryption-key-of-the-session-format-fixture';

afterEach(() => void jest.useRealTimers());

/** Writes the fixture of a new format; an existing one never changes. */
async function write(): Promise<void> {
  stopDate(Date.UTC(2026, 10, 28));
  const loginAt = Date.now();
  const store = new session.MemoryStore();
  await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
  const visitor = new Visitor(site);
  const login = await visitor.login();
  const cookie = /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie']))?.[0] ?? '';
  jest.setSystemTime(loginAt + 9 * DAY);
  const token = String((await ask(visitor, '/token')).body.token);
  const { openid, nickname } = (await ask(visitor, '/auth/qq/user')).body as Fixture['user'];
  const fixture: Fixture = { loginAt, cookie, store: await contents(store), user: { openid, nickname }, token };
  writeFileSync(FILE, `${JSON.stringify(fixture, null, 2)}\n`);
}

it('a session and a token record of format 1 are read', async () => {
  if (process.env.WRITE_SESSION_FORMAT === '1') await write();
  const { loginAt, cookie, store: stored, user, token } = JSON.parse(readFileSync(FILE, 'utf8')) as Fixture;
  stopDate(loginAt + 10 * DAY);
  const store = new session.MemoryStore();
  for (const [id, data] of Object.entries(stored)) await new Promise((done) => store.set(id, data, done));
  await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
  const headers = { cookie, accept: 'application/json' };
  const read = async (path: string): Promise<unknown> => (await fetch(site.url + path, { headers })).json();
  expect(await read('/auth/qq/user')).toMatchObject(user);
  expect(await read('/token')).toEqual({ token });
});

it('a session of another format counts as not logged in, and a login replaces it', async () => {
  const { cookie, store: stored, loginAt } = JSON.parse(readFileSync(FILE, 'utf8')) as Fixture;
  stopDate(loginAt + DAY);
  const store = new session.MemoryStore();
  for (const [id, data] of Object.entries(stored)) {
    const qqConnect = { ...(data as { qqConnect?: object }).qqConnect, format: 99, logins: 'another type' };
    await new Promise((done) => store.set(id, { ...data, qqConnect } as unknown as SessionData, done));
  }
  await using site = await startTokenSite({ store, qq: { encryptionKey: ENCRYPTION_KEY } });
  const visitor = new Visitor(site);
  visitor.agent.jar.setCookie(cookie, '127.0.0.1', '/');
  expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  expect((await visitor.agent.get('/')).status).toBe(200);
  expect((await visitor.login()).status).toBe(302);
  expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
});
