import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { devices } from 'playwright-core';
import { chromiumFor } from '../support/chromium.js';
import { choosePersona, desktop, launch, screenshot, visit } from './browser.js';
import { HELMET, clickLogin, ends, logInByPopup, openApp, startPopupSite } from './popup-site.js';
import type { Browser } from 'playwright-core';
import type { Site } from '../support/site.js';

const chromium = chromiumFor('test/e2e/phone.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const WECHAT = {
  ...devices['iPhone 14'],
  userAgent: `${devices['iPhone 14'].userAgent} MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN`,
};
const handhelds = ['iPhone 14', 'Pixel 7', 'iPad (gen 7)', 'Galaxy Tab S4'];

describeBrowser('with a phone or tablet', () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([startPopupSite(HELMET), launch(chromium ?? '')]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it.each(handhelds)('a person logs in on the page for phones and comes back: %s', async (name) => {
    const visitor = await visit(browser, { ...devices[name], locale: 'zh-CN' });
    const { page } = visitor;
    await page.goto(`${site.url}/private?page=2`);
    expect(new URL(page.url()).searchParams.get('display')).toBe('mobile');
    expect(await page.locator('body').getAttribute('class')).toBe('mobile');
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    await choosePersona(page, '林小满');
    await page.waitForURL(`${site.url}/private?page=2`);
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  });

  it('a person logs in by a pop-up, which a phone shows as a tab, cancels in another, and logs out', async () => {
    const visitor = await visit(browser, { ...devices['iPhone 14'], locale: 'zh-CN' });
    const { page } = visitor;
    await openApp(page, site);
    await logInByPopup(page, '阿哲');
    const popup = await clickLogin(page);
    expect(new URL(popup.url()).searchParams.get('display')).toBe('mobile');
    await screenshot(popup, 'popup-at-qq-phone');
    await popup.getByRole('button', { name: '取消登录' }).click();
    expect((await ends(page, 2)).ends).toEqual(['阿哲', 'logged out']);
    await page.click('#logout');
    await ends(page, 3);
    expect(visitor.complaints).toEqual([]);
    expect(await page.evaluate('fetchUser()')).toBeUndefined();
    await visitor.close();
  });

  it('a person in WeChat is told to open the browser, where the address logs in', async () => {
    const inside = await visit(browser, { ...WECHAT, locale: 'zh-CN' });
    await inside.page.goto(`${site.url}/private?page=3`);
    expect(await inside.page.getByRole('heading', { level: 1 }).textContent()).toMatch(/请在浏览器中打开$/);
    const address = await inside.page.locator('code').textContent();
    await inside.page.getByRole('button', { name: '复制地址' }).click();
    expect(await inside.page.getByRole('status').textContent()).toBe('已复制，请粘贴到浏览器的地址栏中。');
    expect(await inside.page.evaluate('getSelection().toString()')).toBe(address);
    expect(inside.complaints).toEqual([]);
    await inside.close();
    const outside = await visit(browser, { ...devices['iPhone 14'], locale: 'zh-CN' });
    await outside.page.goto(address ?? '');
    await choosePersona(outside.page, '林小满');
    await outside.page.waitForURL(`${site.url}/private?page=3`);
    await outside.close();
  });

  it('a person in WeChat who wants to goes on there all the same', async () => {
    const visitor = await visit(browser, { ...WECHAT, locale: 'zh-CN' });
    await visitor.page.goto(`${site.url}/private`);
    await visitor.page.getByRole('link', { name: '仍然在此继续' }).click();
    await choosePersona(visitor.page, '林小满');
    await visitor.page.waitForURL(`${site.url}/private`);
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  });

  it('a desktop browser does not get the page for phones', async () => {
    const visitor = await visit(browser, desktop);
    await visitor.page.goto(`${site.url}/private`);
    expect(new URL(visitor.page.url()).searchParams.has('display')).toBe(false);
    expect(await visitor.page.locator('body').getAttribute('class')).toBeNull();
    await visitor.close();
  });
});
