import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { choosePersona, desktop, images, launch, phone, popupFrom, screenshot, visit } from './browser.js';
import { startExample } from './example.js';
import type { Browser, Page } from 'playwright-core';
import type { Visitor } from './browser.js';
import type { Example } from './example.js';

const chromium = chromiumFor('test/e2e/example-login.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

/** What `images` finds where the sandbox has drawn each of them. */
const pictures = (...widths: number[]) => widths.map((width) => [width, 'image/png']);

describeBrowser('a person in front of the example application', () => {
  let example: Example;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    [example, browser] = await Promise.all([startExample(), launch(chromium ?? '')]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await example.close();
  });
  beforeEach(async () => {
    visitor = await visit(browser);
    ({ page } = visitor);
  });
  afterEach(async () => visitor.close());

  const button = (tab: Page = page) => tab.getByRole('link', { name: '使用 QQ 登录' });
  const login = async (tab: Page = page, nickname = '林小满'): Promise<void> => {
    await tab.goto(`${example.url}/auth/qq/login`);
    await choosePersona(tab, nickname);
    await tab.waitForURL(`${example.url}/`);
  };
  const account = (tab: Page = page) => tab.getByRole('group', { name: '当前账号' });

  it('logs in in a pop-up by a click on a persona, and sees nickname and avatar', async () => {
    await page.goto(example.url);
    const popup = await popupFrom(page, async () => button().click());
    const closed = popup.waitForEvent('close');
    await choosePersona(popup, '林小满');
    await Promise.all([closed, account().waitFor()]);
    expect(page.url()).toBe(`${example.url}/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('欢迎回来，林小满');
    expect(await account().textContent()).toContain('林小满');
    expect(await images(page)).toEqual(pictures(100));
    expect(visitor.complaints).toEqual([]);
  });

  it('logs in with nothing but a keyboard', async () => {
    await page.goto(example.url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // the link that skips the navigation
    await page.keyboard.press('Tab');
    const popup = await popupFrom(page, async () => page.keyboard.press('Enter'));
    await popup.waitForURL(/\/oauth2\.0\//);
    const isFocused = async (): Promise<boolean> =>
      (await popup.locator(':focus').filter({ hasText: '林小满' }).count()) > 0;
    for (let tabs = 0; tabs < 5 && !(await isFocused()); tabs += 1) await popup.keyboard.press('Tab');
    await popup.keyboard.press('Enter');
    await account().waitFor();
  });

  it.each([
    ['without script', { ...desktop, javaScriptEnabled: false }],
    ['on a phone', phone],
    ['in a narrow window', { ...desktop, viewport: { width: 600, height: 800 } }],
  ])('logs in in the same window %s', async (_name, device) => {
    const person = await visit(browser, device);
    await person.page.goto(example.url);
    await button(person.page).click();
    await person.page.waitForURL(/\/oauth2\.0\//);
    await choosePersona(person.page, '林小满');
    await person.page.waitForURL(`${example.url}/`);
    expect(await account(person.page).isVisible()).toBe(true);
    expect(person.complaints).toEqual([]);
    await person.close();
  });

  it('logs in in the same window where the browser blocks pop-ups', async () => {
    await page.addInitScript('window.open = () => null');
    await page.goto(`${example.url}/?from=here`);
    await button().click();
    await page.waitForURL(/\/oauth2\.0\//);
    await choosePersona(page, '林小满');
    await page.waitForURL(`${example.url}/`);
    expect(await account().isVisible()).toBe(true);
    expect(visitor.complaints).toEqual([]);
  });

  it('opens the login in a tab of its own when asked to, as any link', async () => {
    await page.goto(example.url);
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      button().click({ modifiers: ['ControlOrMeta'] }),
    ]);
    await choosePersona(tab, '林小满');
    await tab.waitForURL(`${example.url}/`);
    expect(await account(tab).isVisible()).toBe(true);
    expect(visitor.complaints).toEqual([]);
  });

  it('cancels in the pop-up, and is told so on the page behind it', async () => {
    await page.goto(example.url);
    const popup = await popupFrom(page, async () => button().click());
    await popup.getByRole('button', { name: '取消' }).click();
    await page.waitForURL(`${example.url}/`);
    expect(await page.getByRole('status').textContent()).toContain('已取消登录');
    const again = await popupFrom(page, async () => button().click());
    await choosePersona(again, '林小满');
    await account().waitFor();
    expect(page.url()).toBe(`${example.url}/`);
    expect(visitor.complaints).toEqual([]);
  });

  it('sees that the page waits, closes the pop-up, and logs in by a second click', async () => {
    await page.goto(example.url);
    const first = await popupFrom(page, async () => button().click());
    await page.getByRole('link', { name: '等待 QQ 登录窗口…' }).waitFor();
    await first.waitForURL(/\/oauth2\.0\//);
    await page.waitForTimeout(700); // the window has to be seen open before it is seen closed
    await first.close();
    await page.getByText('已取消登录').waitFor();
    const second = await popupFrom(page, async () => button().click());
    await choosePersona(second, '林小满');
    await account().waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  it('is sent to QQ by the private page, and then back to it with its query', async () => {
    await page.goto(`${example.url}/private?from=a%20link`);
    expect(page.url()).toContain('/oauth2.0/authorize?');
    await choosePersona(page, '阿哲');
    await page.waitForURL(`${example.url}/private?from=a%20link`);
    expect(await page.getByRole('main').textContent()).toContain('打开过这一页 1 次');
    await page.reload();
    expect(await page.getByRole('main').textContent()).toContain('打开过这一页 2 次');
    expect(visitor.complaints).toEqual([]);
  });

  it('sees every avatar in its own size', async () => {
    await login();
    await page.getByRole('link', { name: '个人资料' }).first().click();
    await page.waitForURL(`${example.url}/profile`);
    expect(await images(page)).toEqual(pictures(640, 140, 100, 40));
    const main = await page.getByRole('main').textContent();
    expect(main).toMatch(/UID_[0-9A-F]{4}…[0-9A-F]{4}/);
    const addresses = await page.locator('.addresses dd').allTextContents();
    expect(addresses).toHaveLength(6);
    expect(addresses.filter((address) => !URL.canParse(address))).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });

  it('sees which address QQ did not return, sees the small avatar in its place, and has no unionid where QQ gave none', async () => {
    await login(page, '阿哲');
    await page.goto(`${example.url}/profile`);
    expect(await images(page)).toEqual(pictures(40, 40, 40, 40));
    expect(await page.locator('.addresses').getByText('QQ 未返回').count()).toBe(2);
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.waitForURL(`${example.url}/`);
    await login(page, '老周');
    await page.goto(`${example.url}/profile`);
    expect(await page.locator('dl').first().getByText('QQ 未返回').count()).toBe(1);
    expect(visitor.complaints).toEqual([]);
  });

  it('fetches the profile again', async () => {
    await login();
    await page.goto(`${example.url}/profile`);
    await page.getByRole('button', { name: '重新获取资料' }).click();
    expect(await page.getByRole('status').textContent()).toBe('资料已更新。');
    expect(page.url()).toBe(`${example.url}/profile`);
    await page.reload();
    expect(await page.getByRole('status').count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  it('logs out, and is then asked to log in again', async () => {
    await login();
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.waitForURL(`${example.url}/`);
    expect(await account().count()).toBe(0);
    expect(await page.getByRole('status').textContent()).toContain('已退出登录');
    await page.reload();
    expect(await page.getByRole('status').count()).toBe(0);
    await page.goto(`${example.url}/private`);
    expect(page.url()).toContain('/oauth2.0/authorize?');
    expect(visitor.complaints).toEqual([]);
  });

  it('cancels, and is told so in a calm word', async () => {
    await page.goto(`${example.url}/private`);
    await page.getByRole('button', { name: '取消' }).click();
    await page.waitForURL(`${example.url}/`);
    expect(await page.getByRole('status').textContent()).toContain('已取消登录');
    expect(await button().isVisible()).toBe(true);
    await screenshot(page, 'home-cancelled-zh');
    expect(visitor.complaints).toEqual([]);
  });

  it('sees a page with the way out when the state has been tampered with, and logs in from there', async () => {
    await page.goto(`${example.url}/auth/qq/login`);
    const atQQ = new URL(page.url());
    atQQ.searchParams.set('state', `tampered${atQQ.searchParams.get('state') ?? ''}`);
    await page.goto(atQQ.href);
    await choosePersona(page, '林小满');
    await page.waitForURL(/state=tampered/);
    expect(await page.getByRole('heading').first().textContent()).toMatch(/请重新登录$/);
    expect(await page.textContent('body')).toContain('ERR_QQ_STATE_UNKNOWN');
    await page.getByRole('link', { name: '重新登录' }).click();
    await choosePersona(page, '林小满');
    await page.waitForURL(`${example.url}/`);
    expect(await account().isVisible()).toBe(true);
  });

  it('logs in in two tabs that were opened at once', async () => {
    const other = await visitor.newTab();
    await page.goto(`${example.url}/private`);
    await other.goto(`${example.url}/profile`);
    await choosePersona(page, '林小满');
    await page.waitForURL(`${example.url}/private`);
    await choosePersona(other, '林小满');
    await other.waitForURL(`${example.url}/profile`);
    await page.reload();
    expect(await account(page).isVisible()).toBe(true);
    expect(await account(other).isVisible()).toBe(true);
    expect(visitor.complaints).toEqual([]);
  });

  it('goes on where the login led when the callback page is opened again', async () => {
    let callback = '';
    page.on('request', (request) => {
      if (request.url().includes('/auth/qq/callback')) callback = request.url();
    });
    await login();
    await page.goto(callback);
    expect(page.url()).toBe(`${example.url}/`);
    expect(await account().isVisible()).toBe(true);
  });

  it('comes by 127.0.0.1 and logs in all the same', async () => {
    await page.goto(`${example.url.replace('localhost', '127.0.0.1')}/private`);
    await choosePersona(page, '林小满');
    await page.waitForURL(`${example.url}/private`);
    expect(await account().isVisible()).toBe(true);
    expect(visitor.complaints).toEqual([]);
  });

  it.each([
    ['a phone', phone, 'mobile'],
    ['a desktop', desktop, null],
  ])('comes with %s and is sent to the right page of QQ', async (_name, device, display) => {
    const person = await visit(browser, device);
    await person.page.goto(`${example.url}/private`);
    expect(new URL(person.page.url()).searchParams.get('display')).toBe(display);
    await choosePersona(person.page, '林小满');
    await person.page.waitForURL(`${example.url}/private`);
    expect(person.complaints).toEqual([]);
    await person.close();
  });

  it('stays logged in when the application is stopped and started again', async () => {
    await login();
    await page.goto('about:blank'); // nothing of the page is still being fetched
    expect(await example.stop()).toBe(0);
    await example.start();
    await page.goto(`${example.url}/profile`);
    expect(page.url()).toBe(`${example.url}/profile`);
    expect(await account().textContent()).toContain('林小满');
    expect(await images(page)).toEqual(pictures(640, 140, 100, 40));
    expect(visitor.complaints).toEqual([]);
    // The sandbox, unlike QQ, keeps no tokens across a restart: the user has to log in again.
    await page.getByRole('button', { name: '重新获取资料' }).click();
    expect(await page.getByRole('heading').first().textContent()).toMatch(/请重新登录$/);
    await page.getByRole('link', { name: '重新登录' }).click();
    await choosePersona(page, '林小满');
    await page.waitForURL(`${example.url}/`);
  });
});
