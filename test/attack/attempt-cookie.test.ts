import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EncryptJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { createSealer } from '../../src/attempt/sealer.js';
import { APP, Visitor } from '../support/site.js';
import { Jar, attemptCookie, cookiesTakenBy, sessionCookie } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const LIFETIME = 600;
const password = new TextEncoder().encode(APP.appKey);

/** Ways of making a cookie for a state that is known, without the site's own key. */
const forgeries: [string, (state: string, genuine: string) => Promise<string> | string][] = [
  ['an empty value', () => ''],
  ['a word', () => 'true'],
  ['four dots', () => '....'],
  ['JSON', (state) => JSON.stringify({ state, returnTo: '/' })],
  ['an unsigned JWT', (state) => new UnsecuredJWT({ state, returnTo: '/' }).setExpirationTime('5m').encode()],
  ['a cookie sealed with another key', (state) => createSealer(['k'], 'login attempt').seal({ state }, LIFETIME)],
  [
    'a cookie sealed for another purpose',
    (state) => createSealer([APP.appKey], 'tokens').seal({ state, returnTo: '/' }, LIFETIME),
  ],
  [
    'a cookie of the right key that expired a second ago',
    (state) => createSealer([APP.appKey], 'login attempt').seal({ state, returnTo: '/' }, -1),
  ],
  [
    'a cookie of the right key without a destination',
    (state) => createSealer([APP.appKey], 'login attempt').seal({ state }, LIFETIME),
  ],
  [
    'a cookie encrypted with a password, with a cost that would stop the server',
    (state) =>
      new EncryptJWT({ state, returnTo: '/' })
        .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
        .setExpirationTime('5m')
        .encrypt(password),
  ],
  ['the genuine cookie without its last character', (_state, genuine) => genuine.slice(0, -1)],
  [
    'the genuine cookie with another authentication tag',
    (_state, genuine) => genuine.replace(/[^.]+$/, 'A'.repeat(22)),
  ],
  ['the genuine cookie with another ciphertext', (_state, genuine) => genuine.replace(/\.[^.]+\.([^.]+)$/, '.AAAA.$1')],
  ['the genuine cookie with another header', (_state, genuine) => genuine.replace(/^[^.]+/, 'eyJhbGciOiJub25lIn0')],
  ...['A128GCM', 'A192GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512'].map(
    (enc): (typeof forgeries)[number] => [
      `the genuine cookie under a header that says ${enc}`,
      (_state, genuine) => {
        const header = Buffer.from(JSON.stringify({ alg: 'dir', enc })).toString('base64url');
        return genuine.replace(/^[^.]+/, header);
      },
    ],
  ),
  ['the genuine cookie twice', (_state, genuine) => genuine + genuine],
];

describe('the cookie of a login attempt, replaced by', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(forgeries)('%s, is no attempt', async (_what, forge) => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const [name = '', ...value] = attemptCookie(login).split('=');
    const forged = await forge(callback.searchParams.get('state') ?? '', value.join('='));
    const asked = site.asked('token');
    const response = await request(site.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', `${name}=${encodeURIComponent(forged)}`);
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
    expect(sessionCookie(response)).toBe('');
    expect(cookiesTakenBy(response)).toEqual([name]);
    expect(site.asked('token')).toBe(asked);
  });

  it('that of a key that was rotated out a moment ago, is still one', async () => {
    await using rotated = await startWatchedSite({
      qq: { encryptionKey: ['the-new-key-of-this-site-0123456789', 'the-old-key-of-this-site-0123456789'] },
    });
    const visitor = new Visitor(rotated);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const [name = '', ...value] = attemptCookie(login).split('=');
    const current = createSealer(['the-new-key-of-this-site-0123456789'], 'login attempt');
    const old = createSealer(['the-old-key-of-this-site-0123456789'], 'login attempt');
    const response = await request(rotated.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', `${name}=${old.seal({ ...current.open(value.join('=')), returnTo: '/private' }, LIFETIME)}`);
    expect(response.headers.location).toBe('/private');
  });
});

