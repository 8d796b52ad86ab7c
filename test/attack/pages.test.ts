import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { homePage, privatePage, profilePage } from '../../example-app/pages.js';
import { APP, Visitor } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { startWatchedSite } from './support/watched-site.js';
import type { Response } from 'supertest';
import type { QQUser } from '../../src/index.js';
import type { Upstream } from '../support/upstream.js';
import type { WatchedSite } from './support/watched-site.js';

/** Every kind of page that is ours, by the request that shows it. */
const pages: [string, (visitor: Visitor, site: WatchedSite) => Promise<Response>][] = [
  ['the page of a bad callback', async (visitor) => visitor.agent.get('/auth/qq/callback')],
  ['the page of a wrong method', async (visitor) => visitor.agent.post('/auth/qq/callback')],
  [
    'the page of a cross-site POST',
    async (visitor) =>
      visitor.agent.post('/auth/qq/logout').set('Origin', 'https://evil.example').set('Accept', 'text/html'),
  ],
  [
    'the page after a cancel',
    async (visitor) => visitor.agent.get('/private?qq_login=cancelled').set('Accept', 'text/html'),
  ],
  [
    'the page of an error that QQ named',
    async (visitor, site) => {
      site.sandbox.failNext('token', { error: 100009 });
      return visitor.login();
    },
  ],
  [
    'the page of a QQ that cannot be reached',
    async (visitor, site) => {
      site.sandbox.failNext('user_info', 'reset'); // once more, because a reset connection is tried again
      site.sandbox.failNext('user_info', 'reset');
      return visitor.login();
    },
  ],
  [
    'the page of progress of a pop-up',
    async (visitor) => {
      const login = await visitor.agent.get('/auth/qq/login?display=popup&returnTo=/private');
      const { pathname, search } = await visitor.atQQ(login.headers.location ?? '');
      return visitor.agent.get(pathname + search).set('Sec-Fetch-Dest', 'document');
    },
  ],
  [
    'the last page of a pop-up',
    async (visitor) => {
      const login = await visitor.agent.get('/auth/qq/login?display=popup&returnTo=/private');
      return visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    },
  ],
  [
    'the last page of a pop-up whose every parameter is HTML',
    async (visitor) => {
      const html = encodeURIComponent('"><script>alert(1)</script>\'');
      const login = await visitor.agent.get(`/auth/qq/login?display=popup&channel=${html}&returnTo=/${html}`);
      return visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    },
  ],
  [
    "the page inside another app's web view",
    async (visitor) => visitor.agent.get('/auth/qq/login').set('User-Agent', 'Mozilla/5.0 MicroMessenger/8.0'),
  ],
];

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

describe('every page of the router', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(pages)('%s has headers against storing, framing, sniffing and a Referer', async (_name, show) => {
    const { headers, text } = await show(new Visitor(site), site);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers.vary).toMatch(/Accept-Language/);
    expect(text).toMatch(/^<!doctype html>\n<html lang="(?:zh-CN|en)">/);
  });

  it.each(pages)(
    '%s has a policy that allows only scripts of the router, and styles by their hash',
    async (_name, show) => {
      const { headers, text } = await show(new Visitor(site), site);
      const policy = headers['content-security-policy'] ?? '';
      for (const part of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
        expect(policy.split('; ')).toContain(part);
      }
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      const scripts = [...text.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
      for (const [, attributes = '', inside] of scripts) {
        expect(attributes).toMatch(/ src="\/auth\/qq\/(?:popup|copy)\.js"/);
        expect(inside).toBe('');
      }
      const styles = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map(([, style = '']) => hashOf(style));
      expect(/script-src (.*?)(?:;|$)/.exec(policy)?.[1]).toBe(scripts.length > 0 ? "'self'" : undefined);
      expect(/style-src (.*?)(?:;|$)/.exec(policy)?.[1]?.split(' ') ?? []).toEqual(styles);
      expect(text).not.toMatch(/\son[a-z]+=|\sstyle=|javascript:|<(?:iframe|object|embed|base|form|img|link)\b/i);
    },
  );

  it.each([
    ['a redirect to QQ', async (visitor: Visitor) => visitor.agent.get('/auth/qq/login')],
    ['a redirect from the callback', async (visitor: Visitor) => visitor.login('/private')],
    ['a logout', async (visitor: Visitor) => visitor.agent.post('/auth/qq/logout')],
    ['the user as JSON', async (visitor: Visitor) => visitor.agent.get('/auth/qq/user')],
    [
      'an error as JSON',
      async (visitor: Visitor) => visitor.agent.get('/auth/qq/callback').set('Accept', 'application/json'),
    ],
    ['a 401 of the guard', async (visitor: Visitor) => visitor.agent.get('/private').set('Accept', 'application/json')],
  ])('%s has a header against storing', async (_name, ask) => {
    expect((await ask(new Visitor(site))).headers['cache-control']).toBe('no-store');
  });
});

