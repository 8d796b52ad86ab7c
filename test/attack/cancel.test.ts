import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { requireQQUser } from '../../src/index.js';
import { Visitor } from '../support/site.js';
import { attemptCookie } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

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

  it('goes where cancelUrl says, whatever query and fragment that has', async () => {
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

  it.each(['defaultReturnTo', 'cancelUrl'])(
    'does not end in a loop where %s is a page that demands a login',
    async (option) => {
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
    },
  );

  it('does not end in a loop where the whole site demands a login', async () => {
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

  it('has cancelled nothing with usercancel=0', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    callback.searchParams.set('usercancel', '0');
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('cannot be made to by a callback with a state that is not theirs', async () => {
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

  it('may never come back: nothing of their login is stored anywhere', async () => {
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
  ])('in %s ends on a page with its number, and no token is asked for', async (_name, parameters, status) => {
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
  ])('is read only after the state, which is %s here', async (_name, state, code) => {
    const response = await answer(new Visitor(site), () => ({ code: '100010', msg: 'not online', ...state }));
    expect(response.status).toBe(400);
    expect(response.text).toContain(code);
    expect(response.text).not.toContain('100010');
  });
});
