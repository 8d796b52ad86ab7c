import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startSite } from '../support/site.js';
import { choosePersona } from './browser.js';
import type { Page } from 'playwright-core';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Site, SiteOptions } from '../support/site.js';

/** The built browser module, found as an application without a bundler finds it. */
export const BROWSER_MODULE = fileURLToPath(
  execFileSync(process.execPath, [
    '--input-type=module',
    '-e',
    "process.stdout.write(import.meta.resolve('express-qq-connect/browser'))",
  ]).toString(),
);

/** What helmet 8 sets by default, for the whole site. */
export const HELMET = {
  'Content-Security-Policy':
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
    "img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';" +
    "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
};

const PAGE = `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>Popup</title><link rel="icon" href="/icon.png"></head>
<body>
<main><h1>Popup</h1><button id="login">QQ 登录</button><button id="logout">退出</button><output></output></main>
<script type="module" src="/page.js"></script>
</body>
</html>
`;

// Records each message and each window that it opens.
const SCRIPT = `
import { fetchUser, loginWithPopup, logout } from '/qq-connect.js';

const seen = { heard: [], ends: [], tells: [], waiting: [] };
Object.assign(window, { seen, fetchUser, loginWithPopup, logout });
addEventListener('message', ({ origin, data }) => seen.heard.push({ how: 'message', origin, data }));

const Native = BroadcastChannel;
window.BroadcastChannel = class extends Native {
  constructor(name) {
    super(name);
    this.addEventListener('message', ({ origin, data }) => seen.heard.push({ how: 'broadcast', origin, data }));
  }
};
const native = window.open.bind(window);
window.open = (...words) => {
  seen.tells.push(words);
  return (window.popup = window.blocked ? null : native(...words));
};

const output = document.querySelector('output');
async function report(task) {
  try {
    const user = await task;
    seen.ends.push(user ? user.nickname : 'logged out');
  } catch (error) {
    seen.ends.push(error.name + ': ' + error.message);
  }
  output.textContent = seen.ends.join(', ');
  output.dataset.count = seen.ends.length;
}
document.querySelector('#login').addEventListener('click', () => report(loginWithPopup({ onWaiting: (waiting) => seen.waiting.push(waiting), ...window.wishes })));
document.querySelector('#logout').addEventListener('click', () => report(logout()));
output.dataset.count = 0;
`;

/** What {@link PAGE} writes down. */
export interface Seen {
  heard: { how: string; origin: string; data: Record<string, string> }[];
  waiting: boolean[];
  ends: string[];
  tells: string[][];
}

function servePage(app: Express, headers: Record<string, string>): void {
  app.use((_req: Request, res: Response, next: NextFunction) => {
    res.set(headers);
    next();
  });
  app.get('/app', (_req, res) => void res.type('html').send(PAGE));
  app.get('/page.js', (_req, res) => void res.type('js').send(SCRIPT));
  app.get('/icon.png', (_req, res) => void res.status(204).end());
  app.get('/favicon.ico', (_req, res) => void res.status(204).end());
  app.get('/qq-connect.js', (_req, res) => res.sendFile(BROWSER_MODULE));
}

/** Starts a site whose page logs in by a pop-up, without a bundler; these headers go with everything it sends. */
export async function startPopupSite(headers: Record<string, string> = {}, options: SiteOptions = {}): Promise<Site> {
  return startSite({
    ...options,
    sandbox: { autoApprove: false, ...options.sandbox },
    before: (app) => {
      servePage(app, headers);
      options.before?.(app);
    },
  });
}

/** Opens the site's page. */
export async function openApp(page: Page, site: Pick<Site, 'url'>, path = '/app'): Promise<void> {
  await page.goto(site.url + path);
  await page.locator('output[data-count]').waitFor({ state: 'attached' });
}

/** Clicks on the page's button, and gives the window that opens. */
export async function clickLogin(page: Page): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await page.click('#login');
  const popup = await opened;
  await popup.waitForURL(/\/oauth2\.0\//);
  return popup;
}

/** Clicks, chooses a user on QQ's page, and waits until the window has closed itself. */
export async function logInByPopup(page: Page, nickname = '林小满'): Promise<void> {
  const popup = await clickLogin(page);
  const closed = popup.waitForEvent('close');
  await choosePersona(popup, nickname);
  await closed;
}

/** Waits until the page has heard of so many ends, and gives all that it has written down. */
export async function ends(page: Page, count = 1): Promise<Seen> {
  await page.locator(`output[data-count="${count}"]`).waitFor({ state: 'attached' });
  return page.evaluate<Seen>('seen');
}

/** Keeps a pop-up's last page open, as a browser would that does not let scripts close windows. */
export async function keepOpen(windows: Pick<Page, 'addInitScript'>): Promise<void> {
  await windows.addInitScript(`
    const later = window.setTimeout;
    const leaves = (task) => /close\\(|replace\\(next\\)/.test(task);
    window.setTimeout = (task, ...words) => (leaves(task) ? 0 : later(task, ...words));
  `);
}
