import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EncryptJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { createSealer } from '../../src/attempt/sealer.js';
import { requireQQUser } from '../../src/index.js';
import { later } from '../support/clock.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { Jar, attemptCookie, cookiesSetBy, cookiesTakenBy, sessionCookie } from './support/cookies.js';
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
  ['no code', ''],
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

  it.each(polluted)('%s is a 400, without a request to QQ', async (_what, query) => {
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
  ])('%s, which no browser sends, does not stop the server', async (_what, path) => {
    const asked = site.asked('token');
    const { status } = await rawGet(site.url, path);
    expect([400, 431]).toContain(status);
    expect(site.asked('token')).toBe(asked);
    expect((await new Visitor(site).login()).status).toBe(302);
  });

  it('additional unknown parameters and the right code logs the user in', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    callback.search += '&a=b&a=c&msg=&%E4%B8%AD=%E6%96%87';
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it.each(['post', 'put', 'patch', 'delete', 'options'] as const)(
    'the method %s is 405 and uses neither state nor code',
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

  it('its parameters in the body of a POST is 405, because QQ has no response_mode=form_post', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const response = await visitor.agent
      .post('/auth/qq/callback')
      .type('form')
      .send(Object.fromEntries(callback.searchParams));
    expect(response.status).toBe(405);
  });

  it('an absolute address in the request line is not redirected to that address', async () => {
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

describe('a callback whose state is', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  /** Expects the page that says what happened and begins again with one click; QQ must not have been asked. */
  async function expectRefusal(visitor: Visitor, path: string, code: string): Promise<void> {
    const asked = site.asked('token');
    const response = await visitor.agent.get(path).set('Accept-Language', 'en');
    expect(response.status).toBe(400);
    expect(response.text).toContain(code);
    expect(response.text).toMatch(/<a href="\/auth\/qq\/login[^"]*">Log in with QQ again<\/a>/);
    expect(cookiesSetBy(response)).toEqual([]);
    expect(site.asked('token')).toBe(asked);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  }

  it.each([
    ['missing, as some phones drop it', `?code=${CODE}`, 'ERR_QQ_STATE_MISSING'],
    ['missing, with nothing else there', '', 'ERR_QQ_STATE_MISSING'],
    ['empty', `?code=${CODE}&state=`, 'ERR_QQ_STATE_MISSING'],
    ['wrong', `?code=${CODE}&state=${'a'.repeat(43)}`, 'ERR_QQ_STATE_UNKNOWN'],
    ['wrong and short', `?code=${CODE}&state=1`, 'ERR_QQ_STATE_UNKNOWN'],
    ['wrong and very long', `?code=${CODE}&state=${'a'.repeat(3000)}`, 'ERR_QQ_STATE_UNKNOWN'],
    ['an array', `?code=${CODE}&state[]=a`, 'ERR_QQ_STATE_MISSING'],
    ['an object', `?code=${CODE}&state[a]=b`, 'ERR_QQ_STATE_MISSING'],
    ['the name of a property', `?code=${CODE}&state=__proto__`, 'ERR_QQ_STATE_UNKNOWN'],
    ['written in capitals', `?code=${CODE}&STATE=a`, 'ERR_QQ_STATE_MISSING'],
  ])('%s is refused', async (_how, query, code) => {
    await expectRefusal(new Visitor(site), `/auth/qq/callback${query}`, code);
  });

  it('repeated is refused, also if one of them is right, and the right one alone still works', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    const state = callback.searchParams.get('state') ?? '';
    for (const states of [
      [state, 'x'],
      ['x', state],
      [state, state],
    ]) {
      const query = states.map((value) => `state=${value}`).join('&');
      await expectRefusal(visitor, `/auth/qq/callback?code=${CODE}&${query}`, 'ERR_QQ_STATE_UNKNOWN');
    }
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('different in one character is refused', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const state = callback.searchParams.get('state') ?? '';
    for (const wrong of [state.slice(1), `${state}a`, state.toUpperCase(), `${state}%20`, `%20${state}`]) {
      await expectRefusal(visitor, `/auth/qq/callback?code=${CODE}&state=${wrong}`, 'ERR_QQ_STATE_UNKNOWN');
    }
  });

  it('older than ten minutes is refused, even if the browser still sends its cookie', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const cookies = cookiesSetBy(login).join('; ');
    await later(9 * 60_000, async () => {
      const inTime = await new Visitor(site).callback(callback).set('Cookie', cookies);
      expect(inTime.status).toBe(302);
    });
    const second = await visitor.agent.get('/auth/qq/login');
    const late = await visitor.atQQ(second.headers.location ?? '');
    const asked = site.asked('token');
    await later(601_000, async () => {
      const response = await new Visitor(site).callback(late).set('Cookie', cookiesSetBy(second).join('; '));
      expect(response.status).toBe(400);
      expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
    });
    expect(site.asked('token')).toBe(asked);
  });

  it('that of a login at another application is refused', async () => {
    await using other = await startSite({
      sandbox: { apps: [{ appId: '100000043', appKey: 'another-made-up-app-key-0123' }] },
      qq: { appId: '100000043', appKey: 'another-made-up-app-key-0123' },
    });
    const elsewhere = new Visitor(other);
    const login = await elsewhere.agent.get('/auth/qq/login');
    const foreign = await elsewhere.atQQ(login.headers.location ?? '');
    const visitor = new Visitor(site);
    const response = await visitor.callback(foreign).set('Cookie', cookiesSetBy(login).join('; '));
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
  });

  it('unknown leaves a logged-in user logged in', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    for (const query of ['', `?code=${CODE}`, `?code=${CODE}&state=${'b'.repeat(43)}`]) {
      expect((await visitor.agent.get(`/auth/qq/callback${query}`)).status).toBe(400);
    }
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('unknown emits login_failed, so that metrics show an attack', async () => {
    const before = site.events.length;
    await new Visitor(site).agent.get(`/auth/qq/callback?code=${CODE}&state=${'c'.repeat(43)}`);
    expect(site.events.slice(before)).toEqual([
      { type: 'login_failed', durationMs: expect.any(Number), code: 'ERR_QQ_STATE_UNKNOWN', step: 'callback' },
    ]);
  });

  it('valid has 256 random bits in at most 64 URL-safe characters', async () => {
    const states = new Set<string>();
    for (let login = 0; login < 50; login += 1) {
      const { headers } = await new Visitor(site).agent.get('/auth/qq/login');
      const state = new URL(headers.location ?? '').searchParams.get('state') ?? '';
      expect(state).toMatch(/^[A-Za-z0-9_-]{43}$/);
      states.add(state);
    }
    expect(states.size).toBe(50);
  });
});

/** What the old and the new page of QQ send for a login that its user cancelled. */
const cancels: [string, (state: string) => Record<string, string>][] = [
  ['usercancel=1', (state) => ({ usercancel: '1', state })],
  ['usercancel=2', (state) => ({ usercancel: '2', state })],
  ['usercancel=1 beside a code', (state) => ({ usercancel: '1', code: 'A'.repeat(32), state })],
  ['error=access_denied', (state) => ({ error: 'access_denied', error_description: 'cancelled', state })],
  ['error=access_denied beside a code', (state) => ({ error: 'access_denied', code: 'A'.repeat(32), state })],
];

async function answer(visitor: Visitor, query: (state: string) => Record<string, string>, returnTo?: string) {
  const callback = await visitor.toCallback(returnTo);
  callback.search = new URLSearchParams(query(callback.searchParams.get('state') ?? '')).toString();
  return visitor.callback(callback);
}

describe('a user who cancels at QQ', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(cancels)(
    'is redirected to the page where the login was started with %s, and no token is requested',
    async (_name, query) => {
      const asked = [site.asked('token'), site.events.length];
      const response = await answer(new Visitor(site), query, '/private');
      expect([response.status, response.headers.location]).toEqual([302, '/private?qq_login=cancelled']);
      expect(response.headers['cache-control']).toBe('no-store');
      expect(site.asked('token')).toBe(asked[0]);
      expect(site.events.slice(asked[1]).map(({ type }) => type)).toEqual(['login_started', 'login_cancelled']);
    },
  );

  it('is redirected to cancelUrl, with any query and fragment', async () => {
    for (const [cancelUrl, location] of [
      ['/bye', '/bye?qq_login=cancelled'],
      ['/bye?from=qq#form', '/bye?from=qq&qq_login=cancelled#form'],
      ['https://app.example.com/bye', 'https://app.example.com/bye?qq_login=cancelled'],
    ] as const) {
      await using other = await startWatchedSite({
        qq: { cancelUrl, allowedReturnOrigins: ['https://app.example.com'] },
      });
      const response = await answer(new Visitor(other), (state) => ({ usercancel: '1', state }));
      expect(response.headers.location).toBe(location);
    }
  });

  it.each(['defaultReturnTo', 'cancelUrl'])('is not redirected in a loop if %s is a guarded page', async (option) => {
    await using guarded = await startWatchedSite({ qq: { [option]: '/private' } });
    const visitor = new Visitor(guarded);
    const response = await answer(visitor, (state) => ({ usercancel: '1', state }));
    expect(response.headers.location).toBe('/private?qq_login=cancelled');
    const page = await visitor.agent.get(response.headers.location ?? '').set('Accept', 'text/html');
    expect(page.status).toBe(401);
    expect(page.text).toContain('href="/auth/qq/login');
    const again = await visitor.login('/private');
    expect(again.headers.location).toBe('/private');
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('is not redirected in a loop if every page is guarded', async () => {
    await using guarded = await startWatchedSite({ routes: (app) => app.use(requireQQUser()) });
    const visitor = new Visitor(guarded);
    const response = await answer(visitor, (state) => ({ usercancel: '1', state }), '/anywhere');
    const page = await visitor.agent.get(response.headers.location ?? '');
    expect(page.headers.location ?? '').not.toContain('/oauth2.0/authorize');
  });

  it('stays logged in if they were', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    await answer(visitor, (state) => ({ usercancel: '1', state }));
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('is not cancelled with usercancel=0', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    callback.searchParams.set('usercancel', '0');
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('does not cancel by a callback with an unknown state', async () => {
    const visitor = new Visitor(site);
    const response = await answer(visitor, () => ({ usercancel: '1', state: 'x'.repeat(43) }));
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
  });

  it('is redirected once more when the response was lost, and QQ is not called', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/private?tab=2');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    callback.search = new URLSearchParams({
      usercancel: '1',
      state: callback.searchParams.get('state') ?? '',
    }).toString();
    for (let time = 0; time < 2; time += 1) {
      const response = await request(site.url)
        .get(callback.pathname + callback.search)
        .set('Cookie', attemptCookie(login));
      expect(response.headers.location).toBe('/private?tab=2&qq_login=cancelled');
    }
  });

  it.each([
    ['/page?qq_login=cancelled&', '/page?qq_login=cancelled'],
    ['/page?a=1&qq_login=cancelled&b=2#c', '/page?a=1&b=2&qq_login=cancelled#c'],
  ])('gets qq_login=cancelled once, where the page was %s', async (page, location) => {
    const response = await answer(new Visitor(site), (state) => ({ usercancel: '1', state }), page);
    expect(response.headers.location).toBe(location);
  });

  it('leaves no data of the login in the store', async () => {
    const visitor = new Visitor(site);
    const sessions = async () =>
      new Promise((resolve) => site.store.all?.((_error, all) => resolve(Object.keys(all ?? {}).length)));
    const before = await sessions();
    await visitor.toCallback();
    expect(await sessions()).toBe(before);
  });
});

describe('an error that QQ calls back with', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each([
    ['the old form', { code: '100010', msg: 'redirect uri is illegal' }, 500],
    ['the new form', { error: '100010', error_description: 'redirect uri is illegal' }, 500],
    ['the old form of an error of QQ itself', { code: '100032', msg: 'overload' }, 503],
  ])('in %s shows a page with its number, and no token is requested', async (_name, parameters, status) => {
    const asked = site.asked('token');
    const number = 'code' in parameters ? parameters.code : parameters.error;
    const response = await answer(new Visitor(site), (state) => ({ ...parameters, state }));
    expect(response.status).toBe(status);
    expect(response.text).toContain(number);
    expect(site.asked('token')).toBe(asked);
  });

  it.each([
    ['missing', {}, 'ERR_QQ_STATE_MISSING'],
    ['foreign', { state: 'y'.repeat(43) }, 'ERR_QQ_STATE_UNKNOWN'],
  ])('is read only after the state, which is %s', async (_name, state, code) => {
    const response = await answer(new Visitor(site), () => ({ code: '100010', msg: 'not online', ...state }));
    expect(response.status).toBe(400);
    expect(response.text).toContain(code);
    expect(response.text).not.toContain('100010');
  });
});

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
      `the genuine cookie with ${enc} in its header`,
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

  it.each(forgeries)('%s, does not complete the login', async (_what, forge) => {
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

  it('one that an older key of the list encrypted, completes the login', async () => {
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

  it('is redirected to the default page if returnTo is too long for a cookie', async () => {
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

  it('gets at most 20 deletions for hundreds of cookies with the name of a login cookie', async () => {
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
