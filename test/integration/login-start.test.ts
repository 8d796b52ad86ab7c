import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireQQUser } from '../../src/index.js';
import { Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { Site, SiteOptions } from '../support/site.js';

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
    'nothing at all': '',
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

  it.each(Object.entries(agents.desktops))('is left out for %s', async (_name, agent) => {
    expect(await displayAt(site, { 'User-Agent': agent })).toBeNull();
  });

  it('goes by the client hint where there is one', async () => {
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
  ])('%s in the address is heard', async (query, agent, display) => {
    expect(await displayAt(site, { 'User-Agent': agent }, query)).toBe(display);
  });
});

describe('the option display', () => {
  const route: SiteOptions['routes'] = (app) => {
    app.get('/mobile', async (req) => req.qqConnect.login({ display: 'mobile' }));
  };

  it.each(['mobile', 'pc'] as const)(
    '%s holds for every browser, unless one login is asked for otherwise',
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
