import { describe, expect, it } from '@jest/globals';
import { describeQQErrorCode, qqErrorCodes } from '../../src/client.js';
import { Visitor, startSite } from '../support/site.js';
import type { Site } from '../support/site.js';

const PAGE = { Accept: 'text/html', 'Accept-Language': 'en' };

/** Completes a login as another account than the sandbox's first. */
async function loginAs(site: Site, visitor: Visitor, index: number): Promise<URL> {
  site.sandbox.nextUser(site.sandbox.users[index]?.openid ?? '');
  const callback = await visitor.toCallback('/private');
  await visitor.callback(callback);
  return callback;
}

/** Goes back to the page of QQ, where another account is chosen: QQ calls back with the same state and a new code. */
async function chooseAgain(site: Site, visitor: Visitor, callback: URL, index: number): Promise<URL> {
  site.sandbox.nextUser(site.sandbox.users[index]?.openid ?? '');
  const another = await visitor.toCallback('/private');
  const code = another.searchParams.get('code') ?? '';
  const again = new URL(callback);
  again.searchParams.set('code', code);
  return again;
}

const nickname = async ({ agent }: Visitor) =>
  ((await agent.get('/auth/qq/user?optional=1')).body as { nickname?: string } | null)?.nickname;

describe('the text for the visitor', () => {
  it.each([...qqErrorCodes.keys()])('of QQ error %s is one sentence without words for developers', (code) => {
    const text = describeQQErrorCode(code)?.userMessage;
    expect(text?.zh).toMatch(/^[^。]{6,60}。$/);
    expect(text?.en).toMatch(/^[^.]+(?:qzone\.qq\.com|qq\.com)?[^.]*\.$/);
    expect(`${text?.zh} ${text?.en}`).not.toMatch(
      /DNS|proxy|防火墙|localhost|graphUrl|appKey|token|redirect|code [^b]|127\.0/i,
    );
  });
});

describe('the name of the site', () => {
  it('stands in the title and the heading of each page, escaped', async () => {
    await using site = await startSite({ qq: { siteName: ' 小满的店 <b> ' } });
    const { agent } = new Visitor(site);
    for (const url of ['/auth/qq/callback?code=c&state=s', '/auth/qq/logout', '/private?qq_login=cancelled']) {
      const { text } = await agent.get(url).set(PAGE);
      expect(text).toMatch(/<title>[^<]+ · 小满的店 &lt;b&gt;<\/title>/);
      expect(text).toMatch(/<h1><small>小满的店 &lt;b&gt;<\/small> [^<]+<\/h1>/);
    }
  });

  it('is the host of redirectUri by default', async () => {
    await using site = await startSite();
    const { text } = await new Visitor(site).agent.get('/auth/qq/logout').set(PAGE);
    expect(text).toContain(`<small>${new URL(site.url).host}</small>`);
  });
});

describe('a user who is logged in', () => {
  it('is not asked to log in again when another login fails', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    await visitor.login();
    site.sandbox.failNext('token', { error: 100020 });
    const callback = await visitor.toCallback();
    for (const url of [callback, new URL(`${site.url}/auth/qq/callback?code=c&state=s`)]) {
      const page = await visitor.callback(url).set(PAGE);
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(page.text).toContain('The login was not completed</h1>');
      expect(page.text).toContain('You are still logged in');
      expect(page.text).toContain('<nav><a href="/">Back to the site</a></nav>');
      expect(page.text.split('<section>')[0]).not.toMatch(/log in (?:with QQ )?again/i);
    }
  });

  it('is told why a second account does not count after the way back to the page of QQ', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    const callback = await loginAs(site, visitor, 0);
    const again = await chooseAgain(site, visitor, callback, 1);
    const before = await nickname(visitor);
    const page = await visitor.callback(again).set(PAGE);
    expect(page.status).toBe(400);
    expect(page.text).toContain('ERR_QQ_STATE_USED');
    expect(page.text).toContain('You are logged in already');
    expect(page.text).toContain('>Use another QQ account</a>');
    expect(await nickname(visitor)).toBe(before);
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });
});

describe('a user who goes back to the page of QQ after a failure', () => {
  it('is logged in as the account that they choose then', async () => {
    await using site = await startSite({
      qq: {
        onLogin: ({ user }) => {
          if (user.nickname === site.sandbox.users[0]?.nickname) throw Object.assign(new Error('no'), { status: 403 });
        },
      },
    });
    const visitor = new Visitor(site);
    const callback = await loginAs(site, visitor, 0);
    expect(await nickname(visitor)).toBeUndefined();
    const again = await chooseAgain(site, visitor, callback, 1);
    expect((await visitor.callback(callback)).status).toBe(403);
    expect((await visitor.callback(again)).headers.location).toBe('/private');
    expect(await nickname(visitor)).toBe(site.sandbox.users[1]?.nickname);
  });
});

describe('the in-app browser of another app', () => {
  const WECHAT = { ...PAGE, 'User-Agent': 'Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0.50' };

  it('gets a page with the menu and a button that copies the address', async () => {
    await using site = await startSite();
    const page = await new Visitor(site).agent.get('/private').set(WECHAT);
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/<svg [^>]*aria-hidden="true"/);
    expect(page.text).toContain('<button type="button" hidden');
    expect(page.text).toContain('<script src="/auth/qq/copy.js"></script>');
  });

  it("goes to QQ where inAppBrowser is 'allow'", async () => {
    await using site = await startSite({ qq: { inAppBrowser: 'allow' } });
    const page = await new Visitor(site).agent.get('/private').set(WECHAT);
    expect(page.status).toBe(302);
    expect(page.headers.location).toContain(site.sandbox.url);
  });
});
