import { expect } from '@jest/globals';
import { RedisStore } from 'connect-redis';
import { createSealer } from '../../src/attempt/sealer.js';
import { callStore } from '../../src/express/session-store.js';
import { APP, Visitor, startSite } from './site.js';
import { contents } from './store.js';
import type { Express, Request, Response } from 'express';
import type { MemoryStore, SessionData } from 'express-session';
import type { Sandbox, SandboxRequest } from '../../src/sandbox.js';
import type { TokenEntry } from '../../src/express/tokens/token-entry.js';
import type { Site, SiteOptions } from './site.js';

export const SECOND = 1_000;
export const DAY = 86_400 * SECOND;

type Handler = (req: Request, res: Response) => Promise<unknown>;

/** Routes that show what `req.qqConnect` gives. */
export function tokenRoutes(app: Express): void {
  const answer = (handler: Handler) => (req: Request, res: Response, next: (error: unknown) => void) => {
    handler(req, res).then((body) => void res.json(body), next);
  };
  app.get(
    '/token',
    answer(async (req) => ({ token: await req.qqConnect.accessToken() })),
  );
  app.get(
    '/token/rejected',
    answer(async (req) => ({ token: await req.qqConnect.accessToken({ rejected: req.query.token as string }) })),
  );
  app.get(
    '/profile',
    answer(async (req) => ({ nickname: (await req.qqConnect.refreshUser()).nickname })),
  );
}

/** How long the tokens of {@link startTokenSite} live: due after nine days, ended after ten. */
export const TOKEN_LIFE = 10 * DAY;

/** Starts a site whose tokens live ten days, and whose sessions outlive them. */
export async function startTokenSite(options: SiteOptions = {}): Promise<Site> {
  return startSite({
    routes: tokenRoutes,
    ...options,
    session: { cookie: { maxAge: 60 * DAY }, rolling: true, ...options.session },
    sandbox: { clock: () => Date.now(), expiresIn: TOKEN_LIFE / SECOND, ...options.sandbox },
  });
}

/** The access token of a visitor who is logged in. */
export async function tokenOf(visitor: Visitor): Promise<string> {
  return String((await ask(visitor, '/token')).body.token);
}

/** The same browser in another tab, or at another process of the site. */
export function sameBrowser(visitor: Visitor, site: Pick<Site, 'url'> = visitor.site): Visitor {
  const same = new Visitor(site);
  same.agent.jar = visitor.agent.jar;
  return same;
}

/** The session cookie in an answer, as a request sends it. */
export function sessionCookie(answer: { headers: Record<string, unknown> }): string {
  return /connect\.sid=[^;]+/.exec(String(answer.headers['set-cookie']))?.[0] ?? '';
}

/** Asks a route as a program does, so that errors are JSON. */
export async function ask(visitor: Visitor, path: string, method: 'get' | 'post' = 'get') {
  const response = await visitor.agent[method](path).set('accept', 'application/json');
  return { status: response.status, body: response.body as Record<string, unknown> };
}

/** The refreshes that have reached the sandbox. */
export function refreshes(sandbox: Sandbox): SandboxRequest[] {
  return sandbox.requests.filter(({ query }) => query.grant_type === 'refresh_token');
}

/** Everything in a store of Redis, by id. */
export async function allSessions(store: RedisStore): Promise<Record<string, SessionData>> {
  const ids = (await callStore<string[]>((callback) => void store.ids(callback))) ?? [];
  const read = async (id: string): Promise<[string, SessionData]> => {
    const data = await callStore<SessionData>((callback) => void store.get(id, callback));
    if (!data) throw new Error('the session has just expired');
    return [id, data];
  };
  return Object.fromEntries(await Promise.all(ids.map(read)));
}

/** What the only record of a store contains, decrypted as the router does it. */
export async function onlyRecord(store: RedisStore | MemoryStore): Promise<TokenEntry | undefined> {
  const all = store instanceof RedisStore ? await allSessions(store) : await contents(store);
  const ids = Object.keys(all).filter((id) => id.startsWith('qqt_'));
  expect(ids).toHaveLength(1);
  const { sealed } = all[nth(ids, 0)] as unknown as { sealed: string };
  return createSealer([APP.appKey], 'tokens').open(sealed) as unknown as TokenEntry;
}

/** Asks the sandbox whom a token belongs to. */
export async function openidOf(sandbox: Sandbox, token: string): Promise<string | undefined> {
  const answer = await fetch(`${sandbox.url}/oauth2.0/me?access_token=${token}&fmt=json`);
  return ((await answer.json()) as { openid?: string }).openid;
}

/** An element that is there, counted from 0 and around. */
export function nth<T>(list: readonly T[], index: number): T {
  const element = list[index % list.length];
  if (element === undefined) throw new Error('the list is empty');
  return element;
}
