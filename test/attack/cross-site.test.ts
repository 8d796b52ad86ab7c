import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { Visitor } from '../support/site.js';
import { attemptCookie, cookiesSetBy, sessionCookie } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { Response } from 'supertest';
import type { WatchedSite } from './support/watched-site.js';

type Headers = (siteOrigin: string) => Record<string, string>;

const refused: [string, Headers][] = [
  ['Sec-Fetch-Site: cross-site', () => ({ 'Sec-Fetch-Site': 'cross-site' })],
  ['Sec-Fetch-Site: same-site, a sibling domain', () => ({ 'Sec-Fetch-Site': 'same-site' })],
  [
    'Sec-Fetch-Site: cross-site with the Origin of redirectUri',
    (origin) => ({ 'Sec-Fetch-Site': 'cross-site', Origin: origin }),
  ],
  ['an empty Sec-Fetch-Site', () => ({ 'Sec-Fetch-Site': '' })],
  ['two values of Sec-Fetch-Site', () => ({ 'Sec-Fetch-Site': 'same-origin, cross-site' })],
  ['the Origin of another site', () => ({ Origin: 'https://evil.example' })],
  ['Origin: null, as from a sandboxed frame', () => ({ Origin: 'null' })],
  ['an Origin on another port', (origin) => ({ Origin: origin.replace(/\d+$/, '1') })],
  ['an Origin with another scheme', (origin) => ({ Origin: origin.replace('http:', 'https:') })],
  ['an Origin that ends like that of redirectUri', (origin) => ({ Origin: origin.replace('//', '//evil.') })],
  ['an Origin that begins like that of redirectUri', (origin) => ({ Origin: `${origin}.evil.example` })],
  ['an empty Origin', () => ({ Origin: '' })],
];

const accepted: [string, Headers][] = [
  ['Sec-Fetch-Site: same-origin', () => ({ 'Sec-Fetch-Site': 'same-origin' })],
  ['Sec-Fetch-Site: none', () => ({ 'Sec-Fetch-Site': 'none' })],
  ['the Origin of redirectUri', (origin) => ({ Origin: origin })],
  ['neither of the two headers, so no browser', () => ({})],
];

