import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { describeQQErrorCode, qqErrorCodes } from '../../src/client.js';
import {
  QQConfigurationError,
  QQRequestError,
  QQResponseError,
  QQTransportError,
  qqConnect,
  qqErrorHandler,
} from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { QQConnectError, QQErrorHandlerOptions } from '../../src/index.js';
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

  it('gets the reason why another account is refused after the back button', async () => {
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

  it('answers an API request with 401 and JSON', async () => {
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

const said = (qqCode: number | string, qqMessage = 'as QQ says') =>
  new QQResponseError('token: QQ answered so', { code: 'ERR_QQ_RESPONSE', step: 'token', qqCode, qqMessage });
const errors = {
  login_again: said(100020),
  try_later: new QQTransportError('ERR_QQ_TIMEOUT', 'token: QQ did not answer in time', { step: 'token' }),
  fix_configuration: said(100010),
  refuse_user: said(100060),
};

interface Setup extends QQErrorHandlerOptions {
  env?: string;
  bare?: boolean;
  after?: ErrorRequestHandler;
}

/** An application in which a request ends with this error. */
function failing(error: unknown, { env = 'development', bare = false, after, ...options }: Setup = {}) {
  const app = express();
  app.set('env', env);
  if (!bare) {
    app.use(session({ secret: 's', resave: false, saveUninitialized: false }));
    app.use(
      qqConnect({ ...APP, graphUrl: 'http://127.0.0.1:1', redirectUri: 'https://www.example.com/auth/qq/callback' }),
    );
  }
  app.all('/', (_req, _res, next) => next(error));
  app.use(qqErrorHandler(options));
  if (after) app.use(after);
  return app;
}

const asPage = (error: unknown, language: string, setup?: Setup) =>
  request(failing(error, setup)).get('/').set('Accept', 'text/html').set('Accept-Language', language);
const asJson = (error: unknown, setup?: Setup) =>
  request(failing(error, setup)).get('/').set('Accept', 'application/json');

describe('the page of qqErrorHandler', () => {
  it.each<[keyof typeof errors, string, string, number]>([
    ['login_again', '请重新登录', 'Please log in again', 401],
    ['try_later', '暂时无法登录', 'QQ login is not available right now', 504],
    ['fix_configuration', '本站的 QQ 登录配置有误', 'QQ login is not set up correctly', 500],
    ['refuse_user', 'QQ 拒绝了这次登录', 'QQ refused this login', 403],
  ])('for %s exists in Chinese and in English', async (action, zh, en, status) => {
    const chinese = await asPage(errors[action], 'zh-CN,zh;q=0.9,en;q=0.8');
    expect(chinese.status).toBe(status);
    expect(chinese.text).toContain('<html lang="zh-CN">');
    expect(chinese.text).toContain(zh);
    const english = await asPage(errors[action], 'en-GB,en;q=0.9', { env: 'production' });
    expect(english.status).toBe(status);
    expect(english.text).toContain('<html lang="en">');
    expect(english.text).toContain(en);
    expect(english.text).not.toMatch(/\p{Script=Han}/u);
  });

  it.each(['', 'fr', '*', 'zh-TW', 'zh-Hans-CN'])('is Chinese for the Accept-Language %j', async (language) => {
    expect((await asPage(errors.login_again, language)).text).toContain('lang="zh-CN"');
  });

  it('has headers that forbid storing, framing and scripts', async () => {
    const { headers } = await asPage(errors.login_again, 'en');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      vary: expect.stringContaining('Accept-Language'),
    });
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
  });

  it('links to the login or to another try, and to the home page', async () => {
    const again = (await asPage(errors.login_again, 'en')).text;
    expect(again).toContain('<a href="/auth/qq/login">Log in with QQ again</a>');
    expect(again).toContain('<a href="/">Back to the site</a>');
    expect((await asPage(errors.try_later, 'en')).text).toContain('<a href="/auth/qq/login">Try again</a>');
    expect((await asPage(errors.login_again, 'en', { bare: true })).text).not.toContain('<a');
  });

  it('shows QQ’s number in production too, and what to fix only outside production', async () => {
    const development = (await asPage(errors.fix_configuration, 'en')).text;
    expect(development).toContain('QQ error 100010 · ERR_QQ_RESPONSE');
    expect(development).toContain('token: QQ answered so');
    expect(development).toContain('QQ_REDIRECT_URI');
    const production = (await asPage(errors.fix_configuration, 'en', { env: 'production' })).text;
    expect(production).toContain('QQ error 100010 · ERR_QQ_RESPONSE');
    expect(production).not.toContain('token: QQ answered so');
    expect(production).not.toContain('QQ_REDIRECT_URI');
    expect(production).toContain('Please contact the owner of this site');
  });

  it('shows or hides the fix according to its option', async () => {
    const shown = await asPage(errors.fix_configuration, 'en', { env: 'production', showFix: true });
    expect(shown.text).toContain('QQ_REDIRECT_URI');
    const hidden = await asPage(errors.fix_configuration, 'en', { showFix: false });
    expect(hidden.text).not.toContain('QQ_REDIRECT_URI');
  });

  it('escapes the message of QQ', async () => {
    const loud = said('<img src=x onerror=alert(1)>"\'&', '<script>');
    const { text } = await asPage(loud, 'en');
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  });

  it.each(Object.entries(errors))('shows the user one whole sentence: %s', async (_action, error) => {
    for (const language of ['zh', 'en']) {
      const { text } = await asPage(error, language, { env: 'production' });
      expect(text).toMatch(/<p>[^<]+[。.]<\/p>/);
    }
  });
});

describe('the JSON of qqErrorHandler', () => {
  it('is the response to an API request', async () => {
    for (const headers of [{ 'X-Requested-With': 'x' }, { 'Sec-Fetch-Mode': 'cors' }, { Accept: 'application/json' }]) {
      const response = await request(failing(errors.login_again)).get('/').set(headers);
      expect(response.headers['content-type']).toMatch(/json/);
      expect(response.headers['cache-control']).toBe('no-store');
    }
    expect((await request(failing(errors.login_again)).get('/')).headers['content-type']).toMatch(/html/);
  });

  it('has the code, the step and a hint', async () => {
    const response = await asJson(errors.login_again);
    expect(response.status).toBe(401);
    expect(response.body).toEqual({
      error: 'ERR_QQ_RESPONSE',
      action: 'login_again',
      qq_code: 100020,
      qq_message: 'as QQ says',
      login_url: '/auth/qq/login',
      message: 'token: QQ answered so',
      step: 'token',
      hint: errors.login_again.hint,
    });
  });

  it('hides text for the developer in production', async () => {
    expect((await asJson(errors.fix_configuration, { env: 'production' })).body).toEqual({
      error: 'ERR_QQ_RESPONSE',
      action: 'fix_configuration',
      qq_code: 100010,
    });
  });

  it('has login_required for a missing login, as the guard', async () => {
    const error = new QQRequestError('ERR_QQ_LOGIN_REQUIRED', 'session: the user is not logged in');
    expect((await asJson(error)).body).toMatchObject({ error: 'login_required', login_url: '/auth/qq/login' });
  });
});

describe('qqErrorHandler', () => {
  it.each([[new Error('of the application')], ['a string'], [{ code: 'ERR_QQ_RESPONSE', status: 400 }]])(
    'passes %p to the next handler',
    async (error) => {
      let passed: unknown;
      const after = (reason: unknown, _req: Request, res: Response, _next: unknown) => {
        passed = reason;
        res.sendStatus(418);
      };
      expect((await asPage(error, 'en', { after })).status).toBe(418);
      expect(passed).toBe(error);
    },
  );

  it('does not send a second response', async () => {
    let passed: QQConnectError | undefined;
    const app = express();
    app.get('/', (_req, res, next) => {
      res.write('half');
      next(new QQConfigurationError('late', { en: 'x.', zh: 'x。' }));
    });
    app.use(qqErrorHandler());
    app.use((error: QQConnectError, _req: Request, res: Response, _next: unknown) => {
      passed = error;
      res.end();
    });
    expect((await request(app).get('/')).text).toBe('half');
    expect(passed?.code).toBe('ERR_QQ_CONFIGURATION');
  });
});
