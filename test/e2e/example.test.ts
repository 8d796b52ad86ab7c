import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { chromiumFor } from '../support/chromium.js';
import { isNightly } from '../support/nightly.js';
import { freePort } from '../support/programs.js';
import {
  choosePersona,
  desktop,
  images,
  launch,
  phone,
  popupFrom,
  screenshot,
  seriousFindings,
  untilPopupIsWatched,
  visit,
} from './browser.js';
import { failToStart, startExample, startExampleWith } from './example.js';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox.js';
import type { Visitor } from './browser.js';
import type { Example } from './example.js';

const chromium = chromiumFor('test/e2e/example.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

/** What `images` finds where the sandbox has drawn each of them. */
const pictures = (...widths: number[]) => widths.map((width) => [width, 'image/png']);

const HOSTILE = '</bdi><img src=x onerror=alert(1)>\u202egnp.\u2066"\'&\u0007';
const APP = { appId: '100000077', appKey: 'made-up-app-key-for-the-pages' };
const USERS = [
  { id: 'ordinary', nickname: '林小满' },
  { id: 'emoji', nickname: '晚安🌙小鲸鱼🐳' },
  { id: 'empty', nickname: '' },
  { id: 'invisible', nickname: '\u3164\u200b' },
  { id: 'hostile', nickname: HOSTILE },
  { id: 'long', nickname: '一个长得没有尽头的昵称'.repeat(8) },
  { id: 'no-avatar', nickname: 'zoë', ...withoutAvatars() },
];

function withoutAvatars(): Record<string, string> {
  const fields = ['figureurl', 'figureurl_1', 'figureurl_2', 'figureurl_qq', 'figureurl_qq_1', 'figureurl_qq_2'];
  return Object.fromEntries(fields.map((field) => [field, '']));
}

const looks: [string, BrowserContextOptions][] = [
  ['zh-light', desktop],
  ['en-dark-phone', { ...phone, locale: 'en-US', colorScheme: 'dark' }],
];
if (isNightly) {
  looks.push(['en-dark', { ...desktop, locale: 'en-US', colorScheme: 'dark' }], ['zh-light-phone', phone]);
}

describe('the example application', () => {
  it('prints its address and that of the console, answers there, and ends with status 0', async () => {
    const example = await startExample();
    try {
      const [address, console] = example.output().match(/https?:\/\/[\w.:/]+/g) ?? [];
      expect(address).toBe(example.url);
      expect(await (await fetch(console ?? '')).text()).toContain('QQ 沙箱控制台');
      const response = await fetch(example.url);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('/auth/qq/login');
      expect(response.headers.get('set-cookie')).toBeNull();
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';",
      );
      expect(response.headers.get('x-powered-by')).toBeNull();
    } finally {
      expect(await example.stop()).toBe(0);
      expect(await readdir(join(example.directory, '.data'))).toContain('sessions.db');
      await example.close();
    }
  });

  it('prints that its port is taken, and how to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, output } = await failToStart({ PORT: String(port), SANDBOX_PORT: String(await freePort()) });
    other.close();
    expect(code).toBe(1);
    expect(output).toContain(
      `Port ${port} is taken by another program. Stop that one, or choose a port: PORT=3000 npm start`,
    );
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('uses another port for the sandbox if the usual one is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const example = await startExample({ SANDBOX_PORT: String(port) });
    try {
      const login = await fetch(`${example.url}/auth/qq/login`, { redirect: 'manual' });
      expect(login.headers.get('location')).not.toContain(`:${port}/`);
      expect((await fetch(login.headers.get('location') ?? '')).status).toBe(200);
    } finally {
      other.close();
      await example.close();
    }
  });

  it.each([
    ['several processes without Redis', { WEB_CONCURRENCY: '2' }, 'WEB_CONCURRENCY needs REDIS_URL'],
    ['a port that is no number', { PORT: '3000x' }, 'PORT must be a number from 1 to 65535.'],
    ['production without an APP ID', { NODE_ENV: 'production' }, 'QQ_APP_ID is not set.'],
    ['the real QQ without a session secret', { QQ_APP_ID: '100000042' }, 'SESSION_SECRET is not set.'],
    ['the real QQ without the rest', { QQ_APP_ID: '100000042', SESSION_SECRET: 'of this test' }, 'appKey (QQ_APP_KEY)'],
    [
      'a Redis that is not there',
      { REDIS_URL: 'redis://:hidden@127.0.0.1:1' },
      'Redis cannot be reached (ECONNREFUSED)',
    ],
  ])('ends with a message and status 1 for %s', async (_name, settings, words) => {
    const { code, output } = await failToStart({ SANDBOX_PORT: String(await freePort()), ...settings });
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(output).not.toMatch(/^\s+at /m);
    expect(output).not.toContain('hidden');
  });

  it('uses the real QQ and secure cookies if the values of the console are set', async () => {
    const example = await startExample({
      QQ_APP_ID: '100000042',
      QQ_APP_KEY: 'made-up-app-key',
      QQ_REDIRECT_URI: 'https://www.example.com/auth/qq/callback',
      SESSION_SECRET: 'a secret of this test',
    });
    try {
      expect(example.output()).toContain('https://www.example.com\n');
      const login = await fetch(`${example.url}/auth/qq/login`, { redirect: 'manual' });
      expect(login.headers.get('location')).toMatch(/^https:\/\/graph\.qq\.com\/oauth2\.0\/authorize\?/);
      expect(login.headers.get('set-cookie')).toMatch(/^__Host-qq_login_.*; Secure/);
      expect(login.headers.get('content-security-policy')).toContain("form-action 'self' https://graph.qq.com;");
    } finally {
      await example.close();
    }
  });
});

