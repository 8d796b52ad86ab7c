import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { requireQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { ids } from '../support/store.js';
import { collectWarnings } from '../support/warnings.js';
import type { Site, SiteOptions } from '../support/site.js';

describe('a login', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(() => site.close());

  it('redirects to the page where it was started, with the user on the request, after two requests to QQ', async () => {
    const visitor = new Visitor(site);
    const before = site.sandbox.requests.length;
    const response = await visitor.login('/private?tab=2');
    expect(response.status).toBe(302);
    expect(response.headers.location).toBe('/private?tab=2');
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/private?tab=2')).body).toEqual({ openid: site.sandbox.users[0]?.openid });
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
  ])('with the returnTo %j redirects to %s', async (returnTo, location) => {
    expect((await new Visitor(site).login(returnTo)).headers.location).toBe(location);
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

const PAGE = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const HTTPS = { qq: { redirectUri: 'https://www.example.com/auth/qq/callback' } };

describe('a login that starts on another origin than redirectUri', () => {
  let site: Site;
  let https: Site;
  beforeAll(async () => {
    [site, https] = await Promise.all([startSite(), startSite(HTTPS)]);
  });
  afterAll(() => Promise.all([site.close(), https.close()]));

  it('is redirected to the login route of that origin, with its returnTo', async () => {
    const response = await new Visitor(site).agent
      .get('/auth/qq/login?returnTo=%2Fme%3Fa%3D1&display=pc')
      .set({ ...PAGE, Host: 'localhost:3000' });
    expect(response.status).toBe(302);
    expect(response.headers.location).toBe(
      `${site.url}/auth/qq/login?returnTo=%2Fme%3Fa%3D1&display=pc&origin=checked`,
    );
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('is redirected there from a guarded page too', async () => {
    const response = await new Visitor(https).agent.get('/private').set({ ...PAGE, Host: 'example.com' });
    expect(response.headers.location).toBe('https://www.example.com/auth/qq/login?returnTo=%2Fprivate&origin=checked');
  });

  it('is redirected with status 303 after a POST', async () => {
    await using other = await startSite({
      ...HTTPS,
      routes: (app) => app.post('/start', (req, _res, next) => void req.qqConnect.login().catch(next)),
    });
    const response = await new Visitor(other).agent.post('/start').set({ ...PAGE, Host: 'example.com' });
    expect(response.status).toBe(303);
  });

  it.each([
    ['has been redirected before', '?origin=checked', { ...PAGE, Host: 'example.com' }],
    ['comes to the right host through a proxy that names https', '', { ...PAGE, 'X-Forwarded-Proto': 'https' }],
  ])('starts if the request %s', async (_what, query, headers) => {
    const response = await new Visitor(https).agent
      .get(`/auth/qq/login${query}`)
      .set({ Host: 'www.example.com', ...headers });
    expect(response.headers.location).toMatch(/\/oauth2\.0\/authorize\?/);
  });

  it('is redirected from http to https', async () => {
    const response = await new Visitor(https).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'www.example.com' });
    expect(response.headers.location).toMatch(/^https:\/\/www\.example\.com\/auth\/qq\/login\?/);
  });

  it('starts for a script, which gets the URL of QQ', async () => {
    const response = await new Visitor(https).agent
      .get('/auth/qq/login')
      .set({ Accept: 'application/json', Host: 'example.com' });
    expect(response.body).toEqual({ url: expect.stringMatching(/\/oauth2\.0\/authorize\?/) });
  });

  it('starts where the front end owns the page of redirectUri', async () => {
    await using api = await startSite({
      qq: { redirectUri: 'https://www.example.com/login-done', callbackPath: '/api/qq/done' },
    });
    const response = await new Visitor(api).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'api.example.com' });
    expect(response.headers.location).toMatch(/\/oauth2\.0\/authorize\?/);
  });

  it('is completed after the redirect, at the host of redirectUri', async () => {
    const visitor = new Visitor(site);
    const first = await visitor.agent.get('/auth/qq/login?returnTo=%2Fme').set({ ...PAGE, Host: 'localhost' });
    const { pathname, search } = new URL(first.headers.location ?? '');
    const second = await visitor.agent.get(pathname + search).set(PAGE);
    const end = await visitor.callback(await visitor.atQQ(second.headers.location ?? ''));
    expect(end.headers.location).toBe('/me');
  });

  it('causes one warning with what to write in nginx, and no control characters of the Host header', async () => {
    await using other = await startSite(HTTPS);
    using warnings = collectWarnings();
    for (let time = 0; time < 2; time += 1) {
      await new Visitor(other).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'up"stream<x>' });
    }
    expect([...warnings]).toMatchObject([{ code: 'QQ_LOGIN_ORIGIN' }]);
    expect(warnings[0]?.message).toContain('proxy_set_header Host $host;');
    expect(warnings[0]?.message).not.toMatch(/["<>]/);
  });
});

describe('a login in a frame', () => {
  const FRAME = { ...PAGE, 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate' };

  it('is a page with a link that opens on top, which a frame may show', async () => {
    await using site = await startSite();
    const response = await new Visitor(site).agent.get('/auth/qq/login?returnTo=%2Fme').set(FRAME);
    expect(response.status).toBe(200);
    expect(response.text).toContain('href="/auth/qq/login?returnTo=%2Fme" target="_top"');
    expect(response.headers).not.toHaveProperty('x-frame-options');
    expect(response.headers['content-security-policy']).not.toContain('frame-ancestors');
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('is such a page, with status 401, at a guarded page', async () => {
    await using site = await startSite({
      routes: (app) => app.get('/framed', requireQQUser(), (_req, res) => void res.send('in')),
    });
    const response = await new Visitor(site).agent.get('/framed').set(FRAME);
    expect(response.status).toBe(401);
    expect(response.text).toContain('target="_top"');
    expect(response.headers).not.toHaveProperty('x-frame-options');
  });
});

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';

const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

/** User agents in the shapes that browsers have. */
const agents = {
  phones: {
    iPhone: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1`,
    'iPod touch': `Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) ${WEBKIT} Version/12.1 Mobile/15E148 Safari/604.1`,
    'iPad, before iPadOS 13': `Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) ${WEBKIT} Version/12.1 Mobile/15E148 Safari/604.1`,
    'Android phone': `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/138.0.0.0 Mobile Safari/537.36`,
    'Android tablet, which is not mobile by its own word': `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
    'Firefox on an Android tablet': 'Mozilla/5.0 (Android 14; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0',
    'HarmonyOS 4 phone': `Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00; HMSCore 6.14.0.302) ${BLINK} Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36`,
    'HarmonyOS NEXT phone': `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${BLINK} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile`,
    'HarmonyOS NEXT tablet': `Mozilla/5.0 (Tablet; OpenHarmony 5.0) ${BLINK} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1`,
    'QQ browser on Android': `Mozilla/5.0 (Linux; U; Android 14; zh-cn; 23127PN0CC Build/UKQ1.230804.001) ${BLINK} Version/4.0 Chrome/121.0.6167.71 MQQBrowser/16.2 Mobile Safari/537.36 COVC/047601`,
    'QQ browser on an iPhone': `Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) ${WEBKIT} Version/17.0 MQQBrowser/16.1.5 Mobile/15E148 Safari/604.1 QBWebViewUA/2 QBWebViewType/1 WKType/1`,
    'UC browser': `Mozilla/5.0 (Linux; U; Android 13; zh-CN; M2102J2SC Build/TKQ1.221013.002) ${BLINK} Version/4.0 Chrome/123.0.6312.80 UCBrowser/17.5.5.1377 Mobile Safari/537.36`,
    'Windows Phone': `Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) ${BLINK} Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15254`,
  },
  desktops: {
    'Windows with Chrome': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
    'Windows with QQ browser': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/123.0.6312.124 Safari/537.36 Core/1.116.586.400 QQBrowser/19.4.6588.400`,
    'an old Windows with a pen':
      'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; WOW64; Trident/4.0; Tablet PC 2.0; .NET4.0C)',
    'a Mac': `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.5 Safari/605.1.15`,
    'Linux with Firefox': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'a Chromebook': `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
    'a HarmonyOS PC': `Mozilla/5.0 (PC; OpenHarmony 5.0) ${BLINK} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1`,
    'an empty User-Agent': '',
  },
};

const PHONE = agents.phones['Android phone'];

const DESKTOP = agents.desktops['Windows with Chrome'];

async function displayAt(site: Site, headers: Record<string, string>, query = ''): Promise<string | null> {
  const response = await fetch(`${site.url}/auth/qq/login${query}`, { headers, redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '').searchParams.get('display');
}

describe('display, by default', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(async () => site.close());

  it.each(Object.entries(agents.phones))('is mobile for %s', async (_name, agent) => {
    expect(await displayAt(site, { 'User-Agent': agent })).toBe('mobile');
  });

  it.each(Object.entries(agents.desktops))('is not sent for %s', async (_name, agent) => {
    expect(await displayAt(site, { 'User-Agent': agent })).toBeNull();
  });

  it('follows the client hint if the browser sends one', async () => {
    expect(await displayAt(site, { 'User-Agent': DESKTOP, 'Sec-CH-UA-Mobile': '?1' })).toBe('mobile');
    expect(await displayAt(site, { 'User-Agent': DESKTOP, 'Sec-CH-UA-Mobile': '?0' })).toBeNull();
    // A tablet says ?0, and is better off with the page for phones than with a QR code for one.
    const tablet = agents.phones['Android tablet, which is not mobile by its own word'];
    expect(await displayAt(site, { 'User-Agent': tablet, 'Sec-CH-UA-Mobile': '?0' })).toBe('mobile');
  });

  it.each([
    ['?display=mobile', DESKTOP, 'mobile'],
    ['?display=pc', PHONE, null],
    ['?display=popup', PHONE, 'mobile'],
    ['?display=popup', DESKTOP, null],
    ['?display=nonsense', PHONE, 'mobile'],
    ['?display=', DESKTOP, null],
  ])('is chosen by %s in the address', async (query, agent, display) => {
    expect(await displayAt(site, { 'User-Agent': agent }, query)).toBe(display);
  });
});

describe('the option display', () => {
  const route: SiteOptions['routes'] = (app) => {
    app.get('/mobile', async (req) => req.qqConnect.login({ display: 'mobile' }));
  };

  it.each(['mobile', 'pc'] as const)(
    '%s applies to each browser, unless one login has another display',
    async (display) => {
      await using site = await startSite({ qq: { display }, routes: route });
      const own = display === 'mobile' ? 'mobile' : null;
      for (const agent of [PHONE, DESKTOP]) {
        expect(await displayAt(site, { 'User-Agent': agent })).toBe(own);
        expect(await displayAt(site, { 'User-Agent': agent }, '?display=popup')).toBe(own);
        expect(await displayAt(site, { 'User-Agent': agent }, '?display=mobile')).toBe('mobile');
        expect(await displayAt(site, { 'User-Agent': agent }, '?display=pc')).toBeNull();
      }
      const response = await fetch(`${site.url}/mobile`, { redirect: 'manual' });
      expect(response.headers.get('location')).toContain('display=mobile');
    },
  );
});

const CHANNEL = 'qq-1-2-3-4';

/** What the last page of a pop-up hands to its script. */
function dataset(html: string): Record<string, string | undefined> {
  const read = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(html)?.[1]?.replaceAll('&amp;', '&');
  return { channel: read('channel'), result: read('result'), next: read('next') };
}

describe('a login with display=popup', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ qq: { allowedReturnOrigins: ['https://app.example.com'], cancelUrl: '/bye?a=1#top' } });
  });
  afterAll(async () => site.close());

  /** Begins a login in a pop-up and gives its callback. */
  const begin = async (visitor: Visitor, query: string): Promise<URL> => {
    const login = await visitor.agent.get(`/auth/qq/login?display=popup&${query}`);
    return visitor.atQQ(login.headers.location ?? '');
  };

  it('returns a page with the result and no other data of the login', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const page = await visitor.callback(callback);
    expect(page.status).toBe(200);
    expect(dataset(page.text)).toEqual({ channel: CHANNEL, result: 'success', next: '/private' });
    // Browsers ask for a site's icon with every page, and complain where a policy forbids it.
    expect(page.headers['content-security-policy']).toContain("img-src 'self'");
    for (const secret of ['code', 'state']) expect(page.text).not.toContain(callback.searchParams.get(secret) ?? '!');
    const user = (await visitor.agent.get('/auth/qq/user')).body as Record<string, string>;
    expect(page.text).not.toContain(user.openid);
    expect(page.text).not.toContain(user.nickname);
  });

  it('shows a page of progress in a browser first, which calls neither QQ nor onLogin', async () => {
    const visitor = new Visitor(site);
    const { pathname, search } = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const asked = site.sandbox.requests.length;
    const visit = (query: string) => visitor.agent.get(pathname + query).set('Sec-Fetch-Dest', 'document');
    const page = await visit(search);
    expect(page.status).toBe(200);
    expect(page.text).toContain('正在完成登录…');
    expect(page.headers['cross-origin-opener-policy']).toBe('unsafe-none');
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(site.sandbox.requests).toHaveLength(asked);
    expect(dataset((await visit(`${search}&popup=complete`)).text).result).toBe('success');
    expect(site.sandbox.requests.slice(asked).map(({ endpoint }) => endpoint)).toEqual(['token', 'user_info']);
  });

  it('completes the callback of a script at once', async () => {
    const visitor = new Visitor(site);
    const { pathname, search } = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const response = await visitor.agent.get(pathname + search).set('Accept', 'application/json');
    expect(response.body).toMatchObject({ returnTo: '/private', user: { nickname: expect.any(String) } });
  });

  it('returns the same page when the callback is reloaded', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const first = await visitor.callback(callback);
    const asked = site.sandbox.requests.length;
    const again = await visitor.callback(callback);
    expect(again.text).toBe(first.text);
    expect(again.headers['content-security-policy']).toBe(first.headers['content-security-policy']);
    expect(site.sandbox.requests).toHaveLength(asked);
  });

  it('returns the pop-up page for both of two concurrent callbacks', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}`);
    const pages = await Promise.all([visitor.callback(callback), visitor.callback(callback)]);
    expect(pages.map(({ text }) => dataset(text).result)).toEqual(['success', 'success']);
  });

  it.each([
    ['no channel', '', 'express-qq-connect'],
    ['a channel that is too short', 'channel=abc', 'express-qq-connect'],
    ['a channel that is too long', `channel=${'a'.repeat(65)}`, 'express-qq-connect'],
    ['a channel with HTML', 'channel=%22%3E%3Cscript%3Ealert(1)%3C/script%3E', 'express-qq-connect'],
    ['the longest channel', `channel=${'a'.repeat(64)}`, 'a'.repeat(64)],
  ])(
    'names the channel of its opener if it is valid, and the default one otherwise: %s',
    async (_name, query, channel) => {
      const visitor = new Visitor(site);
      const page = await visitor.callback(await begin(visitor, query));
      expect(dataset(page.text).channel).toBe(channel);
      expect(page.text.match(/<script/g)).toHaveLength(1);
      expect(page.text).not.toContain('alert');
    },
  );

  it('returns the result cancelled and the URL for it', async () => {
    const visitor = new Visitor(site);
    site.sandbox.failNext('authorize', 'cancel');
    const page = await visitor.callback(await begin(visitor, `channel=${CHANNEL}`));
    expect(page.status).toBe(200);
    expect(page.text).toContain('已取消登录');
    expect(dataset(page.text)).toEqual({
      channel: CHANNEL,
      result: 'cancelled',
      next: '/bye?a=1&qq_login=cancelled#top',
    });
  });

  it('escapes the next address, which is on this site or an allowed one', async () => {
    for (const [returnTo, next] of [
      ['/private?q="><img src=x onerror=alert(1)>', '/private?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E'],
      ['https://app.example.com/home', 'https://app.example.com/home'],
      ['https://evil.example/', '/'],
      ['javascript:alert(1)', '/'],
    ]) {
      const visitor = new Visitor(site);
      const page = await visitor.callback(await begin(visitor, `returnTo=${encodeURIComponent(returnTo ?? '')}`));
      expect(dataset(page.text).next).toBe(next);
      expect(page.text).not.toContain('<img');
    }
  });

  it('shows the error page of a login, with a link for the same window only', async () => {
    const visitor = new Visitor(site);
    site.sandbox.failNext('token', { error: 100020 });
    const page = await visitor.callback(await begin(visitor, `channel=${CHANNEL}&returnTo=/private`));
    expect(page.status).toBe(401);
    const links = [...page.text.matchAll(/<a href="(.*?)">/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
    expect(links).toEqual([`/auth/qq/login?returnTo=%2Fprivate&display=popup&channel=${CHANNEL}`]);
  });
});

describe('the scripts of the router', () => {
  it.each(['popup.js', 'copy.js'])('are cacheable files of this site: %s', async (name) => {
    await using site = await startSite({ qq: { basePath: '/qq(1)' } });
    const script = await request(site.url).get(`/qq(1)/${name}`);
    expect(script.status).toBe(200);
    expect(script.headers).toMatchObject({
      'content-type': expect.stringMatching(/javascript/),
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
      etag: expect.any(String),
    });
    const unchanged = await request(site.url)
      .get(`/qq(1)/${name}`)
      .set('If-None-Match', script.headers.etag ?? '');
    expect(unchanged.status).toBe(304);
    expect((await request(site.url).post(`/qq(1)/${name}`)).status).toBe(405);
  });

  it('are linked below the public prefix', async () => {
    const redirectUri = 'http://127.0.0.1:9/shop/auth/qq/callback';
    await using site = await startSite({ qq: { redirectUri, callbackPath: '/auth/qq/callback' } });
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?display=popup');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const page = await visitor.agent.get(callback.pathname.replace('/shop', '') + callback.search);
    expect(page.text).toContain('<script src="/shop/auth/qq/popup.js"');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('a form that logs out on plain http, from a page with Referrer-Policy: no-referrer', () => {
  it('is refused, because a sandboxed frame sends the same, with a hint that names what to change', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const refused = visitor.agent.post('/auth/qq/logout').set('Origin', 'null');
    const page = await refused.set('Accept', 'text/html').set('Accept-Language', 'en');
    expect(page.status).toBe(403);
    expect(page.text).toMatch(/<h1>.*This request was refused<\/h1>/);
    expect(page.text).toContain('or Referrer-Policy: same-origin');
    expect(page.text).not.toContain('/auth/qq/login');
    const json = await visitor.agent.post('/auth/qq/logout').set({ Origin: 'null', Accept: 'application/json' });
    expect(json.status).toBe(403);
    const { error, hint } = json.body as { error: string; hint: Record<string, string> };
    expect(error).toBe('ERR_QQ_CROSS_SITE');
    expect(hint.en).toContain('Referrer-Policy: same-origin');
    expect(hint.zh).toContain('same-origin');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });
});
