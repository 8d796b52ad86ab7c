import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Strategy } from '../../src/passport.js';
import { Browser } from '../support/browser.js';
import { frameworks } from '../support/passport-sites.js';
import { MADE_UP, hang, startUpstream } from '../support/upstream.js';
import type { PassportSite } from '../support/passport-sites.js';
import type { StrategyOptions } from '../../src/passport.js';
import type { Upstream } from '../support/upstream.js';

const APP: StrategyOptions = {
  clientID: MADE_UP.appId,
  clientSecret: MADE_UP.appKey,
  callbackURL: 'https://www.example.com/auth/qq/callback',
};
const tokenWithoutOpenid = JSON.stringify({ access_token: MADE_UP.accessToken, expires_in: 7776000 });

describe.each(Object.entries(frameworks))('the Passport strategy on %s', (name, start) => {
  let upstream: Upstream;
  let site: PassportSite;
  let browser: Browser;
  beforeEach(async () => {
    upstream = await startUpstream();
    site = await start({ graphUrl: upstream.url, timeoutMs: 1_500 });
    browser = new Browser(site.url);
  });
  afterEach(async () => {
    await site.close();
    await upstream.close();
  });

  it('logs the user in, and returns the state of the application', async () => {
    const response = await browser.login('/auth/qq?from=cart');
    expect(response.body).toEqual({ user: { openid: MADE_UP.openid }, state: 'cart' });
    expect(site.verified[0]).toMatchObject({ provider: 'qq', id: MADE_UP.openid, displayName: MADE_UP.nickname });
    if (name !== 'NestJS') expect((await browser.get('/me')).body).toEqual({ openid: MADE_UP.openid });
  });

  it('logs in from two tabs, in any order', async () => {
    const first = await browser.toCallback();
    const second = await browser.toCallback();
    expect((await browser.get(second)).body).toHaveProperty('user.openid', MADE_UP.openid);
    expect((await browser.get(first)).body).toHaveProperty('user.openid', MADE_UP.openid);
  });

  it('keeps ten of eleven attempts, and the cookies that the application has set', async () => {
    const callbacks: string[] = [];
    for (let index = 0; index < 11; index += 1) callbacks.push(await browser.toCallback());
    expect((await browser.get('/auth/qq')).headers['set-cookie']).toEqual(
      expect.arrayContaining([expect.stringContaining('earlier=kept')]),
    );
    expect((await browser.get(callbacks[1] ?? '')).body).not.toHaveProperty('user.openid');
    expect((await browser.get(callbacks[2] ?? '')).body).toHaveProperty('user.openid');
  });

  it('does not call verify if me fails or there is no openid', async () => {
    for (const me of [
      'callback( {"error":100016,"error_description":"access token check failed"} );',
      'callback( {} );',
    ]) {
      upstream.always('token', tokenWithoutOpenid);
      upstream.next('me', me);
      expect((await browser.login()).status).toBeGreaterThanOrEqual(400);
    }
    expect(site.verified).toEqual([]);
  });

  it('redirects to failureRedirect after a cancel, and sends the browser to QQ once', async () => {
    const callback = (await browser.toCallback()).replace(/code=\w+/, 'error=access_denied');
    const response = await browser.get(callback);
    expect([response.status, response.headers.location]).toEqual([302, '/failed']);
    expect(upstream.asked('authorize', 'token')).toEqual(['authorize']);
  });

  it('answers 504 within timeoutMs where the token request hangs', async () => {
    upstream.next('token', hang);
    expect(await browser.login()).toMatchObject({ status: 504, body: { code: 'ERR_QQ_TIMEOUT' } });
  });

  it('passes on the error number of QQ', async () => {
    upstream.next('token', JSON.stringify({ error: 100020, error_description: 'code is reused error' }));
    expect((await browser.login()).body).toMatchObject({ qqCode: 100020 });
  });

  it('refuses the callback of another browser, and a forged error, without a request to QQ', async () => {
    const callback = await browser.toCallback();
    const other = new Browser(site.url);
    for (const path of [callback, '/auth/qq/callback?error=100010&state=forged', '/auth/qq/callback?state=forged']) {
      const response = await other.get(path);
      // failureRedirect takes the place of 403.
      if (name === 'NestJS') expect(response.status).toBe(403);
      else expect(response.headers.location).toBe('/failed');
    }
    expect(upstream.asked('token', 'me', 'user_info')).toEqual([]);
  });
});

