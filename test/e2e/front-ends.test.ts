import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { devices } from 'playwright-core';
import { requireQQUser } from '../../src/index.js';
import { chromiumFor } from '../support/chromium.js';
import { isNightly } from '../support/nightly.js';
import { APP, startSite } from '../support/site.js';
import {
  choosePersona,
  desktop,
  launch,
  phone,
  screenshot,
  seriousFindings,
  untilPopupIsWatched,
  visit,
} from './browser.js';
import { HELMET, clickLogin, ends, keepOpen, logInByPopup, openApp, startPopupSite } from './popup-site.js';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Express } from 'express';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Site, SiteOptions } from '../support/site.js';
import type { Visitor } from './browser.js';

const chromium = chromiumFor('test/e2e/front-ends.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const STRICT = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
};
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const CHOICE = { 'zh-CN': '取消登录', 'en-US': 'Cancel' };

const looks: [string, BrowserContextOptions & { locale: keyof typeof CHOICE }][] = [
  ['zh-light', { ...desktop, locale: 'zh-CN' }],
  ['en-dark-phone', { ...phone, locale: 'en-US', colorScheme: 'dark' }],
];
if (isNightly) {
  looks.push(
    ['en-dark', { ...desktop, locale: 'en-US', colorScheme: 'dark' }],
    ['zh-light-phone', { ...phone, locale: 'zh-CN' }],
  );
}

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

const WECHAT = {
  ...devices['iPhone 14'],
  userAgent: `${devices['iPhone 14'].userAgent} MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN`,
};
const handhelds = ['iPhone 14', 'Galaxy Tab S4', ...(isNightly ? ['Pixel 7', 'iPad (gen 7)'] : [])];

const ORIGIN = 'http://intranet.test';
const REDIRECT_URI = `${ORIGIN}/auth/qq/callback`;
// Without what browsers only heed by https, and say so in the console, or what has them ask for https.
const { 'Cross-Origin-Opener-Policy': _opener, 'Origin-Agent-Cluster': _cluster, ...rest } = HELMET;
const policies = {
  ...rest,
  'Content-Security-Policy': rest['Content-Security-Policy'].replace(';upgrade-insecure-requests', ''),
};

const SPA_PAGE = `<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>SPA</title><link rel="icon" href="/icon.png">
<main><h1>SPA</h1><output></output><button id="login" hidden>QQ 登录</button><button id="logout" hidden>退出</button></main>
<script type="module" src="/spa.js"></script></html>
`;

/** A single-page application with nothing but `fetch`; its API may be on another origin. */
const spaScript = (api: string): string => `
const [output, login, logout] = ['output', '#login', '#logout'].map((name) => document.querySelector(name));
const ask = (path, init) => fetch('${api}' + path, { credentials: 'include', ...init });
let loginUrl;
async function show() {
  const response = await ask('/api/me');
  const body = await response.json();
  output.textContent = response.ok ? body.nickname : response.status + ' ' + body.error;
  output.dataset.state = response.ok ? 'in' : 'out';
  loginUrl = body.login_url;
  login.hidden = response.ok;
  logout.hidden = !response.ok;
}
const back = () => '${api}' === '' ? location.pathname + location.hash : location.href;
login.addEventListener('click', () => location.assign('${api}' + loginUrl + '?returnTo=' + encodeURIComponent(back())));
logout.addEventListener('click', async () => { await ask('${api ? '/api/logout' : '/auth/qq/logout'}', { method: 'POST' }); await show(); });
Object.assign(window, { ask });
await show();
`;

function serveSpa(app: Express, api: string): void {
  app.get('/spa', (_req, res) => void res.type('html').send(SPA_PAGE));
  app.get('/spa.js', (_req, res) => void res.type('js').send(spaScript(api)));
  app.get('/icon.png', (_req, res) => void res.status(204).end());
}

function serveSpaApi(app: Express): void {
  app.get('/api/me', requireQQUser(), (req, res) => void res.json({ nickname: req.qqUser?.nickname }));
}