const nicknames: [string, string][] = [
  ['a script', '<script>alert(1)</script>'],
  ['an image with a handler', '"><img src=x onerror=alert(1)>'],
  ['an attribute', `' onmouseover='alert(1)`],
  ['an end of everything', '</title></style></textarea></script><svg onload=alert(1)>'],
  ['a template', '${alert(1)} {{constructor.constructor("alert(1)")()}} <%= 1 %>'],
  ['entities', '&lt;script&gt;&#x3c;script&#62;'],
  ['a string of JavaScript', '\';alert(1);//"\\'],
  ['a line break into a header', 'a\r\nSet-Cookie: b=c'],
  ['control characters', '\u0000\u0001\u0007\u001b[31mred\u007f\u0085'],
  ['marks that turn the text around', '\u202egpj.exe\u202c\u2066\u2067\u2068\u2069\u200f'],
  ['separators that end a line of JavaScript', 'a\u2028b\u2029c'],
  ['a lone surrogate', 'a\ud800b'],
  ['the name of a property', '__proto__'],
  ['a thousand combining marks', `Z${'\u0301'.repeat(1_000)}`],
  ['20,000 characters', 'x'.repeat(20_000)],
];

// eslint-disable-next-line no-control-regex -- what must not be on a page
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f\u0085\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** What QQ sends for it: JSON with every character above ASCII as an escape, so that nothing on the way mends it. */
function userInfo(nickname: string): string {
  const json = JSON.stringify({
    ret: 0,
    msg: '',
    is_lost: 0,
    nickname,
    figureurl_qq_1: `http://q.qlogo.cn/${nickname}`,
  });
  return json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

describe('a profile from QQ with', () => {
  let site: WatchedSite;
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startWatchedSite({ qq: { graphUrl: upstream.url } });
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });

  it.each(nicknames)(
    '%s in the nickname logs in, is data in JSON, and is not on the pages of the router',
    async (_what, nickname) => {
      upstream.next('user_info', userInfo(nickname));
      const visitor = new Visitor(site);
      expect((await visitor.login('/private')).headers.location).toBe('/private');
      const response = await visitor.agent.get('/auth/qq/user');
      expect(response.headers['content-type']).toMatch(/^application\/json/);
      expect((response.body as QQUser).nickname).toBe(nickname);
      const page = await visitor.agent.get('/auth/qq/callback').set('Accept', 'text/html');
      expect(page.text).not.toContain(nickname);
    },
  );

  it.each(nicknames)('%s in the nickname is harmless on every page of the example application', (_what, nickname) => {
    const user: QQUser = { appId: MADE_UP.appId, openid: MADE_UP.openid, nickname, raw: { nickname } };
    for (const language of ['zh', 'en'] as const) {
      const view = { language, user, sandbox: true, path: '/', notice: undefined };
      for (const page of [homePage(view), privatePage(view, 1), profilePage(view)]) {
        const text = page.toString();
        const inside = text.replace(/<style[\s\S]*?<\/style>/g, '');
        expect(inside).not.toMatch(/<script>alert|<img src=x|<svg onload|\sonmouseover='/);
        expect(inside).not.toMatch(UNSEEN);
      }
    }
  });

  it('an avatar address that is no URL gives the user no address', async () => {
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example/a',
      'https://a"onerror=alert(1)',
      'x',
    ]) {
      upstream.next('user_info', JSON.stringify({ ret: 0, nickname: 'x', figureurl_qq_2: url, figureurl_qq: url }));
      const visitor = new Visitor(site);
      await visitor.login();
      const body: unknown = (await visitor.agent.get('/auth/qq/user')).body;
      expect(body).not.toHaveProperty('avatarUrl');
      expect(body).not.toHaveProperty('figureurl_qq_2');
    }
  });

  it('keys that would change a prototype changes none', async () => {
    upstream.next(
      'user_info',
      '{"ret":0,"nickname":"n","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"prototype":"p",' +
        '"\\u005f_proto__":{"admin":true},"toString":"t","hasOwnProperty":1,"nested":{"a":{"b":1}},"list":[1]}',
    );
    const visitor = new Visitor(site);
    expect((await visitor.login('/private')).headers.location).toBe('/private');
    expect({}).not.toHaveProperty('admin');
    const body: unknown = (await visitor.agent.get('/session')).body;
    const { logins } = (body as { qqConnect: { logins: Record<string, { profile: object }> } }).qqConnect;
    expect(Object.keys(logins[APP.appId]?.profile ?? {}).sort()).toEqual(
      ['ret', 'nickname', 'hasOwnProperty', 'prototype', 'toString'].sort(),
    );
  });
});
