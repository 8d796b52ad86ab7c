import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { launch, visit } from './browser.js';
import { HELMET, clickLogin, ends, logInByPopup, openApp, startPopupSite } from './popup-site.js';
import type { Browser } from 'playwright-core';
import type { Site } from '../support/site.js';
import type { Visitor } from './browser.js';

const chromium = chromiumFor('test/e2e/popup.test.ts');
const describeBrowser = chromium === undefined ? describe.skip : describe;

const STRICT = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
};
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

describeBrowser('the pop-up', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  }, 60_000);
  afterAll(async () => browser.close());

  describe.each<[string, Record<string, string>, 'message' | 'broadcast']>([
    ['without any policy', {}, 'message'],
    ["with helmet's default headers", HELMET, 'broadcast'],
    ['with a strict Content-Security-Policy', STRICT, 'message'],
    ['that is cross-origin isolated', ISOLATED, 'broadcast'],
    ['with Cross-Origin-Opener-Policy', { 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' }, 'message'],
  ])('of a site %s', (_name, headers, way) => {
    let site: Site;
    let visitor: Visitor;

    beforeAll(async () => {
      site = await startPopupSite(headers);
    });
    afterAll(async () => site.close());
    beforeEach(async () => {
      visitor = await visit(browser);
      await openApp(visitor.page, site);
    });
    afterEach(async () => visitor.close());

    it('logs in, tells its opener and closes by itself', async () => {
      const { page } = visitor;
      await logInByPopup(page);
      const { ends: results, heard, tells, waiting } = await ends(page);
      expect(results).toEqual(['林小满']);
      expect(page.url()).toBe(`${site.url}/app`);
      // What was said is this and no more: no user, no token, no code.
      const [[, channel] = []] = tells;
      expect(heard[0]).toEqual({
        how: way,
        origin: site.url,
        data: { source: 'express-qq-connect', channel, result: 'success' },
      });
      expect(waiting).toEqual([true, false]);
      expect(visitor.complaints).toEqual([]);
    });

    it('says nothing of a user who cancelled, and closes by itself', async () => {
      const { page } = visitor;
      const popup = await clickLogin(page);
      const closed = popup.waitForEvent('close');
      await popup.getByRole('button', { name: '取消登录' }).click();
      await closed;
      const { ends: results, heard } = await ends(page);
      expect(results).toEqual(['logged out']);
      expect(heard[0]?.data.result).toBe('cancelled');
      expect(visitor.complaints).toEqual([]);
      expect(await page.evaluate('fetchUser()')).toBeUndefined();
    });
  });
});
