import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { SandboxVisitor } from '../contract/sandbox-visitor.js';
import { chromiumFor } from '../support/chromium.js';

const executablePath = chromiumFor('sandbox-console-browser.test.ts');
const args =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

const screens: [string, BrowserContextOptions][] = [
  ['a desktop', { viewport: { width: 1280, height: 900 }, locale: 'zh-CN' }],
  ['a dark desktop', { viewport: { width: 1280, height: 900 }, locale: 'en-US', colorScheme: 'dark' }],
  ['a phone', { viewport: { width: 360, height: 740 }, locale: 'zh-CN' }],
  ['a dark phone', { viewport: { width: 360, height: 740 }, locale: 'en-US', colorScheme: 'dark' }],
];

(executablePath === undefined ? describe.skip : describe)("the sandbox's console in a browser", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: args.split(' ') });
  });
  afterAll(() => browser.close());

  /** Opens the console, uses it, and looks at what the browser complained of. */
  async function visit(sandbox: Sandbox, options: BrowserContextOptions, use: (page: Page) => Promise<void>) {
    await using context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${sandbox.url}/`);
    await use(page);
    expect(complaints).toEqual([]);
  }

  async function fill(sandbox: Sandbox): Promise<void> {
    const visitor = new SandboxVisitor(sandbox);
    await visitor.login();
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
        `${axe.source}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
      );
      expect(violations).toEqual([]);
      const { width = 0 } = options.viewport ?? {};
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    });
  });

  it.each([true, false])('queues and clears faults by clicks, with JavaScript: %s', async (javaScriptEnabled) => {
    await using sandbox = await startSandbox({ autoApprove: true });
    await visit(sandbox, { javaScriptEnabled, locale: 'en-US' }, async (page) => {
      await page.getByRole('group', { name: /^me / }).getByRole('button', { name: 'http_500' }).click();
      const token = page.getByRole('group', { name: /^token / });
      await token.getByLabel('Another error number of token').fill('100032');
      await token.getByRole('button', { name: 'Queue' }).click();
      await page.waitForURL(`${sandbox.url}/#faults`);
      expect(await page.locator('#waiting li').allInnerTexts()).toEqual(['me http_500', 'token error 100032']);
      expect((await new SandboxVisitor(sandbox).me({})).status).toBe(500);
      await page.getByRole('button', { name: 'Clear: Waiting faults' }).click();
      await page.getByText('No fault is waiting.').waitFor();
      await page.getByRole('listitem').filter({ hasText: '阿哲' }).getByRole('button', { name: 'Log in next' }).click();
      await page.waitForURL(`${sandbox.url}/#users`);
      expect(await page.locator('#next li').allInnerTexts()).toEqual(['阿哲']);
      expect(await page.getByLabel('Refresh automatically').isVisible()).toBe(javaScriptEnabled);
    });
  });

  it('shows requests as they come, until it is told not to', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    await visit(sandbox, { locale: 'zh-CN' }, async (page) => {
      await page.getByText('还没有请求').waitFor();
      await new SandboxVisitor(sandbox).login();
      await page.getByText('共 2 个').waitFor();
      await page.getByLabel('自动刷新').uncheck();
      await page.reload();
      expect(await page.getByLabel('自动刷新').isChecked()).toBe(false);
      expect(sandbox.requests).toHaveLength(2);
    });
  });

  it('takes no click from a page of another site', async () => {
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