describe('the Passport strategy', () => {
  it.each(['Express', 'koa-passport', 'NestJS'] as const)(
    'logs in from two tabs without a session on %s',
    async (name) => {
      await using upstream = await startUpstream();
      const site = await frameworks[name]({ graphUrl: upstream.url, withoutSession: true });
      const browser = new Browser(site.url);
      const callbacks = [await browser.toCallback(), await browser.toCallback()];
      for (const callback of callbacks) {
        expect((await browser.get(callback)).body).toHaveProperty('user.openid', MADE_UP.openid);
      }
      await site.close();
    },
  );

  it('fails with 403 and no redirect of its own for an unknown state', async () => {
    await using upstream = await startUpstream();
    const site = await frameworks.Express({ graphUrl: upstream.url });
    const response = await new Browser(site.url).get('/auth/qq/plain?code=1&state=forged');
    expect(response.status).toBe(403);
    await site.close();
  });

  it('shows its secret neither inspected nor as JSON', () => {
    const strategy = new Strategy(APP, () => undefined);
    for (const shown of [inspect(strategy, { depth: 20, showHidden: true }), JSON.stringify(strategy)]) {
      expect(shown).not.toContain(MADE_UP.appKey);
    }
  });

  it.each([
    [{ authorizationURL: 'https://graph.qq.com/oauth2.0/authorize' }, /authorizationURL cannot be set: use graphUrl/],
    [{ tokenURL: 'https://graph.qq.com/oauth2.0/token' }, /tokenURL cannot be set/],
    [{ store: {} }, /store cannot be set/],
    [{ callbackURL: '/auth/qq/callback' }, /callbackURL .*absolute/],
    [{ clientID: '' }, /clientID is missing/],
    [{ appId: '1' }, /appId: no such option, its name is clientID/],
    [{ colour: 1 }, /colour: no such option/],
  ])('refuses %j by name', (wrong, message) => {
    expect(() => new Strategy({ ...APP, ...wrong } as never, () => undefined)).toThrow(message);
  });

  it('calls verify by its arity, and passes on what it throws or rejects with', async () => {
    await using upstream = await startUpstream();
    const calls: unknown[][] = [];
    type Finish = () => void;
    const record = (args: unknown[], done: Finish): void => {
      calls.push(args);
      done();
    };
    const verifies: [boolean, (...args: never[]) => unknown][] = [
      [
        false,
        (a: string, r: string, p: object, done: Finish) => {
          record([a, r, p], done);
        },
      ],
      [
        false,
        (_a: string, _r: string, t: object, p: object, done: Finish) => {
          record([t, p], done);
        },
      ],
      [
        false,
        (...args: unknown[]) => {
          record(args.slice(0, -1), args.at(-1) as Finish);
        },
      ],
      [
        true,
        (...args: unknown[]) => {
          record(args.slice(0, -1), args.at(-1) as Finish);
        },
      ],
      [
        true,
        (_q: object, _a: string, _r: string, t: object, _p: object, done: Finish) => {
          record([t], done);
        },
      ],
      [false, async () => Promise.reject(new Error('database'))],
    ];
    const outcomes: unknown[] = [];
    for (const [passReqToCallback, verify] of verifies) {
      const strategy = new Strategy({ ...APP, graphUrl: upstream.url, passReqToCallback }, verify as never);
      let location = '';
      const session: Record<string, unknown> = {};
      const run = async (url: string): Promise<void> =>
        new Promise((resolve) => {
          const end = (outcome?: string): void => {
            if (outcome !== undefined) outcomes.push(outcome);
            resolve();
          };
          // As Passport does: an object that inherits from the strategy.
          const perRequest = Object.create(strategy) as Strategy;
          Object.assign(perRequest, {
            redirect(to: string) {
              location = to;
              end();
            },
            fail: () => {
              end('fail');
            },
            error: (error: Error) => {
              end(error.message);
            },
          });
          perRequest.authenticate({ url, headers: {}, session });
        });
      await run('/auth/qq');
      await run(`/auth/qq/callback?code=${MADE_UP.code}&state=${new URL(location).searchParams.get('state') ?? ''}`);
    }
    expect(outcomes).toEqual(['fail', 'fail', 'fail', 'fail', 'fail', 'database']);
    expect(calls.map((args) => args.length)).toEqual([3, 2, 3, 4, 1]);
    expect(calls[1]?.[0]).toEqual({
      access_token: MADE_UP.accessToken,
      refresh_token: MADE_UP.refreshToken,
      expires_in: 7776000,
      openid: MADE_UP.openid,
    });
  });
});
