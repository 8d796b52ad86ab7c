import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { choosePersona, launch, visit } from './browser.js';
import { HELMET, clickLogin, ends, keepOpen, logInByPopup, openApp, startPopupSite } from './popup-site.js';
import type { Browser, Page } from 'playwright-core';
import type { Site, SiteOptions } from '../support/site.js';
import type { Visitor } from './browser.js';

const chromium = chromiumFor('test/e2e/popup-detours.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

describeBrowser('a login by pop-up', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  describe.each<[string, Record<string, string>]>([
    ['without any policy', {}],
    ["with helmet's default headers", HELMET],
  ])('on a site %s', (_name, headers) => {
    let site: Site;
    let visitor: Visitor;
    let page: Page;

    beforeAll(async () => {
      site = await startPopupSite(headers);
    });
    afterAll(async () => site.close());
    beforeEach(async () => {
      visitor = await visit(browser);
      ({ page } = visitor);
      await openApp(page, site);
    });
    afterEach(async () => visitor.close());

    it('goes on in the same window after an error page, and still tells its opener', async () => {
      const popup = await clickLogin(page);
      site.sandbox.failNext('token', { error: 100020 });
      await choosePersona(popup, '林小满');
      await popup.waitForURL(/&popup=complete$/); // after the page of progress
      expect(await popup.getByRole('heading', { level: 1 }).textContent()).toMatch(/请重新登录$/);
      expect(await popup.getByRole('navigation').getByRole('link').allTextContents()).toEqual(['使用 QQ 重新登录']);
      await popup.getByRole('link', { name: '使用 QQ 重新登录' }).click();
      const closed = popup.waitForEvent('close');
      await choosePersona(popup, '阿哲');
      await closed;
      expect((await ends(page)).ends).toEqual(['阿哲']);
      expect(page.context().pages()).toHaveLength(1);
    });

    it('opens another window at the next click after the user closed the first, for both calls', async () => {
      await page.evaluate('wishes = { timeoutMs: 60_000 }; undefined');
      const popup = await clickLogin(page);
      const opened = page.context().waitForEvent('page');
      await popup.close();
      await page.click('#login');
      const second = await opened;
      await second.waitForURL(/\/oauth2\.0\//);
      await choosePersona(second, '林小满');
      const [result] = (await ends(page, 2)).ends.slice(-1);
      expect(result).toBe('林小满');
      expect(visitor.complaints).toEqual([]);
    });

    it('in two tabs at once ends in each with its own result', async () => {
      const other = await visitor.newTab();
      await openApp(other, site);
      const popup = await clickLogin(page);
      const otherPopup = await clickLogin(other);
      await otherPopup.getByRole('button', { name: '取消登录' }).click();
      expect((await ends(other)).ends).toEqual(['logged out']);
      expect(await page.evaluate('seen.ends')).toEqual([]);
      await choosePersona(popup, '林小满');
      expect((await ends(page)).ends).toEqual(['林小满']);
      expect(await other.evaluate('seen.ends')).toEqual(['logged out']);
      expect(await other.evaluate('seen.heard.length')).toBe(1);
      expect(visitor.complaints).toEqual([]);
    });

    it('ends at once when its signal is aborted, and takes no notice of the window then', async () => {
      await page.evaluate('stop = new AbortController(); wishes = { signal: stop.signal }; undefined');
      const popup = await clickLogin(page);
      await page.evaluate("stop.abort(new DOMException('changed my mind', 'AbortError'))");
      expect((await ends(page)).ends).toEqual(['AbortError: changed my mind']);
      const closed = popup.waitForEvent('close');
      await choosePersona(popup, '林小满');
      await closed;
      expect(await page.evaluate('seen.ends.length')).toBe(1);
      await page.click('#login');
      expect((await ends(page, 2)).ends[1]).toBe('AbortError: changed my mind');
      expect(page.context().pages()).toHaveLength(1);
      expect(visitor.complaints).toEqual([]);
    });

    it('shows its last page again when that is reloaded, and does not end at the site in a small window', async () => {
      await keepOpen(page.context());
      const popup = await clickLogin(page);
      await choosePersona(popup, '林小满');
      expect((await ends(page)).ends).toEqual(['林小满']);
      const asked = site.sandbox.requests.length;
      await popup.reload();
      expect(popup.url()).toContain('/auth/qq/callback');
      expect(await popup.getByRole('heading', { level: 1 }).textContent()).toMatch(/登录成功$/);
      expect(await popup.getByRole('link').getAttribute('href')).toBe('/app');
      expect(site.sandbox.requests).toHaveLength(asked);
      expect((await ends(page)).ends).toEqual(['林小满']);
      expect(visitor.complaints).toEqual([]);
    });

    it('goes on to where it was to lead where its window is an ordinary tab', async () => {
      const tab = await visitor.newTab();
      await tab.goto(`${site.url}/app`);
      await tab.goto(`${site.url}/auth/qq/login?display=popup&returnTo=/private`);
      await choosePersona(tab, '林小满');
      await tab.waitForURL(`${site.url}/private`);
      // Chromium's word for a window that no script opened.
      expect(visitor.complaints.filter((complaint) => !complaint.startsWith('Scripts may close only'))).toEqual([]);
    });

    it('takes place in this window where pop-ups are blocked, and comes back to the page as it was', async () => {
      await openApp(page, site, '/app?page=2&qq_login=cancelled#part');
      await page.evaluate('blocked = true');
      await page.click('#login');
      await page.waitForURL(/\/oauth2\.0\//);
      await choosePersona(page, '林小满');
      await page.waitForURL(/\/app/);
      expect(page.url()).toBe(`${site.url}/app?page=2&#part`);
      expect(await page.evaluate('fetchUser().then((user) => user.nickname)')).toBe('林小满');
      expect(visitor.complaints).toEqual([]);
    });

    it('comes back to returnTo where pop-ups are blocked, and says so when the user cancelled', async () => {
      await page.evaluate("blocked = true; wishes = { returnTo: '/private' }; undefined");
      await page.click('#login');
      await choosePersona(page, '林小满');
      await page.waitForURL(`${site.url}/private`);
      await openApp(page, site);
      await page.evaluate('blocked = true');
      await page.click('#login');
      await page.getByRole('button', { name: '取消登录' }).click();
      await page.waitForURL(`${site.url}/app?qq_login=cancelled`);
    });

    it('ends the login in the opener page too after a logout', async () => {
      await logInByPopup(page);
      await ends(page);
      await page.click('#logout');
      expect((await ends(page, 2)).ends).toEqual(['林小满', 'logged out']);
      expect(await page.evaluate('fetchUser()')).toBeUndefined();
      expect(visitor.complaints).toEqual([]);
    });
  });

  describe('and its opener page', () => {
    let site: Site;
    let visitor: Visitor;
    let page: Page;
    const open = async (headers: Record<string, string>, options: SiteOptions = {}): Promise<void> => {
      site = await startPopupSite(headers, options);
      visitor = await visit(browser);
      ({ page } = visitor);
      await openApp(page, site);
    };
    afterEach(async () => {
      await visitor.close();
      await site.close();
    });

    it.each<[string, Record<string, string>]>([
      ['without any policy', {}],
      ['with same-origin-allow-popups', { ...HELMET, 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' }],
    ])('count a window that the user closes as cancelled: %s', async (_name, headers) => {
      await open(headers);
      const popup = await clickLogin(page);
      await page.waitForTimeout(700); // the window has to be seen open before it is seen closed
      await popup.close();
      const { ends: results, waiting } = await ends(page);
      expect(results).toEqual(['logged out']);
      expect(waiting).toEqual([true, false]);
    });

    it('count a login as cancelled after its time-out where the browser does not report a closed window', async () => {
      await open(HELMET);
      await page.evaluate('wishes = { timeoutMs: 1500 }; undefined');
      const popup = await clickLogin(page);
      await popup.close();
      expect((await ends(page)).ends).toEqual(['logged out']);
    });

    it('show the first window again at a second call, and settle both', async () => {
      await open({});
      const popup = await clickLogin(page);
      await page.click('#login');
      expect(page.context().pages()).toHaveLength(2);
      await choosePersona(popup, '林小满');
      expect((await ends(page, 2)).ends).toEqual(['林小满', '林小满']);
      expect(visitor.complaints).toEqual([]);
    });

    it('say what they wait for while QQ is slow', async () => {
      await open(HELMET);
      site.sandbox.failNext('authorize', 'timeout');
      const opened = page.context().waitForEvent('page');
      await page.click('#login');
      const popup = await opened;
      expect(await page.evaluate('popup.document.body.textContent')).toBe('正在打开 QQ 登录…');
      expect(await page.evaluate('seen.waiting')).toEqual([true]);
      await popup.close();
    });

    it('draw a page of progress while QQ is slow to return the tokens', async () => {
      await open({}, { qq: { timeoutMs: 1000 } });
      const popup = await clickLogin(page);
      await popup.addInitScript(
        "new PerformanceObserver(() => { localStorage.drawn = [localStorage.drawn, document.title] }).observe({ type: 'paint', buffered: true })",
      );
      site.sandbox.failNext('token', 'timeout');
      await choosePersona(popup, '林小满');
      await popup.getByRole('heading', { name: /暂时无法登录/ }).waitFor();
      expect(await popup.evaluate('localStorage.drawn')).toContain('正在完成登录…');
      expect(site.sandbox.requests.filter(({ endpoint }) => endpoint === 'token')).toHaveLength(1);
    });

    it('are told the remedy where the router is on another origin', async () => {
      await open({});
      const elsewhere = site.url.replace('127.0.0.1', 'localhost');
      const tell = async (task: string): Promise<string> =>
        page.evaluate(`${task}.then(() => 'done', (error) => error.name + ': ' + error.message)`);
      const basePath = `'${elsewhere}/auth/qq'`;
      expect(await tell(`loginWithPopup({ basePath: ${basePath} })`)).toMatch(
        /^TypeError: loginWithPopup: the pop-up can notify pages of http:\/\/localhost:\d+ only\. Serve the router on this/,
      );
      expect(await tell(`fetchUser({ basePath: ${basePath} })`)).toMatch(/^Error: .*Mount CORS before the router/);
      expect(page.context().pages()).toHaveLength(1);
    });
  });

  describe('a page of another origin', () => {
    it('that opens the pop-up hears nothing of it', async () => {
      await using site = await startPopupSite();
      await using other = await startPopupSite();
      const visitor = await visit(browser);
      const { page } = visitor;
      await openApp(page, other);
      const channel = 'chosen-by-another-origin';
      await page.evaluate(`channel = new BroadcastChannel('${channel}'); undefined`);
      const opened = page.context().waitForEvent('page');
      await page.evaluate(
        `open('${site.url}/auth/qq/login?display=popup&channel=${channel}', 'x', 'popup'); undefined`,
      );
      const popup = await opened;
      const closed = popup.waitForEvent('close');
      await choosePersona(popup, '林小满');
      await closed;
      // Messages of its own go round after the pop-up's would have.
      await page.evaluate(`new BroadcastChannel('${channel}').postMessage('the last')`);
      await page.evaluate(
        "new Promise((resolve) => { addEventListener('message', resolve); postMessage('the last') })",
      );
      expect(await page.evaluate('seen.heard.map(({ data }) => data)')).toEqual(['the last', 'the last']);
      await visitor.close();
    });
  });
});
