import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { Visitor, startSite } from '../support/site.js';
import type { Site } from '../support/site.js';

const CHANNEL = 'qq-1-2-3-4';

/** What the last page of a pop-up hands to its script. */
function dataset(html: string): Record<string, string | undefined> {
  const read = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(html)?.[1]?.replaceAll('&amp;', '&');
  return { channel: read('channel'), result: read('result'), next: read('next') };
}

describe('a login with display=popup', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ qq: { allowedReturnOrigins: ['https://app.example.com'], cancelUrl: '/bye?a=1#top' } });
  });
  afterAll(async () => site.close());

  /** Begins a login in a pop-up and gives its callback. */
  const begin = async (visitor: Visitor, query: string): Promise<URL> => {
    const login = await visitor.agent.get(`/auth/qq/login?display=popup&${query}`);
    return visitor.atQQ(login.headers.location ?? '');
  };

  it('returns a page with the result and no other data of the login', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const page = await visitor.callback(callback);
    expect(page.status).toBe(200);
    expect(dataset(page.text)).toEqual({ channel: CHANNEL, result: 'success', next: '/private' });
    // Browsers ask for a site's icon with every page, and complain where a policy forbids it.
    expect(page.headers['content-security-policy']).toContain("img-src 'self'");
    for (const secret of ['code', 'state']) expect(page.text).not.toContain(callback.searchParams.get(secret) ?? '!');
    const user = (await visitor.agent.get('/auth/qq/user')).body as Record<string, string>;
    expect(page.text).not.toContain(user.openid);
    expect(page.text).not.toContain(user.nickname);
  });

  it('shows a page of progress in a browser first, which calls neither QQ nor onLogin', async () => {
    const visitor = new Visitor(site);
    const { pathname, search } = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const asked = site.sandbox.requests.length;
    const visit = (query: string) => visitor.agent.get(pathname + query).set('Sec-Fetch-Dest', 'document');
    const page = await visit(search);
    expect(page.status).toBe(200);
    expect(page.text).toContain('正在完成登录…');
    expect(page.headers['cross-origin-opener-policy']).toBe('unsafe-none');
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(site.sandbox.requests).toHaveLength(asked);
    expect(dataset((await visit(`${search}&popup=complete`)).text).result).toBe('success');
    expect(site.sandbox.requests.slice(asked).map(({ endpoint }) => endpoint)).toEqual(['token', 'user_info']);
  });

  it('completes the callback of a script at once', async () => {
    const visitor = new Visitor(site);
    const { pathname, search } = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const response = await visitor.agent.get(pathname + search).set('Accept', 'application/json');
    expect(response.body).toMatchObject({ returnTo: '/private', user: { nickname: expect.any(String) } });
  });

  it('returns the same page when the callback is reloaded', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}&returnTo=/private`);
    const first = await visitor.callback(callback);
    const asked = site.sandbox.requests.length;
    const again = await visitor.callback(callback);
    expect(again.text).toBe(first.text);
    expect(again.headers['content-security-policy']).toBe(first.headers['content-security-policy']);
    expect(site.sandbox.requests).toHaveLength(asked);
  });

  it('returns the pop-up page for both of two concurrent callbacks', async () => {
    const visitor = new Visitor(site);
    const callback = await begin(visitor, `channel=${CHANNEL}`);
    const pages = await Promise.all([visitor.callback(callback), visitor.callback(callback)]);
    expect(pages.map(({ text }) => dataset(text).result)).toEqual(['success', 'success']);
  });

  it.each([
    ['none at all', '', 'express-qq-connect'],
    ['one that is too short', 'channel=abc', 'express-qq-connect'],
    ['one that is too long', `channel=${'a'.repeat(65)}`, 'express-qq-connect'],
    ['one with HTML in it', 'channel=%22%3E%3Cscript%3Ealert(1)%3C/script%3E', 'express-qq-connect'],
    ['the longest', `channel=${'a'.repeat(64)}`, 'a'.repeat(64)],
  ])('names a channel of its own where its opener named %s', async (_name, query, channel) => {
    const visitor = new Visitor(site);
    const page = await visitor.callback(await begin(visitor, query));
    expect(dataset(page.text).channel).toBe(channel);
    expect(page.text.match(/<script/g)).toHaveLength(1);
    expect(page.text).not.toContain('alert');
  });

  it('returns the result cancelled and the URL for it', async () => {
    const visitor = new Visitor(site);
    site.sandbox.failNext('authorize', 'cancel');
    const page = await visitor.callback(await begin(visitor, `channel=${CHANNEL}`));
    expect(page.status).toBe(200);
    expect(page.text).toContain('已取消登录');
    expect(dataset(page.text)).toEqual({
      channel: CHANNEL,
      result: 'cancelled',
      next: '/bye?a=1&qq_login=cancelled#top',
    });
  });

  it('escapes the way on, and keeps it on this site or an allowed one', async () => {
    for (const [returnTo, next] of [
      ['/private?q="><img src=x onerror=alert(1)>', '/private?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E'],
      ['https://app.example.com/home', 'https://app.example.com/home'],
      ['https://evil.example/', '/'],
      ['javascript:alert(1)', '/'],
    ]) {
      const visitor = new Visitor(site);
      const page = await visitor.callback(await begin(visitor, `returnTo=${encodeURIComponent(returnTo ?? '')}`));
      expect(dataset(page.text).next).toBe(next);
      expect(page.text).not.toContain('<img');
    }
  });

  it('shows an error as every login does, with a way on in the same window alone', async () => {
    const visitor = new Visitor(site);
    site.sandbox.failNext('token', { error: 100020 });
    const page = await visitor.callback(await begin(visitor, `channel=${CHANNEL}&returnTo=/private`));
    expect(page.status).toBe(401);
    const links = [...page.text.matchAll(/<a href="(.*?)">/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
    expect(links).toEqual([`/auth/qq/login?returnTo=%2Fprivate&display=popup&channel=${CHANNEL}`]);
  });
});

describe('the scripts of the router', () => {
  it.each(['popup.js', 'copy.js'])('are cacheable files of this site: %s', async (name) => {
    await using site = await startSite({ qq: { basePath: '/qq(1)' } });
    const script = await request(site.url).get(`/qq(1)/${name}`);
    expect(script.status).toBe(200);
    expect(script.headers).toMatchObject({
      'content-type': expect.stringMatching(/javascript/),
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
      etag: expect.any(String),
    });
    const unchanged = await request(site.url)
      .get(`/qq(1)/${name}`)
      .set('If-None-Match', script.headers.etag ?? '');
    expect(unchanged.status).toBe(304);
    expect((await request(site.url).post(`/qq(1)/${name}`)).status).toBe(405);
  });

  it('are linked below the public prefix', async () => {
    const redirectUri = 'http://127.0.0.1:9/shop/auth/qq/callback';
    await using site = await startSite({ qq: { redirectUri, callbackPath: '/auth/qq/callback' } });
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?display=popup');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const page = await visitor.agent.get(callback.pathname.replace('/shop', '') + callback.search);
    expect(page.text).toContain('<script src="/shop/auth/qq/popup.js"');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('a form that logs out on plain http, from a page with Referrer-Policy: no-referrer', () => {
  it('is refused, because a sandboxed frame sends the same, with a hint that names what to change', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const refused = visitor.agent.post('/auth/qq/logout').set('Origin', 'null');
    const page = await refused.set('Accept', 'text/html').set('Accept-Language', 'en');
    expect(page.status).toBe(403);
    expect(page.text).toMatch(/<h1>.*This request was refused<\/h1>/);
    expect(page.text).toContain('or Referrer-Policy: same-origin');
    expect(page.text).not.toContain('/auth/qq/login');
    const json = await visitor.agent.post('/auth/qq/logout').set({ Origin: 'null', Accept: 'application/json' });
    expect(json.status).toBe(403);
    const { error, hint } = json.body as { error: string; hint: Record<string, string> };
    expect(error).toBe('ERR_QQ_CROSS_SITE');
    expect(hint.en).toContain('Referrer-Policy: same-origin');
    expect(hint.zh).toContain('same-origin');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });
});
