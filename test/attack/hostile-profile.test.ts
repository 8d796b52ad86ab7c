import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { homePage, privatePage, profilePage } from '../../example-app/pages.js';
import { APP, Visitor } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { startWatchedSite } from './support/watched-site.js';
import type { QQUser } from '../../src/index.js';
import type { Upstream } from '../support/upstream.js';
import type { WatchedSite } from './support/watched-site.js';

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

describe('a nickname that holds', () => {
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

  it.each(nicknames)('%s logs in, is data in JSON, and shows on no page of ours', async (_what, nickname) => {
    upstream.next('user_info', userInfo(nickname));
    const visitor = new Visitor(site);
    expect((await visitor.login('/private')).headers.location).toBe('/private');
    const response = await visitor.agent.get('/auth/qq/user');
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect((response.body as QQUser).nickname).toBe(nickname);
    const page = await visitor.agent.get('/auth/qq/callback').set('Accept', 'text/html');
    expect(page.text).not.toContain(nickname);
  });

  it.each(nicknames)('%s is harmless on every page of the example application', (_what, nickname) => {
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

  it('an avatar address that is none gives no address to put into a page', async () => {
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

  it('keys that pollute a prototype are data, or nothing', async () => {
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
