import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { requireQQUser } from '../../src/index.js';
import { chromiumFor } from '../support/chromium.js';
import { startSite } from '../support/site.js';
import { choosePersona, launch, visit } from './browser.js';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import type { Express } from 'express';
import type { Site } from '../support/site.js';
import type { Visitor } from './browser.js';

const chromium = chromiumFor('test/e2e/spa.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const PAGE = `<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>SPA</title><link rel="icon" href="/icon.png">
<main><h1>SPA</h1><output></output><button id="login" hidden>QQ 登录</button><button id="logout" hidden>退出</button></main>
<script type="module" src="/spa.js"></script></html>
`;

/** A single-page application with nothing but `fetch`; its API may be on another origin. */
const script = (api: string): string => `
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

function serve(app: Express, api: string): void {
  app.get('/spa', (_req, res) => void res.type('html').send(PAGE));
  app.get('/spa.js', (_req, res) => void res.type('js').send(script(api)));
  app.get('/icon.png', (_req, res) => void res.status(204).end());
}

function serveApi(app: Express): void {
  app.get('/api/me', requireQQUser(), (req, res) => void res.json({ nickname: req.qqUser?.nickname }));
}

const state = async (page: Page, which: 'in' | 'out'): Promise<string | null> => {
  const output = page.locator(`output[data-state="${which}"]`);
  await output.waitFor();
  return output.textContent();
};
const unexpected = ({ complaints }: Visitor): string[] => complaints.filter((complaint) => !complaint.includes('401'));

describeBrowser('a single-page application', () => {
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());
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
        before: (app) => serve(app, ''),
        routes: serveApi,
      });
    });
    afterAll(async () => site.close());

    it('reads the login URL from a 401, and returns from the login to its view', async () => {
      await page.goto(`${site.url}/spa#/orders/7`);
      expect(await state(page, 'out')).toBe('401 login_required');
      await page.click('#login');
      await choosePersona(page, '林小满');
      expect(await state(page, 'in')).toBe('林小满');
      expect(page.url()).toBe(`${site.url}/spa#/orders/7`);
      await page.click('#logout');
      expect(await state(page, 'out')).toBe('401 login_required');
      expect(unexpected(visitor)).toEqual([]);
    });

    it('gets JSON from every route, with any Accept header', async () => {
      await page.goto(`${site.url}/spa`);
      await page.click('#login');
      await choosePersona(page, '林小满');
      await state(page, 'in');
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
        res.end(isScript ? script(site.url) : PAGE);
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
          serveApi(app);
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
      expect(await state(page, 'out')).toBe('401 login_required');
      await page.click('#login');
      await choosePersona(page, '林小满');
      expect(await state(page, 'in')).toBe('林小满');
      expect(page.url()).toBe(`${origin}/spa#/orders/7`);
      await page.click('#logout');
      expect(await state(page, 'out')).toBe('401 login_required');
      // Its origin is in allowedReturnOrigins.
      expect(await page.evaluate("ask('/auth/qq/logout', { method: 'POST' }).then(({ status }) => status)")).toBe(204);
    });
  });
});

describeBrowser('the back button after a logout', () => {
  const ORDERS =
    '<!doctype html><title>Orders</title><form method="post" action="/auth/qq/logout"><button>退出</button>';

  it.each(['destroy', 'keep'] as const)(
    'shows no page of the user with logout: %j',
    async (logout) => {
      await using site = await startSite({
        sandbox: { autoApprove: false },
        qq: { logout },
        routes: (app) => {
          app.get('/', (_req, res) => void res.type('html').send('<!doctype html><title>Home</title>'));
          app.get('/orders', requireQQUser(), (_req, res) => void res.type('html').send(ORDERS));
        },
      });
      const browser = await launch(chromium ?? '');
      try {
        const { page } = await visit(browser);
        await page.goto(`${site.url}/orders`);
        await choosePersona(page, '林小满');
        await page.waitForURL(`${site.url}/orders`);
        await page.getByRole('button', { name: '退出' }).click();
        await page.waitForURL(`${site.url}/`);
        await page.goBack({ waitUntil: 'commit' });
        await page.waitForURL(/\/oauth2\.0\/authorize\?/, { timeout: 10_000 });
      } finally {
        await browser.close();
      }
    },
    30_000,
  );
});