describe('a browser that starts many logins', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each([
    ['without a destination', () => ''],
    ['with a destination of 1,500 characters', () => `/${'a'.repeat(1_500)}`],
    ['with destinations of every length', (login: number) => `/${'b'.repeat(login * 60)}`],
    ['with destinations that take many bytes', () => `/${'汉'.repeat(200)}`],
  ])(
    '%s keeps at most ten cookies and a Cookie header of at most 6 KB, and the newest login always works',
    async (_name, to) => {
      const jar = new Jar();
      for (let login = 0; login < 40; login += 1) {
        const response = await request(site.url)
          .get(`/auth/qq/login?returnTo=${encodeURIComponent(to(login))}`)
          .set('Cookie', jar.header);
        jar.keep(response);
        const attempts = jar.of('qq_login_');
        expect(attempts.length).toBeLessThanOrEqual(10);
        expect(jar.header.length).toBeLessThanOrEqual(6 * 1024);
        expect(attempts.map((cookie) => cookie.join('='))).toContain(attemptCookie(response));
      }
      const last = await request(site.url).get('/auth/qq/login').set('Cookie', jar.header);
      jar.keep(last);
      const callback = await new Visitor(site).atQQ(last.headers.location ?? '');
      const answer = await request(site.url)
        .get(callback.pathname + callback.search)
        .set('Cookie', jar.header);
      expect(answer.status).toBe(302);
    },
  );

  it('goes to the default page where the destination is too long for a cookie', async () => {
    const visitor = new Visitor(site);
    const response = await visitor.login(`/${'汉'.repeat(600)}`);
    expect(response.headers.location).toBe('/');
  });

  it('leaves room in the header for the application’s own cookies', async () => {
    const jar = new Jar();
    jar.put(`other=${'x'.repeat(5_000)}`);
    for (let login = 0; login < 12; login += 1) {
      jar.keep(
        await request(site.url)
          .get(`/auth/qq/login?returnTo=/${'a'.repeat(300)}`)
          .set('Cookie', jar.header),
      );
      expect(jar.header.length).toBeLessThanOrEqual(6 * 1024);
    }
    expect(jar.of('qq_login_').length).toBeGreaterThan(0);
  });

  it('gets at most 20 deletions for hundreds of cookies under our name', async () => {
    const own =
      attemptCookie(await request(site.url).get('/auth/qq/login'))
        .split('=', 1)[0]
        ?.slice(0, -22) ?? '';
    const many = Array.from({ length: 300 }, (_, index) => `${own}${String(index).padStart(22, '0')}=x`).join('; ');
    const response = await request(site.url).get('/auth/qq/login').set('Cookie', many);
    expect(response.status).toBe(302);
    expect(cookiesTakenBy(response).length).toBeLessThanOrEqual(20);
  });

  it('has attempts of its own APP ID and redirectUri only, also where two routers share an encryption key', async () => {
    const encryptionKey = 'an-encryption-key-that-two-applications-share';
    await using one = await startWatchedSite({ qq: { encryptionKey } });
    await using two = await startWatchedSite({ qq: { encryptionKey } });
    const login = await request(one.url).get('/auth/qq/login');
    const callback = await new Visitor(one).atQQ(login.headers.location ?? '');
    const other =
      attemptCookie(await request(two.url).get('/auth/qq/login'))
        .split('=', 1)[0]
        ?.slice(0, -22) ?? '';
    const [name = '', ...value] = attemptCookie(login).split('=');
    const response = await request(two.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', `${other}${name.slice(-22)}=${value.join('=')}`);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
  });

  it('loses the oldest ones first', async () => {
    const jar = new Jar();
    const names: string[] = [];
    for (let login = 0; login < 12; login += 1) {
      const response = await request(site.url).get('/auth/qq/login').set('Cookie', jar.header);
      names.push(attemptCookie(response).split('=', 1)[0] ?? '');
      jar.keep(response);
    }
    expect(jar.of('qq_login_').map(([name]) => name)).toEqual(names.slice(2));
  });

  it('keeps the cookies of another application on another port of localhost', async () => {
    await using other = await startWatchedSite({
      qq: { appId: '100000044' },
      sandbox: { apps: [APP, { ...APP, appId: '100000044' }] },
    });
    const jar = new Jar();
    jar.put('theme=dark');
    const elsewhere = await request(other.url).get('/auth/qq/login');
    jar.keep(elsewhere);
    for (let login = 0; login < 15; login += 1) {
      const response = await request(site.url).get('/auth/qq/login').set('Cookie', jar.header);
      expect(cookiesTakenBy(response)).not.toContain(attemptCookie(elsewhere).split('=', 1)[0]);
      jar.keep(response);
    }
    const callback = await new Visitor(other).atQQ(elsewhere.headers.location ?? '');
    const response = await request(other.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', jar.header);
    expect(response.status).toBe(302);
    expect(jar.header).toContain('theme=dark');
  });

  it.each([
    ['names of properties', '__proto__=a; constructor=b; toString=c'],
    ['nothing but separators', ';;;=;=;; ;'],
    ['broken percent-encoding', 'a=%; b=%zz; qq_login_=%ff'],
    ['8,000 bytes of other cookies', `other=${'x'.repeat(8_000)}`],
    ['5 KB of other cookies', `other=${'x'.repeat(5_000)}`],
    ['an unfinished quote', 'a="b; c=d'],
  ])('is not disturbed by a Cookie header with %s', async (_what, header) => {
    const login = await request(site.url).get('/auth/qq/login').set('Cookie', header);
    expect(login.status).toBe(302);
    const callback = await new Visitor(site).atQQ(login.headers.location ?? '');
    const response = await request(site.url)
      .get(callback.pathname + callback.search)
      .set('Cookie', `${header}; ${attemptCookie(login)}`);
    expect(response.status).toBe(302);
  });
});