const shownUser = async (page: Page, which: 'in' | 'out'): Promise<string | null> => {
  const output = page.locator(`output[data-state="${which}"]`);
  await output.waitFor();
  return output.textContent();
};
const unexpected = ({ complaints }: Visitor): string[] => complaints.filter((complaint) => !complaint.includes('401'));

describeBrowser('front ends in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  describe('the pop-up', () => {
    describe.each<[string, Record<string, string>, 'message' | 'broadcast']>([
      ['without any policy', {}, 'message'],
      ["with helmet's default headers", HELMET, 'broadcast'],
      ['with a strict Content-Security-Policy', STRICT, 'message'],
      ['that is cross-origin isolated', ISOLATED, 'broadcast'],
      ['with Cross-Origin-Opener-Policy', { 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' }, 'message'],
    ])('of a site %s', (_name, headers, way) => {
      let site: Site;
      let visitor: Visitor;

      beforeAll(async () => {
        site = await startPopupSite(headers);
      });
      afterAll(async () => site.close());
      beforeEach(async () => {
        visitor = await visit(browser);
        await openApp(visitor.page, site);
      });
      afterEach(async () => visitor.close());

      it('logs in, notifies its opener and closes itself', async () => {
        const { page } = visitor;
        await logInByPopup(page);
        const { ends: results, heard, tells, waiting } = await ends(page);
        expect(results).toEqual(['林小满']);
        expect(page.url()).toBe(`${site.url}/app`);
        // What was said is this and no more: no user, no token, no code.
        const [[, channel] = []] = tells;
        expect(heard[0]).toEqual({
          how: way,
          origin: site.url,
          data: { source: 'express-qq-connect', channel, result: 'success' },
        });
        expect(waiting).toEqual([true, false]);
        expect(visitor.complaints).toEqual([]);
      });

      it('reports only the result cancelled when the user cancels, and closes itself', async () => {
        const { page } = visitor;
        const popup = await clickLogin(page);
        const closed = popup.waitForEvent('close');
        await popup.getByRole('button', { name: '取消登录' }).click();
        await closed;
        const { ends: results, heard } = await ends(page);
        expect(results).toEqual(['logged out']);
        expect(heard[0]?.data.result).toBe('cancelled');
        expect(visitor.complaints).toEqual([]);
        expect(await page.evaluate('fetchUser()')).toBeUndefined();
      });
    });
  });

  describe('a login by pop-up', () => {
    describe.each<[string, Record<string, string>]>([
      ["with helmet's default headers", HELMET],
      ...(isNightly ? [['without any policy', {}] as [string, Record<string, string>]] : []),
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

      it('continues in the same window after an error page, and notifies its opener', async () => {
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

      it('opens another window at the next click after the user closed the first, and settles both calls', async () => {
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

      it('ends in each of two tabs with its own result', async () => {
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

      it('ends when its signal is aborted, and ignores the result of the window', async () => {
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

      it('shows its last page again when that page is reloaded, and does not open the site in the small window', async () => {
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

      it('redirects to returnTo if its window is an ordinary tab', async () => {
        const tab = await visitor.newTab();
        await tab.goto(`${site.url}/app`);
        await tab.goto(`${site.url}/auth/qq/login?display=popup&returnTo=/private`);
        await choosePersona(tab, '林小满');
        await tab.waitForURL(`${site.url}/private`);
        // Chromium's word for a window that no script opened.
        expect(visitor.complaints.filter((complaint) => !complaint.startsWith('Scripts may close only'))).toEqual([]);
      });

      it('uses the window of the page if pop-ups are blocked, and returns to the page with its query and fragment', async () => {
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

      it('redirects to returnTo if pop-ups are blocked, and marks the address of the page when the user cancelled', async () => {
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

      it('is over in the opener page too after a logout', async () => {
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
        await untilPopupIsWatched(page);
        await popup.close();
        const { ends: results, waiting } = await ends(page);
        expect(results).toEqual(['logged out']);
        expect(waiting).toEqual([true, false]);
      });

      it('wait while an error page is shown, and log in by its link, with same-origin-allow-popups', async () => {
        await open({ ...HELMET, 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' });
        const popup = await clickLogin(page);
        site.sandbox.failNext('token', { error: 100020 });
        await choosePersona(popup, '林小满');
        await popup.getByRole('heading', { name: /请重新登录$/ }).waitFor();
        await untilPopupIsWatched(page);
        await untilPopupIsWatched(page);
        expect(await page.evaluate('seen.waiting')).toEqual([true]);
        await popup.getByRole('link', { name: '使用 QQ 重新登录' }).click();
        await choosePersona(popup, '林小满');
        expect((await ends(page)).ends).toEqual(['林小满']);
      });

      it('count a login as cancelled after timeoutMs if the browser does not report a closed window', async () => {
        await open(HELMET);
        await page.evaluate('wishes = { timeoutMs: 1500 }; undefined');
        const popup = await clickLogin(page);
        await popup.close();
        expect((await ends(page)).ends).toEqual(['logged out']);
      });

      it('show the first window again at a second call, and settle both calls', async () => {
        await open({});
        const popup = await clickLogin(page);
        await page.click('#login');
        expect(page.context().pages()).toHaveLength(2);
        await choosePersona(popup, '林小满');
        expect((await ends(page, 2)).ends).toEqual(['林小满', '林小满']);
        expect(visitor.complaints).toEqual([]);
      });

      it('show what they wait for while QQ is slow', async () => {
        await open(HELMET);
        site.sandbox.failNext('authorize', 'timeout');
        const opened = page.context().waitForEvent('page');
        await page.click('#login');
        const popup = await opened;
        expect(await page.evaluate('popup.document.body.textContent')).toBe('正在打开 QQ 登录…');
        expect(await page.evaluate('seen.waiting')).toEqual([true]);
        await popup.close();
      });

      it('show a page of progress while QQ is slow to return the tokens', async () => {
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

      it('get an error with the remedy if the router is on another origin', async () => {
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
      it('that opens the pop-up receives no message from it', async () => {
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

  describe('each page of the router', () => {
    let site: Site;

    beforeAll(async () => {
      site = await startPopupSite();
    }, 60_000);
    afterAll(async () => site.close());

    /** Looks at a page: who is kept out by it, and whether it is wider than the screen. */
    const inspect = async (page: Page, name: string): Promise<string[]> => {
      await page.locator('main h1').waitFor();
      await screenshot(page, name);
      const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
      return [...(await seriousFindings(page)), ...(wide ? [`${name} is too wide`] : [])];
    };

    it.each(looks)(
      'has no serious finding of axe, fits the screen and is in the language of the browser: %s',
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
        const inWeChat = await visit(browser, { ...options, bypassCSP: true, userAgent: WECHAT.userAgent });
        await inWeChat.page.goto(`${site.url}/private`);
        expect(await inspect(inWeChat.page, `web-view-${look}`)).toEqual([]);
        await inWeChat.close();
      },
      120_000,
    );

    it('logs nothing in the console except its status', async () => {
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

    it('can be used with a keyboard only', async () => {
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

  describe('with a phone or tablet', () => {
    let site: Site;

    beforeAll(async () => {
      site = await startPopupSite(HELMET);
    }, 60_000);
    afterAll(async () => site.close());

    it.each(handhelds)('a user logs in on the page for phones and returns: %s', async (name) => {
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

    it('a user logs in by a pop-up, which a phone shows as a tab, cancels in another, and logs out', async () => {
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

    it('WeChat shows a page with the address to open in the browser, where it logs the user in', async () => {
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

    it('a user can continue the login in WeChat', async () => {
      const visitor = await visit(browser, { ...WECHAT, locale: 'zh-CN' });
      await visitor.page.goto(`${site.url}/private`);
      await visitor.page.getByRole('link', { name: '仍在当前应用中继续' }).click();
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

  // No secure context: no Sec-Fetch headers, and not all of the browser's API.
  describe("a site on plain http, with helmet's other default headers", () => {
    let site: Site;
    let browser: Browser;

    beforeAll(async () => {
      site = await startPopupSite(policies, {
        qq: { redirectUri: REDIRECT_URI },
        sandbox: { apps: [{ ...APP, redirectUris: [REDIRECT_URI] }] },
        routes: (app) => {
          const form =
            '<!doctype html><title>f</title><form method="post" action="/auth/qq/logout"><button>退出</button>';
          app.get('/form', (_req, res) => void res.type('html').send(form));
          app.get('/form-same-origin', (_req, res) => {
            res.set('Referrer-Policy', 'same-origin').type('html').send(form);
          });
        },
      });
      const resolver = `--host-resolver-rules=MAP intranet.test:80 ${new URL(site.url).host}`;
      browser = await launch(chromium ?? '', [resolver]);
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      await site.close();
    });

    it('logs a user in by a pop-up, and out, although it is no secure context', async () => {
      const visitor = await visit(browser);
      const { page, complaints } = visitor;
      await openApp(page, { url: ORIGIN });
      expect(await page.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined']);
      await logInByPopup(page);
      expect((await ends(page)).ends).toEqual(['林小满']);
      const answered = page.waitForResponse(`${ORIGIN}/auth/qq/logout`);
      await page.click('#logout');
      expect((await ends(page, 2)).ends).toEqual(['林小满', 'logged out']);
      expect((await answered).status()).toBe(204); // not the redirect that a form gets
      expect(page.url()).toBe(`${ORIGIN}/app`);
      expect(complaints).toEqual([]);
      expect(await page.evaluate('fetchUser()')).toBeUndefined();
      await visitor.close();
    });

    it('refuses the form of a page with no-referrer, whose origin is null, and names what to change', async () => {
      const visitor = await visit(browser);
      const { page } = visitor;
      await openApp(page, { url: ORIGIN });
      await logInByPopup(page);
      await page.goto(`${ORIGIN}/form`);
      const posted = page.waitForRequest((request) => request.method() === 'POST');
      await page.getByRole('button').click();
      const headers = await (await posted).allHeaders();
      expect([headers.origin, headers['sec-fetch-site']]).toEqual(['null', undefined]);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/请求被拒绝$/);
      expect(await page.getByRole('main').textContent()).toContain('设为 same-origin');
      await page.goto(`${ORIGIN}/form-same-origin`);
      await page.getByRole('button').click();
      await page.waitForURL(`${ORIGIN}/`);
      expect(await page.textContent('body')).toBe('{"user":null}');
      await visitor.close();
    });
  });

  describe('a single-page application', () => {
    let visitor: Visitor;
    let page: Page;
    beforeEach(async () => {
      visitor = await visit(browser);
      ({ page } = visitor);
    });
    afterEach(async () => visitor.close());

    describe('on the origin of its API', () => {
      let site: Site;
      beforeAll(async () => {
        site = await startSite({
          sandbox: { autoApprove: false },
          before: (app) => serveSpa(app, ''),
          routes: serveSpaApi,
        });
      });
      afterAll(async () => site.close());

      it('reads the login URL from a 401, and returns from the login to its view', async () => {
        await page.goto(`${site.url}/spa#/orders/7`);
        expect(await shownUser(page, 'out')).toBe('401 login_required');
        await page.click('#login');
        await choosePersona(page, '林小满');
        expect(await shownUser(page, 'in')).toBe('林小满');
        expect(page.url()).toBe(`${site.url}/spa#/orders/7`);
        await page.click('#logout');
        expect(await shownUser(page, 'out')).toBe('401 login_required');
        expect(unexpected(visitor)).toEqual([]);
      });

      it('gets JSON from every route, with any Accept header', async () => {
        await page.goto(`${site.url}/spa`);
        await page.click('#login');
        await choosePersona(page, '林小满');
        await shownUser(page, 'in');
        const answers = await page.evaluate(`(async () => {
        const answers = [];
        for (const [method, path] of [['GET', 'user'], ['POST', 'refresh'], ['GET', 'logout'], ['POST', 'logout'], ['GET', 'user'], ['POST', 'refresh']]) {
          const response = await ask('/auth/qq/' + path, { method });
          const text = await response.text();
          answers.push([method, path, response.status, text && Object.keys(JSON.parse(text))[0]]);
        }
        return answers;
      })()`);
        expect(answers).toEqual([
          ['GET', 'user', 200, 'appId'],
          ['POST', 'refresh', 200, 'appId'],
          ['GET', 'logout', 405, 'error'],
          ['POST', 'logout', 204, ''],
          ['GET', 'user', 401, 'error'],
          ['POST', 'refresh', 401, 'error'],
        ]);
      });
    });

    describe('on another origin of the same site', () => {
      let site: Site;
      let frontEnd: Server;
      let origin: string;
      beforeAll(async () => {
        frontEnd = createServer((req, res) => {
          const isScript = req.url === '/spa.js';
          res.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
          res.end(isScript ? spaScript(site.url) : SPA_PAGE);
        }).listen(0, '127.0.0.1');
        await once(frontEnd, 'listening');
        origin = `http://127.0.0.1:${(frontEnd.address() as AddressInfo).port}`;
        site = await startSite({
          sandbox: { autoApprove: false },
          qq: { allowedReturnOrigins: [origin] },
          before: (app) => {
            // CORS is the application's own.
            app.use((_req, res, next) => {
              res.set({
                'Access-Control-Allow-Origin': origin,
                'Access-Control-Allow-Credentials': 'true',
                Vary: 'Origin',
              });
              next();
            });
          },
          routes: (app) => {
            serveSpaApi(app);
            app.post('/api/logout', (req, res, next) => {
              if (req.get('origin') === origin) req.qqConnect.logout().then(() => res.sendStatus(204), next);
              else res.sendStatus(403);
            });
          },
        });
      });
      afterAll(async () => {
        frontEnd.closeAllConnections();
        frontEnd.close();
        await site.close();
      });

      it('logs in, returns and logs out, by the router’s route and by its own', async () => {
        await page.goto(`${origin}/spa#/orders/7`);
        expect(await shownUser(page, 'out')).toBe('401 login_required');
        await page.click('#login');
        await choosePersona(page, '林小满');
        expect(await shownUser(page, 'in')).toBe('林小满');
        expect(page.url()).toBe(`${origin}/spa#/orders/7`);
        await page.click('#logout');
        expect(await shownUser(page, 'out')).toBe('401 login_required');
        // Its origin is in allowedReturnOrigins.
        expect(await page.evaluate("ask('/auth/qq/logout', { method: 'POST' }).then(({ status }) => status)")).toBe(
          204,
        );
      });
    });
  });

  describe('the back button after a logout', () => {
    const ORDERS =
      '<!doctype html><title>Orders</title><form method="post" action="/auth/qq/logout"><button>退出</button>';

    it.each(['destroy', 'keep'] as const)('shows no page of the user with logout: %j', async (logout) => {
      await using site = await startSite({
        sandbox: { autoApprove: false },
        qq: { logout },
        routes: (app) => {
          app.get('/', (_req, res) => void res.type('html').send('<!doctype html><title>Home</title>'));
          app.get('/orders', requireQQUser(), (_req, res) => void res.type('html').send(ORDERS));
        },
      });
      const visitor = await visit(browser);
      const { page } = visitor;
      await page.goto(`${site.url}/orders`);
      await choosePersona(page, '林小满');
      await page.waitForURL(`${site.url}/orders`);
      await page.getByRole('button', { name: '退出' }).click();
      await page.waitForURL(`${site.url}/`);
      await page.goBack({ waitUntil: 'commit' });
      await page.waitForURL(/\/oauth2\.0\/authorize\?/);
      await visitor.close();
    });
  });
});
