import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { launch } from '../e2e/browser.js';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, filesOf } from '../support/code-blocks.js';
import { startDocumentedApp } from '../support/documented-app.js';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import type { DocumentedApp } from '../support/documented-app.js';

const executablePath = chromiumFor('docs-front-end.test.ts');
const files = filesOf(`${GUIDE}/front-end-and-api.md`);

(executablePath === undefined ? describe.skip : describe)('a front end and an API at two origins, in Chromium', () => {
  let browser: Browser;
  let frontEnd: Server;
  let origin: string;
  let api = '';

  beforeAll(async () => {
    browser = await launch(executablePath ?? '');
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
  afterAll(async () => {
    await browser.close();
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
