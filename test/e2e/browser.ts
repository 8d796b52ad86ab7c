import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, devices } from 'playwright-core';
import { isNightly } from '../support/nightly.js';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const SCREENSHOTS = 'artifacts/screenshots';

/** Starts Chromium without a window, with more options of its command line. */
export async function launch(executablePath: string, more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    ignoreDefaultArgs: ['--disable-back-forward-cache'], // users' browsers have this cache
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

/** A user with a browser profile of their own. */
export interface Visitor {
  page: Page;
  /** Opens another tab of the same browser. */
  newTab(): Promise<Page>;
  /** The errors on all pages so far: console errors, exceptions of scripts, failed requests. */
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

/** Runs a task that opens a pop-up, and returns the page of the pop-up. */
export async function popupFrom(page: Page, task: () => Promise<void>): Promise<Page> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), task()]);
  return popup;
}

/**
 * Waits until a page that opened a pop-up has checked once that the window is open. Before that, the page cannot
 * detect that the user closes the window. The timers of a page run in order, so the page's own check runs first.
 */
export async function untilPopupIsWatched(page: Page): Promise<void> {
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 300))');
}

/** Logs in as the test account with this nickname, on the sandbox's page. */
export async function choosePersona(page: Page, nickname: string): Promise<void> {
  await page.getByRole('button', { name: nickname }).click();
}

/** Returns the serious and critical findings of axe. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Takes a picture of the whole page, for a person to look at, in the nightly tests. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!isNightly) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Returns the width in pixels (0 for an image that did not load) and the type of each image in the content. */
export async function images(page: Page): Promise<[width: number, type: string][]> {
  await page.waitForLoadState('load');
  return page.evaluate<[number, string][]>(`Promise.all(
    [...document.querySelectorAll('main img')].map(async ({ naturalWidth, src }) => [
      naturalWidth,
      (await fetch(src)).headers.get('content-type'),
    ]),
  )`);
}
