import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { errorOf, readTokens, SandboxVisitor, type Answered } from '../contract/sandbox-visitor.js';

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

  async log(): Promise<string[]> {
    const { body } = await this.console();
    const part = body.split('<ol class="log">')[1]?.split('</ol>')[0] ?? '';
    return [...part.matchAll(/<li.*?>(.+?)<\/li>/gs)].map(([, item]) => textOf(item ?? ''));
  }
}

/** Posts as the page of a foreign name that was made to lead to this machine. */
async function asRebound({ url }: Sandbox, path: string): Promise<number | undefined> {
  const headers = { ...ownPage, Host: 'evil.example:9010', Origin: 'http://evil.example:9010' };
  const posted = request(url + path, { method: 'POST', headers }).end('endpoint=me&fault=reset');
  const [answer] = (await once(posted, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
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

  it('says what this is, and shows applications and users with their pictures', async () => {
    const { status, body } = await visitor.console();
    expect(status).toBe(200);
    for (const text of ['沙箱 · 仅供开发，不是真正的 QQ', 'graph.qq.com', sandbox.url, '100000001'])
      expect(body).toContain(text);
    for (const { nickname, openid } of sandbox.users) {
      expect(body).toContain(nickname);
      expect(body).toContain(`src="/sandbox/portraits/${openid}"`);
    }
  });

  it('is Chinese unless the browser asks for English', async () => {
    expect((await visitor.console({ 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' })).body).toContain('lang="zh-CN"');
    expect((await visitor.console({ 'Accept-Language': 'fr' })).body).toContain('QQ 沙箱控制台');
    const english = (await visitor.console({ 'Accept-Language': 'en-GB,en;q=0.9,zh;q=0.1' })).body;
    expect(english).toContain('lang="en"');
    for (const word of ['故障', '请求', '用户', '应用', '清空', '沙箱']) expect(english).not.toContain(word);
  });

  it('runs a script of its own and no other, and needs none', async () => {
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

  it('shows the made-up APP Key that everybody knows, and no other', async () => {
    expect((await visitor.console()).body).toContain('sandbox-app-key-not-a-secret');
    const appKey = 'somebody-s-real-key-by-mistake';
    const redirectUris = ['https://app.example/auth/qq/callback'];
    await using other = await startSandbox({ apps: [{ appId: '7', appKey, redirectUris, unionid: false }] });
    const { body } = await new ConsoleVisitor(other).console();
    expect(body).not.toContain(appKey);
    for (const text of ['已隐去', redirectUris[0], '没有 unionid 权限']) expect(body).toContain(text);
  });

  it('leaves no trace in the requests and uses no fault up', async () => {
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
    expect(quiet.requests).toEqual([]);
    expect(await page.list('waiting')).toEqual(['avatar http_500', 'me reset']);
  });
});

describe("a click on the sandbox's console", () => {
  it('queues each fault of each endpoint', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    const { body } = await visitor.console();
    const groups = body.split('role="group"').slice(1);
    const offered = groups.map((group) => {
      const endpoint = /name="endpoint" value="(\w+)"/.exec(group)?.[1] ?? '';
      return [endpoint, [...group.matchAll(/<button name="(fault|error)" value="(.+?)"/g)]] as const;
    });
    const named = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty'];
    expect(Object.fromEntries(offered.map(([endpoint, buttons]) => [endpoint, buttons.map((button) => button[2])])))
      // Each has its likeliest errors beside the faults that all of them share.
      .toEqual({
        authorize: [...named, 'cancel', '100030'],
        token: [...named, '100019', '100020', '100021'],
        me: [...named, '100014', '100016', '100048'],
        user_info: [...named, '-23', '1002', '100030'],
        avatar: [...named, '-1'],
      });
    const waiting: string[] = [];
    for (const [endpoint, buttons] of offered) {
      for (const [, name = '', value = ''] of buttons) {
        expect(await visitor.queueFault({ endpoint, [name]: value })).toBe(303);
        waiting.push(`${endpoint} ${name === 'error' ? 'error ' : ''}${value}`);
      }
    }
    expect(await visitor.list('waiting')).toEqual(waiting);
  });

  it('makes the next request fail, once, and goes back to the console', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    const body = new URLSearchParams({ endpoint: 'me', error: '100045' });
    const answer = await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body, redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/#faults']);
    expect([errorOf(await visitor.me({})), errorOf(await visitor.me({}))]).toEqual([100045, 100007]);
    expect(await visitor.list('waiting')).toEqual([]);
  });

  it('clears what waits', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    sandbox.failNext('me', 'http_500');
    expect(await visitor.queueFault({ clear: '1' })).toBe(303);
    expect((await visitor.console()).body).toContain('没有等待中的故障');
    expect(errorOf(await visitor.me({}))).toBe(100007);
  });

  it('chooses who logs in next, and takes it back', async () => {
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

  it('chooses nobody where everybody sees the login page', async () => {
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
    { endpoint: '__proto__', fault: 'reset' },
  ])('queues nothing for %j', async (fields) => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    expect(await visitor.queueFault(fields)).toBe(400);
    expect(await visitor.post('/sandbox/next-user', fields)).toBe(400);
    expect(await visitor.list('waiting')).toEqual([]);
  });

  it('is not one when it comes from another site', async () => {
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
    expect(await asRebound(sandbox, '/sandbox/faults')).toBe(403);
    expect(await visitor.list('waiting')).toEqual([]);
    const own: Record<string, string>[] = [{}, ownPage, { 'Sec-Fetch-Site': 'none' }, { Origin: `http://${host}` }];
    for (const headers of own) {
      expect(await visitor.queueFault({ endpoint: 'me', fault: 'reset' }, headers)).toBe(303);
    }
  });
});

describe("the request log on the sandbox's console", () => {
  it('is the newest first, with outcome and user, and without secrets', async () => {
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

    const log = await visitor.log();
    const [me, nowhere, joined, swapped, reused, userInfo, token, authorize] = log;
    expect(me).toMatch(/^\d\d:\d\d:\d\d me GET \/oauth2\.0\/me → 500 故障：http_500 \*\*\*=\*\*\*$/);
    expect(nowhere).toContain('other GET /oauth2.0/me/*** → 404');
    expect(joined).toContain('other GET /oauth2.0/token&amp;… → 404');
    expect(swapped).toContain('→ 200 100001 param client_id is wrong or lost');
    expect(swapped).toContain('client_id=*** client_secret=***');
    expect(reused).toContain('token GET /oauth2.0/token → 200 100020 code is reused error');
    expect(userInfo).toContain('user_info GET /user/get_user_info → 200 林小满');
    expect(token).toContain('→ 200 林小满 grant_type=authorization_code client_id=7 client_secret=***');
    expect(authorize).toContain('authorize GET /oauth2.0/authorize → 302 林小满 response_type=code client_id=7');
    const page = (await visitor.console()).body;
    for (const secret of [appKey, code, access_token, refreshToken, 'a-state']) {
      expect(secret.length).toBeGreaterThan(5);
      expect(page).not.toContain(secret);
    }
    expect(sandbox.requests.map((request) => request.openid)).toEqual([openid, openid, openid, ...Array<undefined>(5)]);
  });

  it('shows a hundred', async () => {
    await using sandbox = await startSandbox();
    const visitor = new ConsoleVisitor(sandbox);
    expect((await visitor.console()).body).toContain('还没有请求');
    for (let round = 0; round < 102; round++) await visitor.send(`/nowhere-${round}`);
    const log = await visitor.log();
    expect(log).toHaveLength(100);
    expect([log[0], log[99]]).toEqual([expect.stringContaining('/nowhere-101'), expect.stringContaining('/nowhere-2')]);
    expect((await visitor.console()).body).toContain('最新的 100 个，共 102 个');
  });

  it('shows hostile nicknames, paths and parameters as text', async () => {
    const hostile = `"><img src=x onerror=alert(1)>'&<script>`;
    const users = [{ nickname: hostile, openid: hostile }];
    await using sandbox = await startSandbox({ users, apps: [{ appId: hostile, appKey: 'k' }], autoApprove: true });
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
