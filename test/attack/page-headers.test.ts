import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { startWatchedSite } from './support/watched-site.js';
import type { Response } from 'supertest';
import type { WatchedSite } from './support/watched-site.js';

/** Every kind of page that is ours, by the request that shows it. */
const pages: [string, (visitor: Visitor, site: WatchedSite) => Promise<Response>][] = [
  ['the page of a bad callback', async (visitor) => visitor.agent.get('/auth/qq/callback')],
  ['the page of a wrong method', async (visitor) => visitor.agent.post('/auth/qq/callback')],
  [
    'the page of a POST from elsewhere',
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

describe('every page of ours:', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(pages)(
    '%s is not stored, not framed, not sniffed, and tells no other site where it was',
    async (_name, show) => {
      const { headers, text } = await show(new Visitor(site), site);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers.vary).toMatch(/Accept-Language/);
      expect(text).toMatch(/^<!doctype html>\n<html lang="(?:zh-CN|en)">/);
    },
  );

  it.each(pages)(
    '%s runs no script but a file of the router, and no style but what its policy names by its hash',
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
  ])('%s is not stored either', async (_name, ask) => {
    expect((await ask(new Visitor(site))).headers['cache-control']).toBe('no-store');
  });
});