describeBrowser('the example application in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  describe('a user', () => {
    let example: Example;
    let visitor: Visitor;
    let page: Page;

    beforeAll(async () => {
      example = await startExample();
    }, 60_000);
    afterAll(async () => example.close());
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

    it('logs in by a pop-up with a click on a test account, and sees nickname and avatar', async () => {
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

    it('logs in with a keyboard only', async () => {
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

    it('logs in in the same window if the browser blocks pop-ups', async () => {
      await page.addInitScript('window.open = () => null');
      await page.goto(`${example.url}/?from=here`);
      await button().click();
      await page.waitForURL(/\/oauth2\.0\//);
      await choosePersona(page, '林小满');
      await page.waitForURL(`${example.url}/`);
      expect(await account().isVisible()).toBe(true);
      expect(visitor.complaints).toEqual([]);
    });

    it('opens the login in a new tab by a click with Ctrl', async () => {
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

    it('cancels in the pop-up, and the page behind it says so', async () => {
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
      await untilPopupIsWatched(page);
      await first.close();
      await page.getByText('已取消登录').waitFor();
      const second = await popupFrom(page, async () => button().click());
      await choosePersona(second, '林小满');
      await account().waitFor();
      expect(visitor.complaints).toEqual([]);
    });

    it('is redirected to QQ by the private page, and back to it with its query', async () => {
      await page.goto(`${example.url}/private?from=a%20link`);
      expect(page.url()).toContain('/oauth2.0/authorize?');
      await choosePersona(page, '阿哲');
      await page.waitForURL(`${example.url}/private?from=a%20link`);
      expect(await page.getByRole('main').textContent()).toContain('你已打开此页 1 次');
      await page.reload();
      expect(await page.getByRole('main').textContent()).toContain('你已打开此页 2 次');
      expect(visitor.complaints).toEqual([]);
    });

    it('sees each avatar in its size', async () => {
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

    it('sees which avatar URL QQ did not return, the small avatar in its place, and that QQ returned no unionid', async () => {
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

    it('logs out, and is redirected to QQ by the private page again', async () => {
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

    it('cancels at QQ, and the home page says so', async () => {
      await page.goto(`${example.url}/private`);
      await page.getByRole('button', { name: '取消' }).click();
      await page.waitForURL(`${example.url}/`);
      expect(await page.getByRole('status').textContent()).toContain('已取消登录');
      expect(await button().isVisible()).toBe(true);
      await screenshot(page, 'home-cancelled-zh');
      expect(visitor.complaints).toEqual([]);
    });

    it('gets an error page after the state was changed, and logs in by its link', async () => {
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

    it('logs in in two tabs at the same time', async () => {
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

    it('is redirected to the page after login when the callback is opened again', async () => {
      let callback = '';
      page.on('request', (request) => {
        if (request.url().includes('/auth/qq/callback')) callback = request.url();
      });
      await login();
      await page.goto(callback);
      expect(page.url()).toBe(`${example.url}/`);
      expect(await account().isVisible()).toBe(true);
    });

    it('logs in from 127.0.0.1, which is not the host of the redirect URI', async () => {
      await page.goto(`${example.url.replace('localhost', '127.0.0.1')}/private`);
      await choosePersona(page, '林小满');
      await page.waitForURL(`${example.url}/private`);
      expect(await account().isVisible()).toBe(true);
      expect(visitor.complaints).toEqual([]);
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

  describe('the pages', () => {
    let sandbox: Sandbox;
    let example: Example;

    beforeAll(async () => {
      sandbox = await startSandbox({ apps: [APP], users: USERS });
      // Under Jest an image takes longer to draw than its first request waits.
      const [ordinary] = sandbox.users;
      for (const size of [640, 140]) await fetch(`${sandbox.url}/qqapp/${APP.appId}/${ordinary?.openid}/${size}`);
      example = await startExampleWith(sandbox, APP);
    }, 60_000);
    afterAll(async () => {
      await example.close();
      await sandbox.close();
    });

    const login = async (page: Page, id: string): Promise<void> => {
      await page.goto(`${example.url}/private`);
      const openid = sandbox.users.find((user) => user.id === id)?.openid ?? '';
      await page.locator(`button[value="${openid}"]`).click();
      await page.waitForURL(`${example.url}/private`);
    };
    const as = async (id: string, task: (visitor: Visitor) => Promise<void>, look = desktop): Promise<void> => {
      const visitor = await visit(browser, look);
      await login(visitor.page, id);
      await task(visitor);
      await visitor.close();
    };

    it.each(looks)(
      'have no serious finding of axe, and fit the screen: %s',
      async (name, look) => {
        const visitor = await visit(browser, look);
        const { page } = visitor;
        const found: Record<string, string[]> = {};
        const inspect = async (what: string): Promise<void> => {
          await page.waitForLoadState('load');
          await screenshot(page, `${what}-${name}`);
          found[what] = await seriousFindings(page);
          for (const size of ['100%', '200%']) {
            await page.evaluate(`document.documentElement.style.fontSize = '${size}'`);
            const tooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
            if (tooWide) found[what].push(`scrolls sideways with text of ${size}`);
          }
        };
        await page.goto(example.url);
        await inspect('home');
        await page.goto(`${example.url}/?qq_login=cancelled`);
        await inspect('home-cancelled');
        await page.goto(`${example.url}/private`);
        await inspect('sandbox-login');
        const atQQ = new URL(page.url());
        await choosePersona(page, '林小满');
        await page.waitForURL(`${example.url}/private`);
        await inspect('private');
        await page.goto(`${example.url}/profile`);
        await inspect('profile');
        await page.goto(example.url);
        await inspect('home-logged-in');
        expect(visitor.complaints).toEqual([]);

        // From here on the browser itself reports the status of the page as an error.
        await page.goto(`${example.url}/no/such/page`);
        await inspect('not-found');
        await page.goto(`${example.url}/auth/qq/callback?code=c0de&state=of-no-login`);
        await inspect('error');
        atQQ.searchParams.set('client_id', '42');
        await page.goto(atQQ.href);
        await inspect('sandbox-error');
        await visitor.close();
        expect(Object.keys(found)).toHaveLength(9);
        expect(Object.values(found).flat()).toEqual([]);
      },
      60_000,
    );

    it('are in the language of the browser', async () => {
      for (const [locale, lang, heading] of [
        ['zh-TW', 'zh-CN', '使用 QQ 登录的示例'],
        ['en-GB', 'en', 'An example of QQ login'],
      ] as const) {
        const visitor = await visit(browser, { ...desktop, locale });
        await visitor.page.goto(example.url);
        expect(await visitor.page.locator('html').getAttribute('lang')).toBe(lang);
        expect(await visitor.page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
        await visitor.close();
      }
    });

    it('show a nickname of HTML, control characters and direction marks as text', async () => {
      await as('hostile', async ({ page, complaints }) => {
        for (const path of ['/', '/private', '/profile']) {
          await page.goto(example.url + path);
          expect(await page.locator('.account .name').textContent()).toBe('</bdi><img src=x onerror=alert(1)>gnp."\'&');
          expect(await page.locator('img[onerror]').count()).toBe(0);
          const html = await page.content();
          for (const unseen of ['\u0007', '\u202e', '\u2066']) expect(html).not.toContain(unseen);
        }
        await screenshot(page, 'profile-hostile-nickname');
        expect(complaints).toEqual([]);
      });
    });

    it.each(['empty', 'invisible'])('show a name for a user whose nickname is %s', async (id) => {
      await as(id, async ({ page }) => {
        expect(await page.locator('.account .name').textContent()).toBe('QQ 用户');
        await page.goto(`${example.url}/profile`);
        expect(await page.locator('dd').first().textContent()).toBe('（空）');
      });
    });

    it.each(['long', 'emoji'])('fit the screen with a nickname that is %s', async (id) => {
      await as(
        id,
        async ({ page }) => {
          await page.goto(example.url);
          await screenshot(page, `home-${id}-nickname-phone`);
          expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
        },
        phone,
      );
    });

    it('show the first letter of the name if there is no avatar', async () => {
      await as('no-avatar', async ({ page, complaints }) => {
        await page.goto(`${example.url}/profile`);
        expect(await images(page)).toEqual([640, 140, 100, 40].map((width) => [width, 'image/svg+xml']));
        const captions = await page.locator('figcaption').allTextContents();
        expect(captions).toHaveLength(4);
        for (const caption of captions) expect(caption).toContain('QQ 没有返回头像');
        await screenshot(page, 'profile-no-avatar');
        expect(await seriousFindings(page)).toEqual([]);
        expect(await page.locator('.addresses').getByText('QQ 未返回').count()).toBe(6);
        expect(await (await page.request.get(`${example.url}/auth/qq/avatar`)).text()).toContain('>Z</text>');
        await page.goto(example.url);
        await screenshot(page, 'home-no-avatar');
        expect(complaints).toEqual([]);
      });
    });
  });
});
