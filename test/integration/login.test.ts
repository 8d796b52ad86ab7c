import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { APP, Visitor, startSite } from '../support/site.js';
import { ids } from '../support/store.js';
import type { Site } from '../support/site.js';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1';
const DESKTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36';

describe('a login', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(() => site.close());

  const [first, second] = [0, 1].map((index) => () => site.sandbox.users[index]?.openid ?? '');

  it('redirects to the page where it was started, with the user on the request, after two requests to QQ', async () => {
    const visitor = new Visitor(site);
    const before = site.sandbox.requests.length;
    const response = await visitor.login('/private?tab=2');
    expect(response.status).toBe(302);
    expect(response.headers.location).toBe('/private?tab=2');
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/private?tab=2')).body).toEqual({ openid: first?.() });
    const made = site.sandbox.requests.slice(before).map(({ endpoint }) => endpoint);
    expect(made).toEqual(['authorize', 'token', 'user_info']);
  });

  it('redirects to QQ’s page with a new state of 256 bits each time', async () => {
    const visitor = new Visitor(site);
    const states = new Set<string>();
    for (let count = 0; count < 5; count += 1) {
      const response = await visitor.agent.get('/auth/qq/login');
      expect(response.status).toBe(302);
      expect(response.headers['cache-control']).toBe('no-store');
      const url = new URL(response.headers.location ?? '');
      expect(url.origin + url.pathname).toBe(`${site.sandbox.url}/oauth2.0/authorize`);
      expect(Object.fromEntries(url.searchParams)).toEqual({
        response_type: 'code',
        client_id: APP.appId,
        redirect_uri: `${site.url}/auth/qq/callback`,
        scope: 'get_user_info',
        state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      });
      states.add(url.searchParams.get('state') ?? '');
    }
    expect(states.size).toBe(5);
  });

  it('stores nothing on the server and starts no session before the callback', async () => {
    const before = await ids(site.store);
    const response = await request(site.url).get('/auth/qq/login');
    const cookies = response.headers['set-cookie'] as unknown as string[];
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^qq_login_[\w-]+=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await ids(site.store)).toEqual(before);
  });

  it('keeps a question mark in returnTo that is not percent-encoded', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/search?q=tea');
    const response = await visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    expect(response.headers.location).toBe('/search?q=tea');
  });

  it.each(['image', 'style', 'script', 'font', 'video'])('is not started by a page’s %s', async (destination) => {
    const response = await request(site.url).get('/auth/qq/login').set('Sec-Fetch-Dest', destination);
    expect([response.status, response.headers['set-cookie']]).toEqual([400, undefined]);
  });

  it.each([
    ['HTTPS://www.example.com/auth/qq/callback', /^__Host-qq_login_.*; Secure/],
    ['HttpS://WWW.example.com/auth/qq/callback', /^__Host-qq_login_.*; Secure/],
    ['http://www.example.com/auth/qq/callback', /^qq_login_(?!.*Secure)/],
  ])('sets its cookie for the scheme of %s', async (redirectUri, expected) => {
    await using other = await startSite({ qq: { redirectUri } });
    const { headers } = await request(other.url).get('/auth/qq/login');
    expect(String(headers['set-cookie'])).toMatch(expected);
  });

  it.each([
    [undefined, '/'],
    ['', '/'],
    ['/a/b?c=d#e', '/a/b?c=d#e'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https:evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/%2F/evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/auth/qq/login', '/'],
    ['/auth/qq/logout', '/'],
  ])('with the returnTo %j ends at %s', async (returnTo, location) => {
    expect((await new Visitor(site).login(returnTo)).headers.location).toBe(location);
  });

  it('gives the session a new id, moves the application’s data along and destroys the old one', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    const before = await ids(site.store);
    const response = await visitor.login();
    expect(String(response.headers['set-cookie'])).toMatch(/connect\.sid=s%3A/);
    expect((await visitor.agent.get('/session')).body).toMatchObject({
      cart: ['tea'],
      qqConnect: { logins: { [APP.appId]: {} } },
    });
    const after = await ids(site.store);
    const added = after.sessions.filter((id) => !before.sessions.includes(id));
    expect(added).toHaveLength(1);
    expect(after.sessions).toHaveLength(before.sessions.length); // the old one is gone
  });

  it('keeps the session data for the same QQ user, and drops that of another one', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    expect((await visitor.agent.get('/session')).body).toMatchObject({ cart: ['tea'] });
    site.sandbox.nextUser(second?.() ?? '');
    await visitor.login();
    const response = await visitor.agent.get('/session');
    expect(response.body).toMatchObject({ qqConnect: { logins: { [APP.appId]: { openid: second?.() } } } });
    expect(response.body).not.toHaveProperty('cart');
  });

  it('redirects to the same page when its callback is reloaded, without a request to QQ', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    await visitor.callback(callback);
    const asked = site.sandbox.requests.length;
    for (let again = 0; again < 2; again += 1) {
      const response = await visitor.callback(callback);
      expect(response.status).toBe(302);
      expect(response.headers.location).toBe('/private');
    }
    expect(site.sandbox.requests).toHaveLength(asked);
  });

  it('works in two tabs at once, in either order', async () => {
    const visitor = new Visitor(site);
    const one = await visitor.toCallback('/one');
    const two = await visitor.toCallback('/two');
    expect((await visitor.callback(two)).headers.location).toBe('/two');
    expect((await visitor.callback(one)).headers.location).toBe('/one');
  });

  it('is refused if another browser sends its callback', async () => {
    const callback = await new Visitor(site).toCallback();
    const response = await new Visitor(site).callback(callback);
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
  });

  it('sends display=mobile for phones and on request only', async () => {
    const display = async (path: string, agent: string) => {
      const { headers } = await request(site.url).get(`/auth/qq/login${path}`).set('User-Agent', agent);
      return new URL(headers.location ?? '').searchParams.get('display');
    };
    expect(await display('', IPHONE)).toBe('mobile');
    expect(await display('', DESKTOP)).toBeNull();
    expect(await display('?display=mobile', DESKTOP)).toBe('mobile');
    expect(await display('?display=pc', IPHONE)).toBeNull();
    expect(await display('?display=evil', DESKTOP)).toBeNull();
  });

  it('is not started or completed by HEAD or a prefetch', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    const path = callback.pathname + callback.search;
    expect((await visitor.agent.head(path)).status).toBe(204);
    expect((await visitor.agent.get(path).set('Sec-Purpose', 'prefetch')).status).toBe(503);
    expect((await visitor.agent.head('/auth/qq/login')).headers).not.toHaveProperty('set-cookie');
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });
});

