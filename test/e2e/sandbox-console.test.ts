import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { startSandbox } from '../../src/sandbox.js';
import { SandboxVisitor } from '../contract/sandbox-visitor.js';
import { chromiumFor } from '../support/chromium.js';
import { isNightly } from '../support/nightly.js';
import { launch } from './browser.js';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox.js';

const chromium = chromiumFor('test/e2e/sandbox-console.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const screens: [string, BrowserContextOptions][] = [
  ['a desktop', { viewport: { width: 1280, height: 900 }, locale: 'zh-CN' }],
  ['a dark phone', { viewport: { width: 360, height: 740 }, locale: 'en-US', colorScheme: 'dark' }],
];
if (isNightly) {
  screens.push(
    ['a dark desktop', { viewport: { width: 1280, height: 900 }, locale: 'en-US', colorScheme: 'dark' }],
    ['a phone', { viewport: { width: 360, height: 740 }, locale: 'zh-CN' }],
  );
}

describeBrowser("the sandbox's console in Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(() => browser.close());

  /** Opens the console, uses it, and checks the errors that the browser reports. */
  async function visit(
    sandbox: Sandbox,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
    expected: readonly RegExp[] = [],
  ) {
    await using context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${sandbox.url}/`);
    await use(page);
    expect(complaints.filter((text) => !expected.some((pattern) => pattern.test(text)))).toEqual([]);
  }

  async function fill(sandbox: Sandbox): Promise<void> {
    const visitor = new SandboxVisitor(sandbox);
    await visitor.login();
    await visitor.authorize({ state: undefined, scope: 'get_userinfo' });
    sandbox.failNext('me', { error: 100016 });
    await visitor.me({ access_token: 'x'.repeat(200), fmt: 'y'.repeat(200) });
    sandbox.failNext('token', 'timeout');
    sandbox.failNext('user_info', { error: 1002 });
    sandbox.nextUser(sandbox.users.at(-1)?.openid ?? '');
  }

  it.each(screens)('is accessible and fits %s', async (_screen, options) => {
    const users = [{ nickname: '林小满' }, { nickname: '' }, { nickname: '长'.repeat(60) }];
    await using sandbox = await startSandbox({ autoApprove: true, users });
    await fill(sandbox);
    await visit(sandbox, options, async (page) => {
      const violations: unknown = await page.evaluate(
        `${axe.source}; axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
      );
      expect(violations).toEqual([]);
      const { width = 0 } = options.viewport ?? {};
      for (const size of ['100%', '200%']) {
        await page.evaluate(`document.documentElement.style.fontSize = '${size}'`);
        expect([size, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([size, width]);
      }
      expect(await page.evaluate("document.querySelector('#requests').clientWidth")).toBeGreaterThan(width / 2);
    });
  });

  it('fits a phone with 100 requests in less than ten screens', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    for (let login = 0; login < 50; login++) await visitor.login();
    await visit(sandbox, { viewport: { width: 360, height: 740 } }, async (page) => {
      expect(await page.locator('.exchange').count()).toBe(100);
      expect(await page.evaluate<number>('document.documentElement.scrollHeight')).toBeLessThan(7_400);
      expect(await page.evaluate<number>("document.querySelector('#log').getBoundingClientRect().top")).toBeLessThan(
        500,
      );
    });
  });

  it.each([true, false])('queues and clears faults, with JavaScript: %s', async (javaScriptEnabled) => {
    await using sandbox = await startSandbox({ autoApprove: true });
    await visit(sandbox, { javaScriptEnabled, locale: 'en-US' }, async (page) => {
      const queued = page.locator('#queued li');
      await page.getByLabel('Endpoint').selectOption('me');
      await page.locator('[name=fault]').selectOption('http_500');
      await page.getByLabel('Times').fill('2');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await queued.filter({ hasText: 'me http_500 × 2' }).waitFor();
      await page.getByRole('button', { name: 'code already used' }).click();
      await queued.filter({ hasText: /token error 100020/ }).waitFor();
      await page.getByLabel('Other error number').fill('100032');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await queued.filter({ hasText: 'error 100032' }).waitFor();
      expect((await new SandboxVisitor(sandbox).me({})).status).toBe(500);
      await page.getByRole('button', { name: 'Clear: Queued' }).click();
      await page.getByText('No fault is queued.').waitFor();
      await page.getByRole('listitem').filter({ hasText: '阿哲' }).getByRole('button', { name: 'Log in next' }).click();
      await page.locator('#next li').filter({ hasText: '阿哲' }).waitFor();
      expect(await page.getByRole('searchbox').isVisible()).toBe(javaScriptEnabled);
    });
  });

  it('shows each new request, and keeps focus, opened rows and the filter', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    await visit(sandbox, { locale: 'zh-CN' }, async (page) => {
      await page.getByText('还没有请求').waitFor();
      await visitor.login();
      await page.getByText('共 2 个').waitFor();
      const row = page.locator('#request-1 summary');
      await row.click();
      expect(await page.locator('#request-1').getByText('跳转到').isVisible()).toBe(true);
      await page.evaluate("window.marked = document.querySelector('#request-1 details')");
      await visitor.me({});
      await page.getByText('共 3 个').waitFor();
      expect(await page.evaluate("document.activeElement === document.querySelector('#request-1 summary')")).toBe(true);
      expect(await page.evaluate('window.marked.isConnected && window.marked.open')).toBe(true);
      await page.getByRole('searchbox', { name: '筛选' }).fill('100007');
      await page.locator('#request-1').waitFor({ state: 'hidden' });
      expect(await page.locator('.exchange:visible').count()).toBe(1);
      await visitor.login();
      await page.getByText('共 5 个').waitFor();
      expect(await page.locator('.exchange:visible').count()).toBe(1);
      expect(await page.evaluate('document.activeElement.id')).toBe('filter');
      await page.getByRole('searchbox', { name: '筛选' }).fill('');
      await page.getByLabel('只显示失败的请求').check();
      expect(await page.locator('.exchange:visible').count()).toBe(1);
      await page.getByRole('button', { name: '清空：请求' }).click();
      await page.getByText('还没有请求').waitFor();
      expect(sandbox.requests).toEqual([]);
    });
  });

  it('keeps the focus on the button that queues a fault, and shows why a fault is refused', async () => {
    await using sandbox = await startSandbox();
    await visit(
      sandbox,
      { locale: 'en-US' },
      async (page) => {
        const preset = page.getByRole('button', { name: 'user cancels' });
        await preset.focus();
        await page.keyboard.press('Enter');
        await page.locator('#queued li').waitFor();
        expect(await page.evaluate('document.activeElement.id')).toBe('preset-0');
        await page.evaluate("document.querySelector('[name=error]').removeAttribute('pattern')");
        await page.getByLabel('Other error number').fill('0');
        const refused = page.waitForResponse((response) => response.status() === 400);
        await page.getByRole('button', { name: 'Add', exact: true }).click();
        await refused;
        await page.getByRole('alert').filter({ hasText: 'There is no such fault' }).waitFor();
      },
      [/400/],
    );
  });

  it('shows the cause of a failed login', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox);
    await visit(sandbox, { locale: 'en-US' }, async (page) => {
      const code = await visitor.code();
      await visitor.token({ code });
      await visitor.token({ code });
      const failed = page.locator('.exchange.failed');
      await failed.getByText('100020 code is reused error').first().waitFor();
      await failed.locator('summary').click();
      expect(await failed.innerText()).toContain('A code can be used once: the user reloaded the callback');
      expect(await failed.innerText()).toContain('client_secret=***');
    });
  });

  it('refuses a form that a page of another site sends', async () => {
    await using sandbox = await startSandbox();
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.route('http://evil.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${sandbox.url}/sandbox/faults"><input name="endpoint" value="me"><button name="fault" value="reset">x</button></form>`,
      }),
    );
    await page.goto('http://evil.example/');
    const answered = page.waitForResponse(`${sandbox.url}/sandbox/faults`);
    await page.getByRole('button').click();
    expect((await answered).status()).toBe(403);
    expect((await new SandboxVisitor(sandbox).me({})).status).toBe(200);
  });
});
