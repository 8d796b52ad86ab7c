import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { QQConfigurationError, qqConnect, requireQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { openRedirects, originsOf } from './support/open-redirects.js';
import { rawGet } from './support/raw-request.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const FRONT_END = 'https://app.example.com';

describe('an attacker who sets returnTo to another site', () => {
  let site: WatchedSite;
  let onLoginSays: string | undefined;
  beforeAll(async () => {
    site = await startWatchedSite({
      qq: { allowedReturnOrigins: [FRONT_END], onLogin: () => ({ returnTo: onLoginSays }) },
    });
  });
  afterAll(async () => site.close());

  function expectOwn(location: string): void {
    for (const origin of originsOf(location, site.url)) expect([site.url, FRONT_END]).toContain(origin);
    expect(location).not.toMatch(/^\/[/\\]/);
  }

  it('is redirected to this site or an allowed origin for each payload', async () => {
    for (const payload of openRedirects(site.url)) {
      const visitor = new Visitor(site);
      const response = await visitor.login(payload);
      expect([payload, response.status]).toEqual([payload, 302]);
      expectOwn(response.headers.location ?? '');
    }
  }, 60_000);

  it('is redirected to this site for a returnTo that is not encoded, repeated, an array or an object', async () => {
    for (const query of [
      'returnTo=//evil.example',
      'returnTo=/&returnTo=//evil.example',
      'returnTo=//evil.example&returnTo=/',
      'returnTo[]=//evil.example',
      'returnTo[a]=//evil.example',
      'returnTo=%00//evil.example',
      'returnTo=%ff//evil.example',
      'returnTo=%zz//evil.example',
      'returnto=//evil.example',
      'return_to=//evil.example',
    ]) {
      const visitor = new Visitor(site);
      const login = await visitor.agent.get(`/auth/qq/login?${query}`);
      const response = await visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
      expectOwn(response.headers.location ?? '');
    }
  });

  it('is redirected to this site if onLogin returns the payload', async () => {
    for (const payload of ['//evil.example', 'https://evil.example', '/..//evil.example', 'javascript:alert(1)']) {
      onLoginSays = payload;
      expectOwn((await new Visitor(site).login('/private')).headers.location ?? '');
    }
    onLoginSays = undefined;
  });

  it('gets no redirect through the URL of a guarded page', async () => {
    await using guarded = await startSite({ routes: (app) => app.use(requireQQUser()) });
    for (const path of ['//evil.example/x', '/\\evil.example', 'http://evil.example/private', '/..//evil.example']) {
      let { text } = await rawGet(guarded.url, path, 'Accept: text/html\r\n');
      let location = /^location: (.*)$/im.exec(text)?.[1] ?? '';
      if (new URL(location).origin === guarded.url) {
        // Under another host name the login is first led to the origin of redirectUri.
        ({ text } = await rawGet(guarded.url, location.slice(guarded.url.length), 'Accept: text/html\r\n'));
        location = /^location: (.*)$/im.exec(text)?.[1] ?? '';
      }
      const cookie = /^set-cookie: ([^;]*)/im.exec(text)?.[1] ?? '';
      expect(new URL(location).origin).toBe(guarded.sandbox.url);
      const callback = await new Visitor(guarded).atQQ(location);
      const response = await request(guarded.url)
        .get(callback.pathname + callback.search)
        .set('Cookie', cookie);
      expect([...originsOf(response.headers.location ?? '', guarded.url)]).toEqual([guarded.url]);
    }
  });

  it('gets no link to another site on an error page', async () => {
    for (const payload of ['//evil.example', 'javascript:alert(1)', '"><script>alert(1)</script>', "/'onclick='a"]) {
      const visitor = new Visitor(site);
      const callback = await visitor.toCallback(payload);
      callback.searchParams.delete('code');
      const { text } = await visitor.callback(callback);
      for (const [, href = ''] of text.matchAll(/href="([^"]*)"/g)) {
        expect(href).toMatch(/^\/(?![/\\])/);
        const returnTo = new URL(href.replaceAll('&amp;', '&'), site.url).searchParams.get('returnTo');
        if (returnTo !== null) expectOwn(returnTo);
      }
      expect(text).not.toMatch(/<script|onclick=/);
    }
  });

  it('cannot set returnTo to a login, a logout or a callback', async () => {
    for (const payload of [
      '/auth/qq/login',
      '/auth/qq/login/',
      '/auth/qq/login//',
      '/auth/qq/login?returnTo=/auth/qq/login',
      '/auth/qq/./login',
      '/auth/./qq/x/../login#here',
      '/auth/qq/callback?code=a&state=b',
      '/auth/qq/logout',
      '/auth/qq/refresh',
    ]) {
      expect((await new Visitor(site).login(payload)).headers.location).toBe('/');
      expect((await new Visitor(site).login(site.url + payload)).headers.location).toBe('/');
    }
  });
});

describe('a user who returns to the page of the login', () => {
  it.each([
    ['/', '/'],
    ['/a/b?c=d&e=f#g', '/a/b?c=d&e=f#g'],
    ['/?next=//evil.example', '/?next=//evil.example'],
    ['/search?q=https%3A%2F%2Fexample.com', '/search?q=https%3A%2F%2Fexample.com'],
    ['/中文?q=汉', '/%E4%B8%AD%E6%96%87?q=%E6%B1%89'],
    ['/a%20b', '/a%20b'],
    ['/a//b', '/a//b'],
    ['/@user', '/@user'],
    [`${FRONT_END}/page?x=1#y`, `${FRONT_END}/page?x=1#y`],
    ['HTTPS://APP.EXAMPLE.COM/page', `${FRONT_END}/page`],
    [`${FRONT_END}:443/page`, `${FRONT_END}/page`],
  ])('with %s is redirected there', async (returnTo, location) => {
    await using site = await startSite({ qq: { allowedReturnOrigins: [FRONT_END] } });
    expect((await new Visitor(site).login(returnTo)).headers.location).toBe(location);
  });

  it('is redirected there behind a proxy that strips a prefix, and to no other page', async () => {
    await using site = await startSite({
      sandbox: { apps: [{ appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' }] },
      qq: { redirectUri: 'http://127.0.0.1:1/shop/auth/qq/callback', callbackPath: '/auth/qq/callback' },
    });
    for (const [returnTo, location] of [
      ['/basket', '/shop/basket'],
      ['/shop/basket', '/shop/basket'],
      ['/shop', '/shop'],
      ['/shop//evil.example', '/shop//evil.example'],
      ['/shopping', '/shop/shopping'],
      ['/auth/qq/login', '/shop/'],
      ['/shop/auth/qq/login', '/shop/'],
      ['//evil.example', '/shop/'],
      ['/shop/..//evil.example', '/shop/'],
    ]) {
      const visitor = new Visitor(site);
      const callback = await visitor.toCallback(returnTo);
      const response = await visitor.agent.get(callback.pathname.replace('/shop', '') + callback.search);
      expect([returnTo, response.headers.location]).toEqual([returnTo, location]);
    }
  });
});

describe('a developer', () => {
  it.each(['defaultReturnTo', 'cancelUrl'])('cannot set %s to another site or to the login itself', (option) => {
    for (const value of [
      '//evil.example',
      'https://evil.example',
      '/auth/qq/login',
      'relative',
      'javascript:alert(1)',
    ]) {
      let failure: unknown;
      try {
        qqConnect({ ...APP, redirectUri: 'https://www.example.com/auth/qq/callback', [option]: value });
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(QQConfigurationError);
      expect(String(failure)).toContain(option);
      expect(String(failure)).not.toContain(value);
    }
  });
});
