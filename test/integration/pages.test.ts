import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
  it('of each QQ error is one sentence without words for developers', () => {
    const forDevelopers = /DNS|proxy|防火墙|localhost|graphUrl|appKey|token|redirect|code [^b]|127\.0/i;
    const offenders = [...qqErrorCodes.keys()].filter((code) => {
      const { zh = '', en = '' } = describeQQErrorCode(code)?.userMessage ?? {};
      const isSentence = /^[^。]{6,60}。$/.test(zh) && /^[^.]+(?:qzone\.qq\.com|qq\.com)?[^.]*\.$/.test(en);
      return !isSentence || forDevelopers.test(`${zh} ${en}`);
    });
    expect(offenders).toEqual([]);
  });
});

describe('the name of the site', () => {
  it('is in the title and the heading of each page, escaped', async () => {
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
  it('gets no link to log in again when another login fails', async () => {
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

  it('gets the reason why a second account is refused after the back button', async () => {
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

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36';

const WECHAT = `${IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN`;

const otherApps = {
  'WeChat on an iPhone': WECHAT,
  'WeChat on Android, which runs on the core of QQ browser': `${ANDROID} XWEB/1160117 MMWEBSDK/20240404 MQQBrowser/6.2 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 NetType/WIFI Language/zh_CN ABI/arm64`,
  'WeChat on a PC':
    'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/8555 Flue',
  WeCom: `${IPHONE} Mobile/15E148 wxwork/4.1.20 MicroMessenger/7.0.1 Language/zh`,
  DingTalk: `${IPHONE} Mobile/22E252 AliApp(DingTalk/7.5.20) com.laiwang.DingTalk/34217113 Channel/201200 language/zh-Hans-CN`,
  Alipay: `${ANDROID} UCBS/3.22.2.60 ChannelId(0) NebulaSDK/1.8.100112 Nebula AlipayDefined(nt:WIFI,ws:393|0|2.75) AliApp(AP/10.5.96.8000) AlipayClient/10.5.96.8000 Language/zh-Hans`,
  Taobao: `${ANDROID} UWS/3.22.2.43 AliApp(TB/10.34.10) WindVane/8.5.0 1080X2236`,
  Weibo: `${IPHONE} Mobile/15E148 Weibo (iPhone14,2__weibo__14.5.2__iphone__os17.4)`,
  Douyin: `${ANDROID} aweme_29.4.0 JsSdk/1.0 NetType/WIFI AppName/aweme ByteLocale/zh-CN BytedanceWebview/d8a21c6`,
  Toutiao: `${ANDROID} JsSdk/2 NewsArticle/9.8.6 NetType/wifi`,
  Feishu: `${IPHONE} Mobile/15E148 Lark/7.14.5 LarkLocale/zh_CN ChannelName/Feishu`,
  Xiaohongshu: `${IPHONE} Mobile/15E148 xhsdiscover/8.35`,
  Kuaishou: `${ANDROID} Kwai/12.4.20.36542 NetType/WIFI`,
  Zhihu: `${IPHONE} Mobile/15E148 ZhihuHybrid osee2unifiedRelease/10.2.0`,
  Bilibili: `${IPHONE} Mobile/15E148 BiliApp/77900100 mobi_app/iphone`,
};

const browsers = {
  'QQ itself': `${ANDROID} V1_AND_SQ_9.0.60_6478_YYB_D QQ/9.0.60.17095 NetType/WIFI WebP/0.3.0 AppId/537216916`,
  'QQ on an iPhone': `${IPHONE} Mobile/15E148 QQ/9.0.60.604 V1_IPH_SQ_9.0.60_1_APP_A Pixel/1170 Core/WKWebView`,
  'QQ browser': `${IPHONE} Version/17.0 MQQBrowser/16.1.5 Mobile/15E148 Safari/604.1`,
  TIM: `${ANDROID} V1_AND_SQ_8.3.9_0_TIM_D QQ/3.5.6.3208 NetType/WIFI TIM/3.5.6`,
  Safari: `${IPHONE} Version/17.4 Mobile/15E148 Safari/604.1`,
  'an app of one’s own': ANDROID,
};

describe("in another app's web view", () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(async () => site.close());

  const asked = async (path: string, headers: Record<string, string>) =>
    new Visitor(site).agent.get(path).set({ Accept: 'text/html', ...headers });

  it.each(Object.entries(otherApps))('a login in %s gets the in-app browser page', async (_name, agent) => {
    const page = await asked('/auth/qq/login', { 'User-Agent': agent });
    expect(page.status).toBe(200);
    expect(page.text).toContain('请在浏览器中打开');
    expect(page.headers['set-cookie']).toBeUndefined();
  });

  it.each(Object.entries(browsers))('a login from %s is redirected to QQ', async (_name, agent) => {
    const response = await asked('/auth/qq/login', { 'User-Agent': agent });
    expect(response.headers.location).toContain('/oauth2.0/authorize?');
  });

  it('shows an address to copy, with the requested page as returnTo', async () => {
    const { text } = await asked('/private?of=3&page=2', { 'User-Agent': WECHAT });
    const address = /<code>(.*?)<\/code>/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(address).toBe(`${site.url}/auth/qq/login?returnTo=%2Fprivate%3Fof%3D3%26page%3D2`);
    const browser = new Visitor(site);
    const elsewhere = await browser.agent.get(address.slice(site.url.length));
    const landed = await browser.callback(await browser.atQQ(elsewhere.headers.location ?? ''));
    expect(landed.headers.location).toBe('/private?of=3&page=2');
  });

  it('is in English for a browser that prefers English', async () => {
    const { text } = await asked('/auth/qq/login', { 'User-Agent': WECHAT, 'Accept-Language': 'en-GB,en;q=0.9' });
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('Please open this page in your browser');
    expect(text).not.toMatch(/\p{Script=Han}/u);
  });

  it('continues to QQ on request, with the options of the login', async () => {
    const query = '?returnTo=/private&display=popup&channel=a-channel-of-its-opener';
    const visitor = new Visitor(site);
    const page = await visitor.agent.get(`/auth/qq/login${query}`).set('User-Agent', WECHAT);
    expect(/<code>(.*?)<\/code>/.exec(page.text)?.[1]).not.toContain('popup');
    const link = /<a href="(.*?)">/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const login = await visitor.agent.get(link).set('User-Agent', WECHAT);
    const last = await visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    expect(last.text).toContain('data-channel="a-channel-of-its-opener"');
    expect(last.text).toContain('data-next="/private"');
  });

  it('links to this site only', async () => {
    const { text } = await asked('/auth/qq/login?returnTo=https://evil.example/&channel="><img src=x>', {
      'User-Agent': WECHAT,
    });
    expect(text).not.toMatch(/evil\.example|<img/);
  });

  it('gives a program 401 and JSON, as everywhere', async () => {
    for (const [name, value] of [
      ['Accept', 'application/json'],
      ['X-Requested-With', 'XMLHttpRequest'],
    ] as const) {
      const response = await asked('/private', { 'User-Agent': WECHAT, [name]: value });
      expect(response.status).toBe(401);
      expect(response.body).toEqual({ error: 'login_required', login_url: '/auth/qq/login' });
    }
    expect((await asked('/auth/qq/user', { 'User-Agent': WECHAT })).status).toBe(401);
  });

  it('does not affect a user who is logged in there', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/private').set('User-Agent', WECHAT)).status).toBe(200);
  });
});

/** As a proxy of the site sends them. */
const FORWARDED = { Host: 'www.example.com', 'X-Forwarded-Proto': 'https' };

describe('behind a proxy that strips a prefix', () => {
  it('shows the public address', async () => {
    await using site = await startSite({
      qq: { redirectUri: 'https://www.example.com/shop/auth/qq/callback', callbackPath: '/auth/qq/callback' },
    });
    const { text } = await new Visitor(site).agent
      .get('/private')
      .set({ 'User-Agent': WECHAT, Accept: 'text/html', ...FORWARDED });
    expect(text).toContain('<code>https://www.example.com/shop/auth/qq/login?returnTo=%2Fshop%2Fprivate</code>');
    expect(text).toContain('<a href="/shop/auth/qq/login?returnTo=%2Fshop%2Fprivate&amp;webview=continue">');
  });
});
