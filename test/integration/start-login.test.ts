import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { completeLogin, startLogin } from '../../src/client.js';
import { clientOf, failure } from '../support/client.js';
import { MADE_UP, hang, startUpstream } from '../support/upstream.js';
import type { CompletedLogin, QQConnectClient, StartLoginOptions } from '../../src/client.js';
import type { Upstream } from '../support/upstream.js';

/** A browser that keeps cookies, and sends the callback that QQ redirects it to. */
class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #client: QQConnectClient;
  constructor(client: QQConnectClient) {
    this.#client = client;
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  store(cookies: string[]): void {
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  start(options: Partial<StartLoginOptions> = {}): string {
    const { url, cookies } = startLogin({ client: this.#client, cookieHeader: this.header, ...options });
    this.store(cookies);
    const query = new URL(url).searchParams;
    return `/auth/qq/callback?code=${MADE_UP.code}&state=${query.get('state') ?? ''}`;
  }

  async complete(callbackUrl: string, options: Partial<StartLoginOptions> = {}): Promise<CompletedLogin> {
    const login = await completeLogin({ client: this.#client, cookieHeader: this.header, callbackUrl, ...options });
    this.store(login.cookies);
    return login;
  }
}

describe('startLogin() and completeLogin()', () => {
  let upstream: Upstream;
  let client: QQConnectClient;
  let browser: Browser;
  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream);
    browser = new Browser(client);
  });
  afterEach(() => upstream.close());

  it('log the user in and return to the page, and delete the cookie', async () => {
    const login = await browser.complete(browser.start({ returnTo: '/cart?item=1' }));
    expect(login).toMatchObject({ returnTo: '/cart?item=1', user: { openid: MADE_UP.openid } });
    expect(login.tokens?.accessToken).toBe(MADE_UP.accessToken);
    expect(browser.header).toBe('');
  });

  it('complete the logins of two tabs, in any order', async () => {
    const first = browser.start({ returnTo: '/first' });
    const second = browser.start({ returnTo: '/second' });
    expect((await browser.complete(second)).returnTo).toBe('/second');
    expect((await browser.complete(first)).returnTo).toBe('/first');
  });

  it('keep the ten newest of eleven attempts', async () => {
    const urls = Array.from({ length: 11 }, () => browser.start());
    expect(browser.header.split('; ')).toHaveLength(10);
    expect((await failure(browser.complete(urls[0] ?? ''))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(await browser.complete(urls[1] ?? '')).toHaveProperty('user');
  });

  it('exchange the code once where two requests come at the same moment', async () => {
    const url = browser.start();
    const [one, two] = await Promise.all([browser.complete(url), browser.complete(url)]);
    expect(one.user).toEqual(two.user);
    expect(upstream.asked('token')).toHaveLength(1);
  });

  it('refuse a replayed callback after the cookie is deleted', async () => {
    const url = browser.start();
    await browser.complete(url);
    expect(await failure(browser.complete(url))).toMatchObject({ code: 'ERR_QQ_STATE_UNKNOWN', status: 400 });
    expect(upstream.asked('token')).toHaveLength(1);
  });

  it('report a cancel, with the mark that stops a guarded page', async () => {
    const url = browser.start({ returnTo: '/private' }).replace(/code=\w+/, 'error=access_denied');
    expect(await browser.complete(url)).toMatchObject({
      cancelled: true,
      returnTo: '/private?qq_login=cancelled',
    });
    expect(upstream.asked('token')).toEqual([]);
  });

  it('refuse the callback of another browser without a request to QQ', async () => {
    const url = browser.start();
    expect((await failure(new Browser(client).complete(url))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    const forged = '/auth/qq/callback?error=100010&state=forged';
    expect((await failure(browser.complete(forged))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(upstream.requests).toEqual([]);
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', '/auth/qq/callback', 7, null])(
    'replace %j as returnTo with the front page',
    async (returnTo) => {
      expect((await browser.complete(browser.start({ returnTo: returnTo as string }))).returnTo).toBe('/');
    },
  );

  it('report the number of QQ, and a timeout as 504', async () => {
    upstream.next('token', JSON.stringify({ error: 100020, error_description: 'code is reused error' }));
    expect(await failure(browser.complete(browser.start()))).toMatchObject({ qqCode: 100020 });
    const slow = clientOf(upstream, { timeoutMs: 50 });
    upstream.next('token', hang);
    const other = new Browser(slow);
    expect(await failure(other.complete(other.start()))).toMatchObject({ status: 504, statusCode: 504 });
  });

  it('decrypt with an older key of the list, and not with another key', async () => {
    const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)];
    const url = browser.start({ encryptionKey: older });
    expect((await failure(browser.complete(url, { encryptionKey: newer }))).code).toBe('ERR_QQ_STATE_UNKNOWN');
    expect(await browser.complete(url, { encryptionKey: [newer, older] })).toHaveProperty('user');
  });

  it('refuse a short encryptionKey without its value, and a client that is none', () => {
    expect(() => browser.start({ encryptionKey: 'too-short' })).toThrow(/encryptionKey/);
    expect(() => browser.start({ encryptionKey: 'too-short' })).not.toThrow(/too-short/);
    expect(() => browser.start({ client: JSON.parse('{}') as QQConnectClient })).toThrow(/QQConnectClient/);
  });
});