describe('a login that is configured', () => {
  let site: Site | undefined;
  afterEach(async () => site?.close());

  it('over https has a Secure cookie of this host only', async () => {
    site = await startSite({ qq: { redirectUri: 'https://www.example.com/auth/qq/callback' } });
    const { headers } = await request(site.url).get('/auth/qq/login');
    expect(String(headers['set-cookie'])).toMatch(/^__Host-qq_login_[^;]+; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it('with a query in its redirectUri works, as both steps name it whole', async () => {
    const redirectUri = 'http://127.0.0.1:1/auth/qq/callback?from=qq&next=%2Fa';
    site = await startSite({ qq: { redirectUri } });
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    expect(callback.search).toMatch(/^\?from=qq&next=%2Fa&code=/);
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
    const token = site.sandbox.requests.find(({ endpoint }) => endpoint === 'token');
    expect(token?.query.redirect_uri).toBe(redirectUri);
  });

  it('with display, scope and defaultReturnTo uses their values', async () => {
    site = await startSite({ qq: { display: 'mobile', scope: ['get_user_info', 'add_t'], defaultReturnTo: '/home' } });
    const visitor = new Visitor(site);
    const url = new URL((await visitor.agent.get('/auth/qq/login')).headers.location ?? '');
    expect(url.searchParams.get('display')).toBe('mobile');
    expect(url.searchParams.get('scope')).toBe('get_user_info,add_t');
    expect((await visitor.login()).headers.location).toBe('/home');
  });

  it('with allowedReturnOrigins redirects to a front end of an allowed origin, and to no other', async () => {
    site = await startSite({ qq: { allowedReturnOrigins: ['https://app.example.com'] } });
    const there = 'https://app.example.com/welcome?x=1';
    expect((await new Visitor(site).login(there)).headers.location).toBe(there);
    expect((await new Visitor(site).login('https://app.example.com.evil.example/')).headers.location).toBe('/');
  });

  it('with unionid brings it, in three calls', async () => {
    site = await startSite({ qq: { unionid: true } });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/auth/qq/user')).body).toHaveProperty('unionid', site.sandbox.users[0]?.unionid);
    expect(site.sandbox.requests).toHaveLength(4);
  });

  it('without tokens keeps none', async () => {
    site = await startSite({ qq: { tokens: 'discard' } });
    await new Visitor(site).login();
    expect(await ids(site.store)).toMatchObject({ sessions: [expect.any(String)], records: [] });
  });
});
