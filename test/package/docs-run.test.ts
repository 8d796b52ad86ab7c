import { describe, expect, it } from '@jest/globals';
import { QQConnectClient } from '../../src/client.js';
import { startSandbox } from '../../src/sandbox.js';
import { GUIDE, englishDocuments, filesOf } from '../support/code-blocks.js';
import { chromiumFor } from '../support/chromium.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import { launch } from '../e2e/browser.js';
import type { DocumentedAppOptions } from '../support/documented-app.js';

const executablePath = chromiumFor('docs-run.test.ts');

const applications = englishDocuments().flatMap((file) => {
  const files = filesOf(file);
  return Object.keys(files)
    .filter((name) => /^app[\w-]*\.[cm]?js$/.test(name))
    .map((main) => [file, main, files] as const);
});
const behindNginx = applications.filter(([file]) => file === `${GUIDE}/production.md`);
// docs-frameworks.test.ts runs these.
const otherFrameworks = applications.filter(([file]) => /other-frameworks|moving-from-passport-qq/.test(file));
const others = applications.filter((application) => ![...behindNginx, ...otherFrameworks].includes(application));

async function expectLogin(reader: DocumentReader, said: () => string, prefix = ''): Promise<void> {
  const landed = await reader.visit(`${prefix}/auth/qq/login?returnTo=${prefix}/auth/qq/user`);
  expect({ status: landed.status, output: said() }).toEqual({ status: 200, output: said() });
  expect(JSON.parse(landed.body)).toMatchObject({ openid: expect.stringMatching(/^[0-9A-F]{32}$/) as unknown });
}

async function run(
  files: Readonly<Record<string, string>>,
  options: DocumentedAppOptions,
  visit: (url: string, said: () => string) => Promise<void> = async (url, said) =>
    expectLogin(new DocumentReader(url), said),
): Promise<void> {
  await using app = await startDocumentedApp(files, options);
  await visit(app.url, () => app.output());
}

describe('an application in a document', () => {
  it.each(others)('of %s: %s starts and logs its user in', async (_file, main, files) => run(files, { main }), 60_000);

  it('of the first login shows the avatar and the nickname, and logs out', async () => {
    await run(filesOf(`${GUIDE}/first-login.md`), {}, async (url) => {
      const reader = new DocumentReader(url);
      const page = await reader.visit('/auth/qq/login?returnTo=/');
      expect(page.body).toContain('林小满');
      const avatar = await reader.visit(/src="([^"]+)"/.exec(page.body)?.[1] ?? '');
      expect([avatar.status, avatar.headers['content-type']]).toEqual([200, 'image/png']);
      const home = await reader.visit('/auth/qq/logout', {});
      expect([home.url.pathname, home.body]).toEqual(['/', '<a href="/auth/qq/login">QQ 登录</a>']);
    });
  }, 60_000);

  it.each(behindNginx)(
    'of %s: %s logs its user in behind a proxy, with a secure session cookie',
    async (_file, main, files) => {
      const prefix = files[main]?.includes('callbackPath') ? '/shop' : '';
      const origin = 'https://www.example.com';
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1', host: 'www.example.com' };
      await run(files, { main, redirectUri: `${origin}${prefix}/auth/qq/callback` }, async (url, said) => {
        await expectLogin(new DocumentReader(url, { origin, headers, strip: prefix }), said, prefix);
        expect(said()).not.toContain('QQConnectWarning');
      });
    },
    60_000,
  );

  it('is there for every page that needs one', () => {
    expect(others.map(([file]) => file)).toEqual(expect.arrayContaining(['README.md', `${GUIDE}/first-login.md`]));
    expect(behindNginx).toHaveLength(2);
  });
});

describe('the application for tokens of an SDK', () => {
  const files = filesOf(`${GUIDE}/app-sdk-tokens.md`);
  /** An access token, as an SDK gets it. */
  async function tokenOf(appId: string, appKey: string, graphUrl: string): Promise<string> {
    const client = new QQConnectClient({ appId, appKey, graphUrl, redirectUri: 'http://localhost/callback' });
    const qq = await fetch(client.buildAuthorizationUrl({ state: 's' }), { redirect: 'manual' });
    const tokens = await client.authorizationCodeGrant(qq.headers.get('location') ?? '', { expectedState: 's' });
    return tokens.accessToken;
  }
  const logIn = async (url: string, accessToken: string): Promise<Response> =>
    fetch(`${url}/api/mobile-login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accessToken }),
    });

  it('takes a token of its own application, and refuses all others', async () => {
    const own = { appId: '100000077', appKey: 'a made-up app key' };
    const other = { appId: '100000088', appKey: 'another made-up app key' };
    await using sandbox = await startSandbox({ apps: [own, other], autoApprove: true });
    await run(files, { env: { QQ_GRAPH_URL: sandbox.url } }, async (url) => {
      const good = await logIn(url, await tokenOf(own.appId, own.appKey, sandbox.url));
      expect(await good.json()).toMatchObject({ appId: own.appId, nickname: '林小满' });
      const foreign = await logIn(url, await tokenOf(other.appId, other.appKey, sandbox.url));
      expect([foreign.status, await foreign.json()]).toEqual([401, { error: 'ERR_QQ_CLIENT_ID_MISMATCH' }]);
      const forged = await logIn(url, 'FFFF');
      expect([forged.status, await forged.json()]).toEqual([401, { error: 'ERR_QQ_RESPONSE', qq_code: 100013 }]);
    });
  }, 60_000);
});

(executablePath === undefined ? describe.skip : describe)('the page for pop-ups, in a real browser', () => {
  it('logs in with a pop-up, and out again', async () => {
    await run(filesOf(`${GUIDE}/popup-and-spa.md`), { sandbox: { autoApprove: false } }, async (url) => {
      const browser = await launch(executablePath ?? '');
      try {
        const site = await browser.newPage();
        await site.goto(url);
        const opened = site.waitForEvent('popup');
        await site.click('#login');
        await (await opened).getByRole('button', { name: '林小满' }).click();
        await site.getByText('林小满').waitFor();
        await site.click('#logout');
        await site.locator('#login').waitFor();
      } finally {
        await browser.close();
      }
    });
  }, 60_000);
});
