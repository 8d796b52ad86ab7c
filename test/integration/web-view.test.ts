import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import type { Site } from '../support/site.js';

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

  it.each(Object.entries(otherApps))('a login leads out of %s', async (_name, agent) => {
    const page = await asked('/auth/qq/login', { 'User-Agent': agent });
    expect(page.status).toBe(200);
    expect(page.text).toContain('请在浏览器中打开');
    expect(page.headers['set-cookie']).toBeUndefined();
  });

  it.each(Object.entries(browsers))('a login from %s goes on to QQ', async (_name, agent) => {
    const response = await asked('/auth/qq/login', { 'User-Agent': agent });
    expect(response.headers.location).toContain('/oauth2.0/authorize?');
  });

  it('shows the address to copy, which leads to the page that was asked for', async () => {
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