describe.each(['logout', 'refresh'])('a POST to %s with', (route) => {
  let site: WatchedSite;
  let visitor: Visitor;
  beforeAll(async () => {
    site = await startWatchedSite();
    visitor = new Visitor(site);
    await visitor.login();
  });
  afterAll(async () => site.close());

  it.each(refused)('%s is refused and changes nothing', async (_how, headers) => {
    const asked = site.sandbox.requests.length;
    const response = await visitor.agent.post(`/auth/qq/${route}`).set(headers(site.url));
    expect(response.status).toBe(403);
    expect(response.text).toContain('ERR_QQ_CROSS_SITE');
    expect(site.sandbox.requests).toHaveLength(asked);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it.each(accepted)('%s is accepted', async (_how, headers) => {
    const own = new Visitor(site);
    await own.login();
    const response = await own.agent.post(`/auth/qq/${route}`).set(headers(site.url));
    expect(response.status).toBe(route === 'logout' ? 303 : 200);
  });

  it.each(['get', 'put', 'delete'] as const)(
    'the method %s in place of POST is 405 and changes nothing',
    async (method) => {
      const response = await visitor.agent[method](`/auth/qq/${route}`);
      expect([response.status, response.headers.allow]).toEqual([405, 'POST']);
      expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
    },
  );
});

describe('the user as JSON', () => {
  it('has no header that allows another site to read it', async () => {
    await using site = await startWatchedSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const response = await visitor.agent.get('/auth/qq/user').set('Origin', 'https://evil.example');
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).not.toHaveProperty('raw');
  });
});

describe('an attacker who tries to log the victim in as the attacker', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  /** The attacker logs in at QQ as themselves, and keeps the callback for another user. */
  async function attackersCallback(): Promise<URL> {
    const attacker = site.sandbox.users[1]?.openid ?? '';
    site.sandbox.nextUser(attacker);
    return new Visitor(site).toCallback('/private');
  }

  function expectRefusal(response: Response): void {
    expect(response.status).toBe(400);
    expect(sessionCookie(response)).toBe('');
  }

  it('fails with a code and no state', async () => {
    const victim = new Visitor(site);
    const callback = await attackersCallback();
    callback.searchParams.delete('state');
    const asked = site.asked('token');
    expectRefusal(await victim.callback(callback));
    expect(site.asked('token')).toBe(asked);
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('fails with their own code and state in a browser that has started no login', async () => {
    const victim = new Visitor(site);
    const asked = site.asked('token');
    expectRefusal(await victim.callback(await attackersCallback()));
    expect(site.asked('token')).toBe(asked);
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('fails while the victim has started a login, which still completes', async () => {
    const victim = new Visitor(site);
    const own = await victim.toCallback('/private?mine');
    expectRefusal(await victim.callback(await attackersCallback()));
    const response = await victim.callback(own);
    expect(response.headers.location).toBe('/private?mine');
    const body: unknown = (await victim.agent.get('/private')).body;
    expect(body).toEqual({ openid: site.sandbox.users[0]?.openid });
  });

  it('fails with a victim who is logged in, who stays logged in', async () => {
    const victim = new Visitor(site);
    await victim.login();
    expectRefusal(await victim.callback(await attackersCallback()));
    const body: unknown = (await victim.agent.get('/private')).body;
    expect(body).toEqual({ openid: site.sandbox.users[0]?.openid });
  });

  it('fails with the state of a login that the victim has completed', async () => {
    const victim = new Visitor(site);
    const own = await victim.toCallback('/private');
    await victim.callback(own);
    const callback = await attackersCallback();
    callback.searchParams.set('state', own.searchParams.get('state') ?? '');
    const asked = site.asked('token');
    const response = await victim.callback(callback);
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_USED');
    expect(site.asked('token')).toBe(asked);
    const body: unknown = (await victim.agent.get('/private')).body;
    expect(body).toEqual({ openid: site.sandbox.users[0]?.openid });
  });

  it('fails with the same URL after the victim logged out', async () => {
    const victim = new Visitor(site);
    await victim.login();
    await victim.agent.post('/auth/qq/logout');
    expectRefusal(await victim.callback(await attackersCallback()));
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('fails with their own session cookie and callback in the victim’s browser', async () => {
    const attacker = await request(site.url).post('/session').send({ planted: true });
    const response = await request(site.url)
      .get((await attackersCallback()).href.slice(site.url.length))
      .set('Cookie', sessionCookie(attacker));
    expectRefusal(response);
  });
});

describe('an attacker who has one half of a login', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it('cannot use the cookie of an attempt without its state', async () => {
    const victim = new Visitor(site);
    const stolen = attemptCookie(await victim.agent.get('/auth/qq/login'));
    const own = await new Visitor(site).toCallback();
    for (const path of [own.pathname + own.search, '/auth/qq/callback?code=A0B1C2D3E4F5061728394A5B6C7D8E9F']) {
      const response = await request(site.url).get(path).set('Cookie', stolen);
      expect(response.status).toBe(400);
      expect(sessionCookie(response)).toBe('');
    }
  });

  it('cannot rename the cookie of an attempt to fit another state', async () => {
    const first = await new Visitor(site).agent.get('/auth/qq/login');
    const visitor = new Visitor(site);
    const second = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(second.headers.location ?? '');
    const name = attemptCookie(second).split('=', 1)[0] ?? '';
    const value = attemptCookie(first).slice(attemptCookie(first).indexOf('=') + 1);
    const asked = site.asked('token');
    const response = await request(site.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', `${name}=${value}`);
    expect(response.status).toBe(400);
    expect(site.asked('token')).toBe(asked);
  });

  it('cannot use the state, with the code, in another browser', async () => {
    const callback = await new Visitor(site).toCallback();
    const thief = new Visitor(site);
    await thief.toCallback();
    const response = await thief.callback(callback);
    expect(response.status).toBe(400);
    expect((await thief.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('cannot read state and returnTo from the cookie', async () => {
    const login = await new Visitor(site).agent.get('/auth/qq/login?returnTo=/somewhere-private');
    const state = new URL(login.headers.location ?? '').searchParams.get('state') ?? '';
    const cookie = attemptCookie(login);
    const parts = cookie.split(/[=.]/).map((part) => Buffer.from(part, 'base64url').toString());
    for (const text of [cookie, ...parts]) {
      expect(text).not.toContain(state);
      expect(text).not.toContain('somewhere-private');
    }
  });

  it('cannot read the cookie by a script, from another site or over plain http', async () => {
    const http = await new Visitor(site).agent.get('/auth/qq/login');
    expect(String(http.headers['set-cookie'])).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    await using secure = await startWatchedSite({ qq: { redirectUri: 'https://www.example.com/auth/qq/callback' } });
    const https = await new Visitor(secure).agent.get('/auth/qq/login');
    expect(String(https.headers['set-cookie'])).toMatch(
      /^__Host-qq_login_.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(cookiesSetBy(https)).toHaveLength(1);
  });
});
