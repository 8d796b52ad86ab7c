import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, devices } from 'playwright-core';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const SCREENSHOTS = 'artifacts/screenshots';

/** Starts Chromium without a window, with what else it is to be told on its command line. */
export async function launch(executablePath: string, more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

/** A person with a browser profile of their own. */
export interface Visitor {
  page: Page;
  /** Opens another tab of the same browser. */
  newTab(): Promise<Page>;
  /** What went wrong on any page so far: console errors, scripts that threw, requests that failed. */
  complaints: string[];
  close(): Promise<void>;
}

/** The ways in which visitors differ. */
export const desktop: BrowserContextOptions = { locale: 'zh-CN', viewport: { width: 1280, height: 860 } };
export const phone: BrowserContextOptions = { ...devices['Pixel 7'], locale: 'zh-CN' };

/** Opens a browser profile. */
export async function visit(browser: Browser, options: BrowserContextOptions = desktop): Promise<Visitor> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  context.on('page', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => {
      const { errorText = '' } = request.failure() ?? {};
      // A page that is left early cancels its images.
      if (errorText !== 'net::ERR_ABORTED') complaints.push(`${request.method()} ${request.url()}: ${errorText}`);
    });
  });
  return {
    page: await context.newPage(),
    newTab: async () => context.newPage(),
    complaints,
    close: async () => context.close(),
  };
}

/** Does what opens a pop-up, and gives its page. */
export async function popupFrom(page: Page, task: () => Promise<void>): Promise<Page> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), task()]);
  return popup;
}

/** On the sandbox's page: logs in as the person with this nickname. */
export async function choosePersona(page: Page, nickname: string): Promise<void> {
  await page.getByRole('button', { name: nickname }).click();
}

/** Gives the findings of axe that keep people out. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Keeps a picture of the whole page, to be looked at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Each image of the page's content: how wide it really is (0 for one that did not load), and its type. */
export async function images(page: Page): Promise<[width: number, type: string][]> {
  await page.waitForLoadState('load');
  return page.evaluate<[number, string][]>(`Promise.all(
    [...document.querySelectorAll('main img')].map(async ({ naturalWidth, src }) => [
      naturalWidth,
      (await fetch(src)).headers.get('content-type'),
    ]),
  )`);
}
