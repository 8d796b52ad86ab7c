import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, consumerProject, filesOf } from '../support/code-blocks.js';
import { startSite } from '../support/site.js';
import { choosePersona, launch, popupFrom, visit } from './browser.js';
import type { Browser } from 'playwright-core';

const chromium = chromiumFor('test/e2e/vite.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

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

describeBrowser("the guide's component", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  it.each(Object.keys(frameworks))(
    'logs in by a pop-up, keeps the user after a closed window, and logs out: %s, built with Vite',
    async (name) => {
      const folder = consumerProject({
        ...filesOf(`${GUIDE}/popup-and-spa.md`),
        ...frameworks[name],
        'package.json': '{ "type": "module" }',
      });
      execFileSync(process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'], {
        cwd: folder,
        env: { ...process.env, NODE_ENV: 'production' },
      });
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
      await page.waitForTimeout(700); // the window has to be seen open before it is seen closed
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
