import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { SandboxVisitor, errorOf, readTokens, type Answered } from '../contract/sandbox-visitor.js';

/** What a browser sends with a form of the console itself. */
const ownPage = { 'Sec-Fetch-Site': 'same-origin' };

class ConsoleVisitor extends SandboxVisitor {
  readonly #url: string;

  constructor(sandbox: Sandbox) {
    super(sandbox);
    this.#url = sandbox.url;
  }

  console(headers: Record<string, string> = {}): Promise<Answered> {
    return this.send('/', { headers });
  }

  async post(path: string, fields: Record<string, string>, headers: Record<string, string> = ownPage): Promise<number> {
    const init = { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' } as const;
    return (await fetch(this.#url + path, init)).status;
  }

  queueFault(fields: Record<string, string>, headers?: Record<string, string>): Promise<number> {
    return this.post('/sandbox/faults', fields, headers);
  }

  /** The texts of the list in one part of the page. */
  async list(id: string): Promise<string[]> {
    const { body } = await this.console();
    const part = body.split(`id="${id}"`)[1]?.split('</div>')[0] ?? '';
    return [...part.matchAll(/<li>(.+?)<\/li>/gs)].map(([, item]) => textOf(item ?? ''));
  }

  /** The log: for each login its heading and the headings of its rows. */
  async log(): Promise<{ heading: string; rows: string[] }[]> {
    const { body } = await this.console();
    return body
      .split(/<details\s+id="(?:login|other)-/)
      .slice(1)
      .map((group) => {
        const [heading = '', ...rows] = [...group.matchAll(/<summary>(.+?)<\/summary>/gs)].map(([, item]) =>
          textOf(item ?? ''),
        );
        return { heading, rows };
      });
  }
}

/** Sends a request with another `Host`, as a page of a domain that was made to resolve to this machine (DNS rebinding). */
async function withHost(
  { url }: Sandbox,
  path: string,
  host: string,
  method = 'GET',
): Promise<{ status?: number | undefined; body: string }> {
  const headers = {
    ...ownPage,
    Host: host,
    Origin: `http://${host}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  const sent = request(url + path, { method, headers }).end(method === 'POST' ? 'endpoint=me&fault=reset' : undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = (await answer.toArray()).join('');
  return { status: answer.statusCode, body };
}

function textOf(fragment: string): string {
  return fragment
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

describe("the sandbox's console", () => {
  let sandbox: Sandbox;
  let visitor: ConsoleVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true });
    visitor = new ConsoleVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('shows its purpose, and applications and users with their avatars', async () => {
    const { status, body } = await visitor.console();
    expect(status).toBe(200);
    for (const text of ['沙箱 · 仅供开发，不是真实的 QQ', 'graph.qq.com', sandbox.url, '100000001'])
      expect(body).toContain(text);
    for (const { nickname, openid } of sandbox.users) {
      expect(body).toContain(nickname);
      expect(body).toContain(`src="/sandbox/portraits/${openid}"`);
    }
  });

  it('is Chinese unless the browser prefers English', async () => {
    expect((await visitor.console({ 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' })).body).toContain('lang="zh-CN"');
    expect((await visitor.console({ 'Accept-Language': 'fr' })).body).toContain('QQ 沙箱控制台');
    const english = (await visitor.console({ 'Accept-Language': 'en-GB,en;q=0.9,zh;q=0.1' })).body;
    expect(english).toContain('lang="en"');
    const chinese = english
      .replaceAll(/请先登录|男, 广东, 深圳/g, '')
      .match(/(?<!<b dir="auto">[^<]*)\p{Script=Han}+/gu);
    expect(chinese).toBeNull();
  });

  it('runs its own script only, and works without scripts', async () => {
    const { body, headers } = await visitor.console();
    expect(body).not.toMatch(/<script(?! src="\/sandbox\/console\.js" defer><\/script>)|<style|\son\w+=|style=/i);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    const script = await visitor.send('/sandbox/console.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it('shows the default APP Key, and no other', async () => {
    expect((await visitor.console()).body).toContain('sandbox-app-key-not-a-secret');
    const appKey = 'a-real-key-by-mistake';
    const redirectUris = ['https://app.example/auth/qq/callback'];
    await using other = await startSandbox({ apps: [{ appId: '7', appKey, redirectUris, unionid: false }] });
    const { body } = await new ConsoleVisitor(other).console();
    expect(body).not.toContain(appKey);
    for (const text of ['已隐去', redirectUris[0], '没有 unionid 权限']) expect(body).toContain(text);
  });

  it('adds no request to the log and uses no queued fault', async () => {
    await using quiet = await startSandbox();
    quiet.failNext('avatar', 'http_500');
    const page = new ConsoleVisitor(quiet);
    const { body } = await page.console();
    await page.send('/', { method: 'HEAD' });
    for (const [, path = ''] of body.matchAll(/(?:src|href)="(\/.+?)"/g)) {
      expect([path, (await page.send(path)).status]).toEqual([path, 200]);
    }
    await page.queueFault({ endpoint: 'me', fault: 'reset' });
    await page.post('/sandbox/next-user', { openid: quiet.users[0]?.openid ?? '' });
    await page.post('/sandbox/faults', { endpoint: 'me' });
    expect(quiet.requests).toEqual([]);
    expect(await page.list('queued')).toEqual(['avatar http_500', 'me reset']);
  });
});

describe("a click on the sandbox's console", () => {
  it('queues each fault that the form and the buttons offer', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    const { body } = await visitor.console();
    const options = (name: string) =>
      [
        ...(body.split(`<select name="${name}">`)[1]?.split('</select>')[0] ?? '').matchAll(/option value="(.+?)"/g),
      ].map(([, value = '']) => value);
    expect(options('endpoint')).toEqual(['authorize', 'token', 'me', 'user_info', 'avatar']);
    const presets = [...body.matchAll(/name="preset" value="(.+?)"/g)].map(([, value = '']) => value);
    expect(presets).toContain('authorize cancel');
    expect(presets).toContain('token 100020');
    const queued: string[] = [];
    for (const fault of options('fault')) {
      expect(await visitor.queueFault({ endpoint: 'authorize', fault, error: '', times: '1' })).toBe(303);
      queued.push(`authorize ${/^-?\d+$/.test(fault) ? 'error ' : ''}${fault}`);
    }
    for (const preset of presets) {
      const form = { endpoint: 'authorize', fault: 'timeout', error: '', times: '2', preset };
      expect(await visitor.queueFault(form)).toBe(303);
      queued.push(`${preset.replace(/ (-?\d+)$/, ' error $1')} × 2`);
    }
    expect(await visitor.list('queued')).toEqual(queued);
    expect(queued.length).toBeGreaterThan(20);
  });

  it('makes the next request fail, once, and redirects to the console', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    const body = new URLSearchParams({ endpoint: 'me', error: '100045' });
    const answer = await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body, redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/#faults']);
    expect([errorOf(await visitor.me({})), errorOf(await visitor.me({}))]).toEqual([100045, 100007]);
    expect(await visitor.list('queued')).toEqual([]);
  });

  it('clears the queue', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    sandbox.failNext('me', 'http_500');
    expect(await visitor.queueFault({ clear: '1' })).toBe(303);
    expect((await visitor.console()).body).toContain('没有等待触发的故障');
    expect(errorOf(await visitor.me({}))).toBe(100007);
  });

  it('chooses the user who logs in next, and clears the choice', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new ConsoleVisitor(sandbox);
    const [first, second, third] = sandbox.users as [Sandbox['users'][0], Sandbox['users'][0], Sandbox['users'][0]];
    expect(await visitor.post('/sandbox/next-user', { openid: third.openid })).toBe(303);
    expect(await visitor.post('/sandbox/next-user', { openid: second.openid })).toBe(303);
    expect(await visitor.list('next')).toEqual([third.nickname, second.nickname]);
    expect((await visitor.login()).openid).toBe(third.openid);
    expect(await visitor.list('next')).toEqual([second.nickname]);
    expect(await visitor.post('/sandbox/next-user', { clear: '1' })).toBe(303);
    expect((await visitor.login()).openid).toBe(first.openid);
  });

  it('offers no choice of the next user where the login page is shown', async () => {
    await using sandbox = await startSandbox();
    const { body } = await new ConsoleVisitor(sandbox).console();
    expect(body).not.toContain('name="openid"');
    expect(body).toContain('--auto-approve');
  });

  it.each<Record<string, string>>([
    {},
    { endpoint: 'me' },
    { endpoint: 'profile', fault: 'reset' },
    { endpoint: 'me', fault: 'boom' },
    { endpoint: 'me', fault: 'cancel' },
    { endpoint: 'me', error: '1e9' },
    { endpoint: 'me', error: '0' },
    { endpoint: 'me', fault: 'reset', times: '0' },
    { endpoint: 'me', fault: 'reset', times: '1.5' },
    { preset: 'me' },
    { endpoint: '__proto__', fault: 'reset' },
  ])('queues no fault for %j', async (fields) => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    expect(await visitor.queueFault(fields)).toBe(400);
    expect(await visitor.post('/sandbox/next-user', fields)).toBe(400);
    expect(await visitor.list('queued')).toEqual([]);
  });

  it('is refused if it comes from another site', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new ConsoleVisitor(sandbox);
    const { host, port } = new URL(sandbox.url);
    const foreign: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${host}` },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: `http://localhost:${port}` },
    ];
    for (const headers of foreign) {
      expect([headers, await visitor.queueFault({ endpoint: 'me', fault: 'reset' }, headers)]).toEqual([headers, 403]);
      expect(await visitor.post('/sandbox/next-user', { openid: sandbox.users[1]?.openid ?? '' }, headers)).toBe(403);
      expect(await visitor.queueFault({ clear: '1' }, headers)).toBe(403);
    }
    expect(await withHost(sandbox, '/sandbox/faults', 'evil.example:9010', 'POST')).toMatchObject({ status: 403 });
    expect(await visitor.list('queued')).toEqual([]);
    const own: Record<string, string>[] = [{}, ownPage, { 'Sec-Fetch-Site': 'none' }, { Origin: `http://${host}` }];
    for (const headers of own) {
      expect(await visitor.queueFault({ endpoint: 'me', fault: 'reset' }, headers)).toBe(303);
    }
  });
});

