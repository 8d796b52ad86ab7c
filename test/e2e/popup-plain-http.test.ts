import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { APP } from '../support/site.js';
import { launch, visit } from './browser.js';
import { HELMET, ends, logInByPopup, openApp, startPopupSite } from './popup-site.js';
import type { Browser } from 'playwright-core';
import type { Site } from '../support/site.js';

const chromium = chromiumFor('test/e2e/popup-plain-http.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const ORIGIN = 'http://intranet.test';
const REDIRECT_URI = `${ORIGIN}/auth/qq/callback`;
// Without what browsers only heed by https, and say so in the console, or what has them ask for https.
const { 'Cross-Origin-Opener-Policy': _opener, 'Origin-Agent-Cluster': _cluster, ...rest } = HELMET;
const policies = {
  ...rest,
  'Content-Security-Policy': rest['Content-Security-Policy'].replace(';upgrade-insecure-requests', ''),
};

// No secure context: no Sec-Fetch headers, and not all of the browser's API.
describeBrowser("a site on plain http, with helmet's other default headers", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    site = await startPopupSite(policies, {
      qq: { redirectUri: REDIRECT_URI },
      sandbox: { apps: [{ ...APP, redirectUris: [REDIRECT_URI] }] },
      routes: (app) => {
        const form =
          '<!doctype html><title>f</title><form method="post" action="/auth/qq/logout"><button>退出</button>';
        app.get('/form', (_req, res) => void res.type('html').send(form));
        app.get('/form-same-origin', (_req, res) => {
          res.set('Referrer-Policy', 'same-origin').type('html').send(form);
        });
      },
    });
    const resolver = `--host-resolver-rules=MAP intranet.test:80 ${new URL(site.url).host}`;
    browser = await launch(chromium ?? '', [resolver]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it('logs in by a pop-up, and out, with a browser that keeps the rest of its API to itself', async () => {
    const visitor = await visit(browser);
    const { page, complaints } = visitor;
    await openApp(page, { url: ORIGIN });
    expect(await page.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined']);
    await logInByPopup(page);
    expect((await ends(page)).ends).toEqual(['林小满']);
    const answered = page.waitForResponse(`${ORIGIN}/auth/qq/logout`);
    await page.click('#logout');
    expect((await ends(page, 2)).ends).toEqual(['林小满', 'logged out']);
    expect((await answered).status()).toBe(204); // not the redirect that a form gets
    expect(page.url()).toBe(`${ORIGIN}/app`);
    expect(complaints).toEqual([]);
    expect(await page.evaluate('fetchUser()')).toBeUndefined();
    await visitor.close();
  });

  it('refuses the form of a page with no-referrer, whose origin is null, and says what to change', async () => {
    const visitor = await visit(browser);
    const { page } = visitor;
    await openApp(page, { url: ORIGIN });
    await logInByPopup(page);
    await page.goto(`${ORIGIN}/form`);
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button').click();
    const headers = await (await posted).allHeaders();
    expect([headers.origin, headers['sec-fetch-site']]).toEqual(['null', undefined]);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/请求被拒绝$/);
    expect(await page.getByRole('main').textContent()).toContain('设为 same-origin');
    await page.goto(`${ORIGIN}/form-same-origin`);
    await page.getByRole('button').click();
    await page.waitForURL(`${ORIGIN}/`);
    expect(await page.textContent('body')).toBe('{"user":null}');
    await visitor.close();
  });
});
