import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { APP, Visitor } from '../support/site.js';
import { Jar, sessionCookie } from './support/cookies.js';
import { startWatchedSite, warnings } from './support/watched-site.js';
import type { Response } from 'supertest';
import type { SiteOptions } from '../support/site.js';

const HTTPS = 'https://www.example.com/auth/qq/callback';
const proxied = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' };

/** Logs in twice as a browser behind a proxy that ends TLS would, and gives what was warned of. */
async function loginTwice(
  options: Pick<SiteOptions, 'session' | 'before'>,
  { redirectUri, headers }: { redirectUri?: string; headers: Record<string, string> },
): Promise<{ warned: string[]; codes: string[]; last: Response | undefined }> {
  warnings.length = 0;
  await using site = await startWatchedSite({
    ...options,
    qq: redirectUri === undefined ? {} : { redirectUri },
    sandbox: { apps: [redirectUri === undefined ? APP : { ...APP, redirectUris: [redirectUri] }] },
  });
  let last: Response | undefined;
  for (let login = 0; login < 2; login += 1) {
    const jar = new Jar();
    const started = await request(site.url).get('/auth/qq/login').set(headers);
    jar.keep(started);
    const callback = await new Visitor(site).atQQ(started.headers.location ?? '');
    last = await request(site.url)
      .get(callback.pathname + callback.search)
      .set({ ...headers, Cookie: jar.header });
    expect(last.status).toBe(302);
  }
  const ours = warnings.filter(({ code }) => code.startsWith('QQ_SESSION'));
  return { warned: ours.map(({ message }) => message), codes: ours.map(({ code }) => code), last };
}

const https = { redirectUri: HTTPS, headers: proxied };
const http = { headers: {} };

describe('a session cookie that does not work is spoken of once, with the line to change', () => {
  afterEach(() => void (warnings.length = 0));

  it('when it is Secure and trust proxy is unset behind a proxy, so that it is not sent', async () => {
    const { warned, codes, last } = await loginTwice({ session: { cookie: { secure: true } } }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_LOST']);
    expect(warned[0]).toContain("app.set('trust proxy', 1)");
    expect(last && sessionCookie(last)).toBe('');
  });

  it('when it is Secure on a site of plain http', async () => {
    const { warned, codes } = await loginTwice({ session: { cookie: { secure: true } } }, http);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_LOST']);
    expect(warned[0]).toContain("secure: 'auto'");
  });

  it('when it is not Secure on an https site, trust proxy being unset', async () => {
    const { warned, codes } = await loginTwice({ session: { cookie: { secure: 'auto' } } }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_INSECURE']);
    expect(warned[0]).toContain("app.set('trust proxy', 1)");
  });

  it('when it is not Secure on an https site that trusts its proxy', async () => {
    const { warned, codes } = await loginTwice({ before: (app) => app.set('trust proxy', 1) }, https);
    expect(codes).toEqual(['QQ_SESSION_COOKIE_INSECURE']);
    expect(warned[0]).toContain('secure: true');
    expect(warned[0]).not.toContain('trust proxy');
  });

  it.each(['strict', true] as const)(
    'when it is SameSite=%s, which no browser sends on the way back',
    async (sameSite) => {
      const { warned, codes } = await loginTwice({ session: { cookie: { sameSite } } }, http);
      expect(codes).toEqual(['QQ_SESSION_SAME_SITE']);
      expect(warned[0]).toContain("sameSite: 'lax'");
    },
  );
});

describe('nothing is said of a session cookie', () => {
  it.each([
    [
      'that is Secure behind a trusted proxy',
      { before: (app) => app.set('trust proxy', 1), session: { cookie: { secure: true } } },
      https,
    ],
    [
      "that is Secure by express-session's own option proxy",
      { session: { proxy: true, cookie: { secure: true } } },
      https,
    ],
    [
      "that is 'auto' by express-session's own option proxy",
      { session: { proxy: true, cookie: { secure: 'auto' } } },
      https,
    ],
    [
      "that is 'auto' behind a trusted proxy",
      { before: (app) => app.set('trust proxy', true), session: { cookie: { secure: 'auto' } } },
      https,
    ],
    ['as express-session makes it, on a site of plain http', {}, http],
    ["that is 'auto' on a site of plain http", { session: { cookie: { secure: 'auto' } } }, http],
    ['that is SameSite=Lax and has another name', { session: { name: 'sid', cookie: { sameSite: 'lax' } } }, http],
    ["whose ids are the application's own", { session: { genid: () => `id/${Math.random()}+=` } }, http],
    ['that lasts a week and rolls', { session: { rolling: true, cookie: { maxAge: 604_800_000 } } }, http],
  ] as [string, Pick<SiteOptions, 'session' | 'before'>, typeof https | typeof http][])(
    '%s',
    async (_what, options, how) => {
      const { warned } = await loginTwice(options, how);
      expect(warned).toEqual([]);
    },
  );
});

describe('the Host header', () => {
  const lies = {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '81',
    'X-Original-Host': 'evil.example',
    Forwarded: 'host=evil.example;proto=http',
  };

  it.each([false, true])('reaches no redirect URI, with trust proxy %s', async (trust) => {
    await using site = await startWatchedSite({ before: (app) => app.set('trust proxy', trust) });
    const jar = new Jar();
    const login = await request(site.url).get('/auth/qq/login?returnTo=/private').set(lies);
    jar.keep(login);
    const authorize = new URL(login.headers.location ?? '');
    expect(authorize.origin).toBe(site.sandbox.url);
    expect(authorize.searchParams.get('redirect_uri')).toBe(`${site.url}/auth/qq/callback`);
    const callback = await new Visitor(site).atQQ(authorize.href);
    const answer = await request(site.url)
      .get(callback.pathname + callback.search)
      .set({ ...lies, Cookie: jar.header });
    expect(answer.headers.location).toBe('/private');
    const exchanged = site.sandbox.requests.find(({ endpoint }) => endpoint === 'token');
    expect(exchanged?.query.redirect_uri).toBe(`${site.url}/auth/qq/callback`);
  });

  it('shows on no page and in no answer of ours', async () => {
    await using site = await startWatchedSite({ before: (app) => app.set('trust proxy', true) });
    for (const [path, accept, userAgent] of [
      ['/auth/qq/callback', 'text/html', ''],
      ['/auth/qq/callback', 'application/json', ''],
      ['/auth/qq/user', 'application/json', ''],
      ['/private', 'application/json', ''],
      ['/private', 'text/html', ''],
      ['/auth/qq/login', 'text/html', 'MicroMessenger'],
    ] as const) {
      const response = await request(site.url)
        .get(path)
        .set({ ...lies, Accept: accept, 'User-Agent': userAgent });
      expect(JSON.stringify(response.headers) + response.text).not.toContain('evil.example');
    }
  });

  it('decides nothing about a POST: our own Origin passes, the one it names does not', async () => {
    await using site = await startWatchedSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const foreign = await visitor.agent
      .post('/auth/qq/logout')
      .set({ Host: 'evil.example', Origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    const own = await visitor.agent.post('/auth/qq/logout').set({ Host: 'evil.example', Origin: site.url });
    expect(own.status).toBe(303);
  });
});