describe("the request log on the sandbox's console", () => {
  it('groups requests by login, with duration, outcome and user, and without secrets', async () => {
    const appKey = 'made-up-key-that-stays-inside';
    await using sandbox = await startSandbox({ apps: [{ appId: '7', appKey }], autoApprove: true });
    const visitor = new ConsoleVisitor(sandbox);
    const code = await visitor.code();
    const { body } = await visitor.token({ code, need_openid: '1' });
    const { accessToken: access_token, refreshToken, openid } = readTokens(body);
    await visitor.userInfo({ access_token, openid });
    await visitor.token({ code });
    await visitor.token({ client_id: appKey, client_secret: '7' });
    await visitor.send(`/oauth2.0/token&client_secret=${appKey}`);
    await visitor.send(`/oauth2.0/me/${access_token}`);
    sandbox.failNext('me', 'http_500');
    await visitor.me({ [access_token]: 'x' });

    const [others, login, ...rest] = await visitor.log();
    expect(rest).toEqual([]);
    expect(login?.heading).toMatch(/^登录 1 林小满 \d\d:\d\d:\d\d 4 个请求 ✗ 100020 code is reused error$/);
    const row = (text: string) => expect.stringMatching(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${text}`)) as unknown;
    expect(login?.rows).toEqual([
      row('authorize 302 [\\d.]+ ms$'),
      row('token 200 [\\d.]+ ms$'),
      row('user_info 200 [\\d.]+ ms$'),
      row('token 200 [\\d.]+ ms 100020 code is reused error$'),
    ]);
    expect(others?.rows).toEqual([
      row('token 200 [\\d.]+ ms 100001 param client_id is wrong or lost$'),
      row('/oauth2.0/token&amp;… 404'),
      row('/oauth2.0/me/\\*\\*\\*\\w{6} 404'),
      row('me 500 [\\d.]+ ms 模拟的故障：http_500$'),
    ]);
    const page = (await visitor.console()).body;
    for (const text of ['code 只能使用一次', 'client_secret=</span>***', '跳转到', '&amp;state=***'])
      expect(page).toContain(text);
    for (const secret of [appKey, code, access_token, refreshToken, 'a-state']) {
      expect(secret.length).toBeGreaterThan(5);
      expect(page).not.toContain(secret);
    }
    expect(sandbox.requests.map((request) => request.openid)).toEqual([openid, openid, openid, ...Array<undefined>(5)]);
  });

  it('shows an error that the sandbox simulates as a fault, and not as one of the application', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new ConsoleVisitor(sandbox);
    sandbox.failNext('token', { error: 100019 });
    await visitor.token({ code: await visitor.code() });
    const [login] = await visitor.log();
    expect(login?.heading).toMatch(/✗ 模拟的故障：error 100019$/);
    expect(login?.rows[1]).toMatch(/100019 code to access token error 模拟的故障：error 100019$/);
    const { body } = await visitor.console();
    expect(body).toContain('这是在沙箱中设置的故障，不是应用的错误。');
    expect(body).not.toContain('没有签发过这个 code');
  });

  it('opens the newest login, and no group of successful avatars above it', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new ConsoleVisitor(sandbox);
    const { openid } = await visitor.login();
    await visitor.send(`/qqapp/100000001/${openid}/40`);
    const { body } = await visitor.console();
    const groups = [...body.matchAll(/<details\s+id="((?:login|other)-\d+)" class="login"\s*(open)?/g)];
    expect(groups.map(([, id, open]) => [id, open])).toEqual([
      ['other-3', undefined],
      ['login-1', 'open'],
    ]);
  });

  it('counts the GET and the POST of the login page and a later refresh as one login', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    await visitor.authorize();
    const { location } = await visitor.press({ openid: sandbox.users[1]?.openid });
    await visitor.authorize({ state: 'another' });
    const { body } = await visitor.token({ code: location?.searchParams.get('code') ?? '' });
    await visitor.refresh(readTokens(body).refreshToken);
    expect(sandbox.requests.map(({ login }) => login)).toEqual([1, 1, 2, 1, 1]);
    const log = await visitor.log();
    expect(log.map(({ heading, rows }) => [heading.slice(0, 4), rows.length])).toEqual([
      ['登录 1', 4],
      ['登录 2', 1],
    ]);
  });

  it('shows a hundred requests', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    expect((await visitor.console()).body).toContain('还没有请求');
    for (let round = 0; round < 102; round++) await visitor.send(`/nowhere-${round}`);
    const [group, ...rest] = await visitor.log();
    expect(rest).toEqual([]);
    expect(group?.rows).toHaveLength(100);
    expect([group?.rows[0], group?.rows[99]]).toEqual([
      expect.stringContaining('/nowhere-2'),
      expect.stringContaining('/nowhere-101'),
    ]);
    expect((await visitor.console()).body).toContain('最新的 100 个，共 102 个');
  });

  it('is cleared by a button', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    await visitor.me({});
    expect(await visitor.post('/sandbox/clear', {}, { Origin: 'https://evil.example' })).toBe(403);
    expect(sandbox.requests).toHaveLength(1);
    expect(await visitor.post('/sandbox/clear', {})).toBe(303);
    expect(sandbox.requests).toEqual([]);
    expect((await visitor.console()).body).toContain('还没有请求');
  });

  it('answers 204 to the version that the page shows, and the page after a change', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    const version = /data-version="(.+?)"/.exec((await visitor.console()).body)?.[1] ?? '';
    expect((await visitor.send(`/?since=${version}`)).status).toBe(204);
    sandbox.failNext('me', 'reset');
    expect((await visitor.send(`/?since=${version}`)).status).toBe(200);
  });

  it('shows hostile nicknames, paths and parameters as text', async () => {
    const hostile = `"><img src=x onerror=alert(1)>'&<script>`;
    const users = [{ nickname: hostile, openid: hostile }];
    await using sandbox = await startSandbox({
      users,
      apps: [{ appId: '7', appKey: 'kk', name: hostile }],
      autoApprove: true,
    });
    const visitor = new ConsoleVisitor(sandbox);
    await visitor.login();
    await visitor.me({ [hostile]: hostile, scope: hostile, fmt: `a\u001b[2J\u202eb` });
    await visitor.send(`/${hostile}`);
    sandbox.nextUser(hostile);
    const { body } = await visitor.console();
    expect(body).not.toMatch(/<img src=x|<script>|\p{Cc}(?<!\n)|\p{Cf}/u);
    expect(body).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;&lt;script&gt;');
    expect(body).toContain('a?[2J?b');
    const picture = /src="(\/sandbox\/portraits\/.+?)"/.exec(body)?.[1] ?? '';
    expect((await visitor.send(picture.replaceAll('&#39;', "'"))).headers.get('content-type')).toBe('image/png');
  });
});

describe('the host names of the sandbox', () => {
  it.each([
    'evil.example',
    'evil.example:9010',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    'a b',
  ])('do not include %s, whose page reads nothing and changes nothing', async (host) => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const openid = sandbox.users[0]?.openid ?? '';
    for (const path of [
      '/',
      '/sandbox/style.css',
      `/sandbox/portraits/${openid}`,
      '/oauth2.0/authorize',
      '/user/get_user_info',
    ]) {
      const { status, body } = await withHost(sandbox, path, host);
      expect([path, status]).toEqual([path, 403]);
      expect(body).not.toContain(openid);
      expect(body).not.toContain('林小满');
    }
    for (const path of ['/sandbox/faults', '/sandbox/next-user', '/sandbox/clear', '/oauth2.0/token']) {
      expect(await withHost(sandbox, path, host, 'POST')).toMatchObject({ status: 403 });
    }
    expect(sandbox.requests.at(-1)).toMatchObject({ endpoint: 'other', status: 403 });
    expect((await new ConsoleVisitor(sandbox).me({})).status).toBe(200);
  });

  it.each(['localhost', 'app.localhost:9010', 'LOCALHOST:80', '127.0.0.1', '127.8.9.1:1', '[::1]:9010'])(
    'include %s',
    async (host) => {
      await using sandbox = await startSandbox();
      expect(await withHost(sandbox, '/', host)).toMatchObject({ status: 200 });
    },
  );
});

