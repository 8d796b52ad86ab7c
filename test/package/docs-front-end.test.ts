import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { choosePersona, launch, popupFrom, untilPopupIsWatched, visit } from '../e2e/browser.js';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, consumerProject, filesOf } from '../support/code-blocks.js';
import { startDocumentedApp } from '../support/documented-app.js';
import { startSite } from '../support/site.js';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import type { DocumentedApp } from '../support/documented-app.js';

const chromium = chromiumFor('test/package/docs-front-end.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;
const files = filesOf(`${GUIDE}/front-end-and-api.md`);

const index = (main: string): string =>
  `<!doctype html><html lang="zh-CN"><title>QQ</title><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/${main}"></script></html>`;
const frameworks: Record<string, Record<string, string>> = {
  React: {
    'index.html': index('main.jsx'),
    'main.jsx': `import { createRoot } from 'react-dom/client';
import { QQLogin } from './src/QQLogin.jsx';
createRoot(document.getElementById('app')).render(<QQLogin />);`,
  },
  Vue: {
    'index.html': index('main.js'),
    'main.js': `import { createApp } from 'vue';
import QQLogin from './src/QQLogin.vue';
createApp(QQLogin).mount('#app');`,
  },
};

describeBrowser('in Chromium, the guide', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  describe('front-end-and-api.md, with a front end and an API at two origins,', () => {
    let frontEnd: Server;
    let origin: string;
    let api = '';

    beforeAll(async () => {
      frontEnd = createServer((req, res) => {
        const { pathname } = new URL(req.url ?? '/', 'http://localhost');
        const text = files[`public${pathname}`];
        res.statusCode = text === undefined ? 404 : 200;
        res.setHeader('Content-Type', pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
        res.end(text?.replaceAll('http://localhost:3000', api));
      }).listen(0, 'localhost');
      await once(frontEnd, 'listening');
      origin = `http://localhost:${(frontEnd.address() as AddressInfo).port}`;
    }, 60_000);
    afterAll(() => {
      frontEnd.closeAllConnections();
      frontEnd.close();
    });

    async function open(app: DocumentedApp, path: string): Promise<Page> {
      api = app.url;
      const context = await browser.newContext({ locale: 'zh-CN' });
      const page = await context.newPage();
      await page.goto(origin + path);
      await page.click('#login');
      return page;
    }
    const start = async (main: string, redirectUri?: string): Promise<DocumentedApp> =>
      startDocumentedApp(files, {
        main,
        env: { FRONT_END: origin },
        sandbox: { autoApprove: false },
        ...(redirectUri !== undefined && { redirectUri }),
      });

    it('logs in and out where the API owns the callback', async () => {
      await using app = await start('app-session.mjs');
      const page = await open(app, '/session.html');
      await page.getByRole('button', { name: '林小满' }).click();
      await page.locator('#user', { hasText: '林小满' }).waitFor();
      expect(page.url()).toBe(`${origin}/session.html`);
      await page.click('#logout');
      await page.locator('#login').waitFor();
      expect(await page.textContent('#user')).toBe('');
    }, 90_000);

    it('logs in and out with a token of the API where the front end owns the callback', async () => {
      await using app = await start('app-token.mjs', `${origin}/qq-callback.html`);
      const page = await open(app, '/token.html');
      await page.getByRole('button', { name: '林小满' }).click();
      await page.locator('#user', { hasText: '林小满' }).waitFor();
      expect(page.url()).toBe(`${origin}/token.html`);
      const token = String(await page.evaluate("sessionStorage.getItem('token')"));
      const me = async (): Promise<number> =>
        (await fetch(`${api}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status;
      expect(await me()).toBe(200);
      await page.click('#logout');
      await page.locator('#login').waitFor();
      expect(await me()).toBe(401);
    }, 90_000);

    it('returns to the front end after a cancel, and shows the error of a failed login', async () => {
      await using app = await start('app-token.mjs', `${origin}/qq-callback.html`);
      app.sandbox.failNext('authorize', 'cancel');
      const page = await open(app, '/token.html');
      await page.waitForURL(`${origin}/token.html?qq_login=cancelled`);
      await page.locator('#login').waitFor();
      app.sandbox.failNext('token', { error: 100020 });
      await page.click('#login');
      await page.getByRole('button', { name: '林小满' }).click();
      await page.getByText('登录失败，请返回重试（ERR_QQ_RESPONSE）').waitFor();
    }, 90_000);
  });

  describe('popup-and-spa.md', () => {
    it('has a page without a bundler that logs a user in by a pop-up, and out', async () => {
      await using app = await startDocumentedApp(filesOf(`${GUIDE}/popup-and-spa.md`), {
        sandbox: { autoApprove: false },
      });
      const site = await browser.newPage();
      await site.goto(app.url);
      const popup = await popupFrom(site, async () => site.click('#login'));
      await choosePersona(popup, '林小满');
      await site.getByText('林小满').waitFor();
      await site.click('#logout');
      await site.locator('#login').waitFor();
      await site.close();
    }, 60_000);

    it.each(Object.keys(frameworks))(
      'has a component for %s that logs in by a pop-up, also after a closed window, and logs out, built with Vite',
      async (name) => {
        const folder = consumerProject({
          ...filesOf(`${GUIDE}/popup-and-spa.md`),
          ...frameworks[name],
          'package.json': '{ "type": "module" }',
        });
        execFileSync(
          process.execPath,
          [join(folder, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'],
          {
            cwd: folder,
            env: { ...process.env, NODE_ENV: 'production' },
          },
        );
        await using site = await startSite({
          sandbox: { autoApprove: false },
          before: (app) => {
            app.use(express.static(join(folder, 'dist')));
            app.get('/favicon.ico', (_req, res) => void res.sendStatus(204)); // for the router's pages
          },
        });
        const visitor = await visit(browser);
        const { page, complaints } = visitor;
        await page.goto(site.url);
        const login = page.getByRole('button', { name: 'QQ 登录' });
        const waiting = page.getByRole('button', { name: '等待 QQ 登录窗口…' });
        const cancelled = await popupFrom(page, async () => login.click());
        await waiting.waitFor();
        await cancelled.waitForURL(/\/oauth2\.0\//);
        await untilPopupIsWatched(page);
        await cancelled.close();
        const popup = await popupFrom(page, async () => login.click());
        await choosePersona(popup, '林小满');
        await page.getByText('林小满').waitFor();
        await page.reload();
        await page.getByText('林小满').waitFor();
        await page.getByRole('button', { name: '退出' }).click();
        await login.waitFor();
        expect(complaints).toEqual([]);
        await visitor.close();
        rmSync(folder, { recursive: true });
      },
      60_000,
    );
  });
});
