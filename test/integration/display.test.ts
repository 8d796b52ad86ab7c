import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSite } from '../support/site.js';
import type { Site, SiteOptions } from '../support/site.js';

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