describe('the login page of the sandbox', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox();
    visitor = new SandboxVisitor(sandbox);
  });
  afterAll(() => sandbox.close());

  it('offers the test accounts, each with an avatar and a button', async () => {
    const { status, body } = await visitor.authorize();
    expect(status).toBe(200);
    for (const { nickname, openid } of sandbox.users) {
      expect(body).toContain(nickname);
      expect(body).toContain(`name="openid" value="${openid}"`);
      const picture = await visitor.send(`/sandbox/portraits/${openid}`);
      expect(picture.headers.get('content-type')).toBe('image/png');
    }
    for (const trait of ['（空昵称）', '表情', '没有 100 像素', '没有 unionid', '占位资料'])
      expect(body).toContain(trait);
  });

  it('is Chinese unless the browser prefers English', async () => {
    const page = async (language: string) => {
      const { body } = await visitor.authorize({}, { headers: { 'Accept-Language': language } });
      return [/<html lang="(.+?)"/.exec(body)?.[1], /<h1>(.+?)</.exec(body)?.[1]];
    };
    for (const language of ['zh-CN,zh;q=0.9,en;q=0.8', '*', 'fr', '']) {
      expect(await page(language)).toEqual(['zh-CN', 'QQ 登录']);
    }
    for (const language of ['en', 'en-US,en;q=0.9,zh-CN;q=0.8']) {
      expect(await page(language)).toEqual(['en', 'Log in with QQ']);
    }
  });

  it('states that it is not the real QQ, on the error page too', async () => {
    for (const parameters of [{}, { redirect_uri: 'https://elsewhere.example/' }]) {
      expect((await visitor.authorize(parameters)).body).toContain('沙箱 · 仅供开发，不是真实的 QQ');
    }
  });

  it('has a layout for phones with display=mobile', async () => {
    expect((await visitor.authorize({ display: 'mobile' })).body).toContain('<body class="mobile">');
    expect((await visitor.authorize()).body).toContain('<body>');
  });

  it('has headers against storing, framing, sniffing, scripts and a Referer', async () => {
    for (const { headers } of [await visitor.authorize(), await visitor.authorize({ client_id: '1' })]) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|script-src/);
    }
    const { body } = await visitor.authorize();
    expect(body).not.toMatch(/<script|<style|\son\w+=|style=/i);
  });

  it('redirects with a code for the account whose button was pressed', async () => {
    const openid = sandbox.users[2]?.openid ?? '';
    const { status, location } = await visitor.press({ openid });
    expect(status).toBe(303);
    expect(location?.origin).toBe('http://localhost:3000');
    expect(location?.searchParams.get('state')).toBe('a-state');
    const code = location?.searchParams.get('code') ?? '';
    expect(code).toMatch(/^[0-9A-F]{32}$/);
    const { body } = await visitor.token({ code, need_openid: '1' });
    expect(new URLSearchParams(body).get('openid')).toBe(openid);
  });

  it('sends the parameters of the request with its form', async () => {
    const { body } = await visitor.authorize({ state: 'a"b', scope: 'get_user_info', unknown: 'dropped' });
    const fields = [...body.matchAll(/type="hidden" name="(.+?)" value="(.*?)"/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(fields)).toEqual({
      response_type: 'code',
      client_id: '100000001',
      redirect_uri: visitor.redirectUri,
      state: 'a&quot;b',
      scope: 'get_user_info',
    });
  });

  it('validates the request again when a button is pressed', async () => {
    const openid = sandbox.users[0]?.openid;
    const elsewhere = await visitor.press({ openid, redirect_uri: 'https://elsewhere.example/' });
    expect(elsewhere.location).toBeUndefined();
    expect(elsewhere.body).toContain('redirect uri is illegal(100010)');
    const unknown = await visitor.press({ openid: '0123456789ABCDEF0123456789ABCDEF' });
    expect([unknown.status, unknown.location]).toEqual([400, undefined]);
    // What stands in the query of a posted form counts for nothing.
    const smuggled = await visitor.send(`/oauth2.0/authorize?response_type=code&openid=${openid ?? ''}`, {
      method: 'POST',
    });
    expect(smuggled.body).toContain('(100000)');
  });

  it('redirects with usercancel=1 when the user cancels', async () => {
    const { location } = await visitor.press({ usercancel: '1' });
    expect(location?.search).toBe('?usercancel=1&state=a-state');
  });

  it('shows hostile nicknames and parameters as text', async () => {
    const nickname = `<script>alert(1)</script>"'&`;
    await using hostile = await startSandbox({ users: [{ nickname }] });
    const state = '"><img src=x onerror=alert(1)>';
    const page = await new SandboxVisitor(hostile).authorize({ state });
    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(page.body).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(page.body).not.toMatch(/<script|<img src=x/);
    const error = await new SandboxVisitor(hostile).authorize({ redirect_uri: `https://${state}` });
    expect(error.body).not.toMatch(/<script|<img src=x/);
    expect(error.body).toContain('&lt;img src=x');
  });
});

