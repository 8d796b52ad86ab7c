import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { choosePersona, desktop, launch, phone, screenshot, seriousFindings, visit } from './browser.js';
import { keepOpen, startPopupSite } from './popup-site.js';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Site } from '../support/site.js';

const chromium = chromiumFor('test/e2e/popup-pages.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const WECHAT =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN';
const CHOICE = { 'zh-CN': '取消登录', 'en-US': 'Cancel' };

const looks: [string, BrowserContextOptions & { locale: keyof typeof CHOICE }][] = [
  ['zh-light', { ...desktop, locale: 'zh-CN' }],
  ['en-dark', { ...desktop, locale: 'en-US', colorScheme: 'dark' }],
  ['zh-dark-phone', { ...phone, locale: 'zh-CN', colorScheme: 'dark' }],
  ['en-light-phone', { ...phone, locale: 'en-US' }],
];

/** Every page of the router's own, by the way to it. */
const ways: Record<string, (page: Page, site: Site, locale: keyof typeof CHOICE) => Promise<void>> = {
  // First of all, while the user is logged out.
  'error-after-cancel': async (page, site) => {
    await page.goto(`${site.url}/private?qq_login=cancelled`);
  },
  'popup-success': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/login?display=popup`);
    await choosePersona(page, '林小满');
    await page.waitForURL(/&popup=complete$/); // after the page of progress
  },
  'popup-cancelled': async (page, site, locale) => {
    await page.goto(`${site.url}/auth/qq/login?display=popup`);
    await page.getByRole('button', { name: CHOICE[locale] }).click();
  },
  'popup-error': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/login?display=popup`);
    site.sandbox.failNext('token', { error: 100020 });
    await choosePersona(page, '林小满');
    await page.waitForURL(/&popup=complete$/);
  },
  'error-login-again': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/callback?code=c0de&state=of-no-login`);
  },
  'error-fix-configuration': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/login`);
    site.sandbox.failNext('token', { error: 100009 });
    await choosePersona(page, '林小满');
  },
  'error-try-later': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/login`);
    site.sandbox.failNext('user_info', 'http_500');
    await choosePersona(page, '林小满');
  },
  'error-refused': async (page, site) => {
    await page.goto(`${site.url}/auth/qq/logout`);
  },
};

describeBrowser('each page of the router', () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([startPopupSite(), launch(chromium ?? '')]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** Looks at a page: who is kept out by it, and whether it is wider than the screen. */
  const inspect = async (page: Page, name: string): Promise<string[]> => {
    await page.locator('main h1').waitFor();
    await screenshot(page, name);
    const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
    return [...(await seriousFindings(page)), ...(wide ? [`${name} is too wide`] : [])];
  };

  it.each(looks)(
    'can be read by everybody: %s',
    async (look, options) => {
      // axe is a script, which the pages' policy keeps out.
      const person = await visit(browser, { ...options, bypassCSP: true });
      await keepOpen(person.page);
      for (const [name, reach] of Object.entries(ways)) {
        await reach(person.page, site, options.locale);
        expect(await inspect(person.page, `${name}-${look}`)).toEqual([]);
        expect(await person.page.locator('html').getAttribute('lang')).toBe(options.locale.replace('-US', ''));
        expect(await person.page.getByRole('heading', { level: 1 }).count()).toBe(1);
      }
      await person.close();
      const inWeChat = await visit(browser, { ...options, bypassCSP: true, userAgent: WECHAT });
      await inWeChat.page.goto(`${site.url}/private`);
      expect(await inspect(inWeChat.page, `web-view-${look}`)).toEqual([]);
      await inWeChat.close();
    },
    120_000,
  );

  it('says nothing in the console, its status apart', async () => {
    const person = await visit(browser);
    await keepOpen(person.page);
    for (const reach of Object.values(ways)) {
      await reach(person.page, site, 'zh-CN');
      await person.page.locator('main h1').waitFor();
    }
    const known = /Failed to load resource: the server responded with a status of|Scripts may close only/;
    expect(person.complaints.filter((complaint) => !known.test(complaint))).toEqual([]);
    await person.close();
  });

  it('can be gone through with nothing but a keyboard', async () => {
    const person = await visit(browser);
    await person.page.goto(`${site.url}/auth/qq/callback?code=c0de&state=of-no-login`);
    await person.page.keyboard.press('Tab');
    const focus = await person.page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(focus).toBe('solid');
    await person.page.keyboard.press('Enter');
    await person.page.waitForURL(/\/oauth2\.0\//);
    await person.close();
  });
});
