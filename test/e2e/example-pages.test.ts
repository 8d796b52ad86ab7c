import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { chromiumFor } from '../support/chromium.js';
import { freePort } from '../support/programs.js';
import { choosePersona, desktop, images, launch, phone, screenshot, seriousFindings, visit } from './browser.js';
import { startExample } from './example.js';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox.js';
import type { Visitor } from './browser.js';
import type { Example } from './example.js';

const chromium = chromiumFor('test/e2e/example-pages.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

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
  ['en-dark', { ...desktop, locale: 'en-US', colorScheme: 'dark' }],
  ['zh-dark-phone', { ...phone, colorScheme: 'dark' }],
  ['en-light-phone', { ...phone, locale: 'en-US' }],
];

describeBrowser('the pages of the example application', () => {
  let sandbox: Sandbox;
  let example: Example;
  let browser: Browser;

  beforeAll(async () => {
    sandbox = await startSandbox({ apps: [APP], users: USERS });
    // Under Jest an image takes longer to draw than its first request waits.
    const [ordinary] = sandbox.users;
    for (const size of [640, 140]) await fetch(`${sandbox.url}/qqapp/${APP.appId}/${ordinary?.openid}/${size}`);
    const port = await freePort();
    example = await startExample({
      PORT: String(port),
      QQ_APP_ID: APP.appId,
      QQ_APP_KEY: APP.appKey,
      QQ_REDIRECT_URI: `http://localhost:${port}/auth/qq/callback`,
      QQ_GRAPH_URL: sandbox.url,
      SESSION_SECRET: 'a secret of this test',
    });
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => {
    await browser.close();
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
    'are without a serious finding of axe, and within the screen: %s',
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

  it('show a nickname of HTML, controls and direction marks as the text that it is', async () => {
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

  it.each(['long', 'emoji'])('hold a nickname that is %s', async (id) => {
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

  it('show the first letter of the name in place of an avatar that is missing', async () => {
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