describe('the callback of the sandbox', () => {
  const registered = {
    appId: '100000001',
    appKey: 'made-up-key',
    redirectUris: ['https://app.example/auth/qq/callback'],
  };

  it.each([
    'http://localhost:3000/callback',
    'http://localhost/callback',
    'http://127.0.0.1:8080/callback',
    'http://127.8.9.1:8080/callback',
    'https://[::1]:8443/callback',
  ])('can be %s if no redirect URI is registered', async (redirectUri) => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize();
    expect(location?.href).toMatch(/\/callback\?code=[0-9A-F]{32}&state=a-state$/);
  });

  it.each([
    ['the same address', 'https://app.example/auth/qq/callback', true],
    ['a query of its own', 'https://app.example/auth/qq/callback?tenant=7', true],
    ['a trailing slash', 'https://app.example/auth/qq/callback/', false],
    ['another path', 'https://app.example/auth/qq/callback2', false],
    ['another host', 'https://www.app.example/auth/qq/callback', false],
    ['a port', 'https://app.example:8443/auth/qq/callback', false],
    ['a loopback address', 'http://localhost:3000/auth/qq/callback', false],
  ])('is compared with a registered one: %s', async (_what, redirectUri, accepted) => {
    await using sandbox = await startSandbox({ apps: [registered], autoApprove: true });
    const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize();
    expect(location !== undefined).toBe(accepted);
  });

  it.each([
    ['https://app.example/auth/qq/callback', true],
    ['https://app.example:8443/auth/qq/callback', false],
    ['http://app.example/auth/qq/callback', true],
    ['https://localhost/auth/qq/callback', false],
    ['https://127.0.0.1/auth/qq/callback', false],
    ['http://localhost:3000/auth/qq/callback', false],
  ])('with strict is %s: %s', async (redirectUri, accepted) => {
    for (const redirectUris of [undefined, [redirectUri]]) {
      const app = { appId: '100000001', appKey: 'made-up-key', ...(redirectUris && { redirectUris }) };
      await using sandbox = await startSandbox({ apps: [app], autoApprove: true, strict: true });
      const answer = await new SandboxVisitor(sandbox, redirectUri).authorize();
      expect(answer.location !== undefined).toBe(accepted);
      expect(answer.body.includes('redirect uri is illegal(100010)')).toBe(!accepted);
    }
  });

  it('keeps its own query and the state as sent, and needs no state', async () => {
    await using sandbox = await startSandbox({ autoApprove: true });
    const visitor = new SandboxVisitor(sandbox, 'http://localhost:3000/callback?a=1&b=%2F');
    const state = 'a+b/c=&?#%20 中';
    const { location, headers } = await visitor.authorize({ state });
    expect(headers.get('location')).toMatch(
      /^http:\/\/localhost:3000\/callback\?a=1&b=%2F&code=[0-9A-F]{32}&state=a%2Bb/,
    );
    expect(location?.searchParams.get('state')).toBe(state);
    const stateless = await visitor.authorize({ state: undefined });
    expect(stateless.location?.searchParams.has('state')).toBe(false);
    const code = stateless.location?.searchParams.get('code') ?? '';
    expect(errorOf(await visitor.token({ code }))).toBeUndefined();
  });
});
