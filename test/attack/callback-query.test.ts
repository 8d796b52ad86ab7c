import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { rawGet } from './support/raw-request.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const CODE = 'A0B1C2D3E4F5061728394A5B6C7D8E9F';

/** What comes after `state=…&`, where the state is the right one. */
const polluted: [string, string][] = [
  ['two codes', `code=${CODE}&code=${CODE}`],
  ['two codes of which one is empty', `code=${CODE}&code=`],
  ['a code in an array', `code[]=${CODE}`],
  ['a code in an object', `code[a]=${CODE}`],
  ['a code nested a hundred levels deep', `code${'[a]'.repeat(100)}=${CODE}`],
  ['an empty code', 'code='],
  ['no code at all', ''],
  ['two errors', 'error=100010&error=access_denied'],
  ['an empty error', 'error='],
  ['__proto__ in place of a code', `__proto__[code]=${CODE}`],
  ['constructor in place of a code', `constructor[prototype][code]=${CODE}`],
  ['a NUL in the code', 'code=abc%00def'],
  ['a line break in the code', 'code=abc%0d%0aSet-Cookie:%20a=b'],
  ['an escape character in another parameter', `code=${CODE}&msg=%1b[31m`],
  ['a control character in the name of a parameter', `code=${CODE}&a%07=b`],
  ['bytes that are no UTF-8', 'code=%ff%fe'],
  ['a percent sign without digits', 'code=%'],
  ['a percent sign with one digit', 'code=%4'],
  ['a percent sign with letters that are no digits', 'code=%zz'],
  ['an escape of the old JavaScript form', 'code=%u0041'],
  ['a code of 5,000 characters', `code=${'A'.repeat(5000)}`],
  ['two thousand parameters', `${'a=b&'.repeat(2000)}code=${CODE}`],
];

describe('a callback with', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(polluted)('%s is a clear 400, and QQ is not asked', async (_what, query) => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const asked = site.asked('token');
    const response = await visitor.agent.get(
      `/auth/qq/callback?state=${callback.searchParams.get('state') ?? ''}&${query}`,
    );
    expect(response.status).toBe(400);
    expect(response.text).toMatch(/ERR_QQ_(CALLBACK_INVALID|STATE_UNKNOWN)/);
    expect(response.text).toContain('href="/auth/qq/login');
    expect(site.asked('token')).toBe(asked);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it.each([
    ['raw control characters', '/auth/qq/callback?code=\u0001\u0002'],
    ['a raw tab', '/auth/qq/callback?code=a\tb'],
    ['raw bytes that are no ASCII', '/auth/qq/callback?code=\u00ff'],
    ['a header of 60,000 characters', `/auth/qq/callback?code=${'A'.repeat(60_000)}`],
  ])('%s, which no browser sends, crashes nothing', async (_what, path) => {
    const asked = site.asked('token');
    const { status } = await rawGet(site.url, path);
    expect([400, 431]).toContain(status);
    expect(site.asked('token')).toBe(asked);
    expect((await new Visitor(site).login()).status).toBe(302);
  });

  it('the same parameters, unknown ones and the right code is a login all the same', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    callback.search += '&a=b&a=c&msg=&%E4%B8%AD=%E6%96%87';
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it.each(['post', 'put', 'patch', 'delete', 'options'] as const)(
    'the method %s is 405 and uses nothing up',
    async (method) => {
      const visitor = new Visitor(site);
      const callback = await visitor.toCallback('/private');
      const asked = site.asked('token');
      const response = await visitor.agent[method](callback.pathname + callback.search);
      expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD']);
      expect(site.asked('token')).toBe(asked);
      expect((await visitor.callback(callback)).headers.location).toBe('/private');
    },
  );

  it('its parameters in the body of a POST is 405 (response_mode=form_post is none of QQ)', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const response = await visitor.agent
      .post('/auth/qq/callback')
      .type('form')
      .send(Object.fromEntries(callback.searchParams));
    expect(response.status).toBe(405);
  });

  it('an absolute address in the request line goes nowhere else', async () => {
    const { text } = await rawGet(site.url, `http://evil.example/auth/qq/callback?code=${CODE}&state=a`);
    expect(text).not.toContain('evil.example/auth');
    expect(text).not.toMatch(/^location:/im);
  });

  it('HTML in every parameter is a page without that HTML', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const html = encodeURIComponent('"><script>alert(1)</script><img src=x onerror=alert(1)>');
    for (const query of [
      `code=100010&msg=${html}`,
      `error=${html}`,
      `error=100010&error_description=${html}`,
      `code=first${html}&code=second${html}`,
    ]) {
      const login = await visitor.toCallback();
      const response = await visitor.agent.get(
        `/auth/qq/callback?state=${login.searchParams.get('state') ?? ''}&${query}`,
      );
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.text).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    }
    expect((await visitor.callback(callback)).status).toBe(302);
  });
});
