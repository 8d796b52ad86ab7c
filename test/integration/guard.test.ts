import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import type { RequestHandler } from 'express';
import type { Site } from '../support/site.js';

const LOGIN_URL = '/auth/qq/login';
const PAGE = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe('requireQQUser', () => {
  let site: Site;
  beforeAll(async () => {
    const answer: RequestHandler = (req, res) => void res.json({ openid: req.qqUser?.openid });
    site = await startSite({
      routes: (app) => {
        app.all('/any', requireQQUser(), answer);
        app.get('/json', requireQQUser({ answer: 'json' }), answer);
        app.get('/page', requireQQUser({ answer: 'login' }), answer);
        app.get('/cancelled', (_req, res) => void res.send('welcome back'));
      },
    });
  });
  afterAll(() => site.close());

  const toLogin = { status: 302, headers: { location: expect.stringMatching(/\/oauth2\.0\/authorize\?/) } };
  const refused = { status: 401, body: { error: 'login_required', login_url: LOGIN_URL } };

  it('sends a page to the login, and back to where it was', async () => {
    const visitor = new Visitor(site);
    const response = await visitor.agent.get('/any?a=1&b=%E4%BD%A0').set('Accept', PAGE);
    expect(response).toMatchObject(toLogin);
    expect(response.headers['cache-control']).toBe('no-store');
    const back = await visitor.callback(await visitor.atQQ(response.headers.location ?? ''));
    expect(back.headers.location).toBe('/any?a=1&b=%E4%BD%A0');
    expect((await visitor.agent.get(back.headers.location ?? '')).status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['prefers JSON', { Accept: 'application/json' }],
    ['rather has JSON than HTML', { Accept: 'application/json, text/html;q=0.5' }],
    ['says X-Requested-With', { Accept: PAGE, 'X-Requested-With': 'XMLHttpRequest' }],
    ['is a fetch', { Accept: '*/*', 'Sec-Fetch-Mode': 'cors' }],
    ['is a fetch of this site', { Accept: PAGE, 'Sec-Fetch-Mode': 'same-origin' }],
  ])('answers 401 to a request that %s', async (_what, headers) => {
    const response = await request(site.url).get('/any').set(headers);
    expect(response).toMatchObject(refused);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it.each<[string, Record<string, string>]>([
    ['prefers HTML', { Accept: PAGE }],
    ['takes anything', { Accept: '*/*' }],
    ['says nothing', {}],
    ['navigates', { Accept: PAGE, 'Sec-Fetch-Mode': 'navigate' }],
  ])('sends a request to the login that %s', async (_what, headers) => {
    expect(await request(site.url).get('/any').set(headers)).toMatchObject(toLogin);
  });

  it.each(['Sec-Purpose', 'Purpose', 'X-Moz'])(
    'begins no login for a page that a browser only fetches in advance (%s)',
    async (header) => {
      const response = await request(site.url).get('/any').set('Accept', PAGE).set(header, 'prefetch');
      expect(response.status).toBe(204);
      expect(response.headers['set-cookie']).toBeUndefined();
    },
  );

  it('leads back to the page from the button that is shown after a cancel', async () => {
    const { text } = await request(site.url).get('/any?tab=2&qq_login=cancelled').set('Accept', PAGE);
    expect(text).toContain(`?returnTo=${encodeURIComponent('/any?tab=2')}`);
  });

  it('sends a HEAD to the login as it would a GET', async () => {
    expect((await request(site.url).head('/any').set('Accept', PAGE)).status).toBe(302);
  });

  it.each(['post', 'put', 'patch', 'delete'] as const)(
    'answers 401 to a %s, which no detour could repeat',
    async (method) => {
      expect(await request(site.url)[method]('/any').set('Accept', PAGE)).toMatchObject(refused);
    },
  );

  it('does as it is told by its option', async () => {
    expect(await request(site.url).get('/json').set('Accept', PAGE)).toMatchObject(refused);
    expect(await request(site.url).get('/page').set('Accept', 'application/json')).toMatchObject(toLogin);
  });

  it('lets a logged-in user pass, whatever the request', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    const openid = site.sandbox.users[0]?.openid;
    expect((await visitor.agent.get('/any')).body).toEqual({ openid });
    expect((await visitor.agent.post('/any')).body).toEqual({ openid });
    expect((await visitor.agent.get('/json').set('Accept', 'application/json')).body).toEqual({ openid });
  });

  it('does not send somebody who has just cancelled to QQ again', async () => {
    const response = await request(site.url).get('/any?qq_login=cancelled').set('Accept', PAGE);
    expect(response.status).toBe(401);
    expect(response.headers).not.toHaveProperty('location');
    expect(response.text).toContain(`href="${LOGIN_URL}`);
  });

  it('leaves every request alone that it does not guard', async () => {
    expect((await request(site.url).get('/cancelled')).text).toBe('welcome back');
  });
});

describe('requireQQUser in an application that is not set up', () => {
  const options = { ...APP, redirectUri: 'http://127.0.0.1:3000/auth/qq/callback', graphUrl: 'http://127.0.0.1:1' };
  const answered = async (...before: RequestHandler[]) => {
    const app = express();
    for (const handler of before) app.use(handler);
    app.get('/free', (req, res) => void res.json({ user: req.qqUser ?? null }));
    app.get('/guarded', requireQQUser(), (_req, res) => void res.send('in'));
    app.use(qqErrorHandler());
    return {
      free: await request(app).get('/free'),
      guarded: await request(app).get('/guarded').set('Accept', 'application/json, text/html;q=0.1'),
      page: await request(app).get('/guarded').set('Accept', PAGE),
      login: await request(app).get('/auth/qq/login').set('Accept', 'application/json'),
    };
  };

  it('says so where the router is missing', async () => {
    const { free, guarded, page } = await answered();
    expect(free.body).toEqual({ user: null });
    for (const response of [guarded, page]) {
      expect(response.status).toBe(500);
      expect(response.text).toContain('ERR_QQ_ROUTER_MISSING');
      expect(response.text).toContain('qqConnect()');
    }
  });

  it('says so where the session is missing, and fails nothing else', async () => {
    const { free, guarded, page, login } = await answered(qqConnect(options));
    expect(free.body).toEqual({ user: null });
    for (const response of [guarded, page, login]) {
      expect(response.status).toBe(500);
      expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
      expect(response.text).toContain('express-session');
    }
  });

  it('says so where the session comes after the router', async () => {
    const late = session({ secret: 's', resave: false, saveUninitialized: false });
    const { free, login } = await answered(qqConnect(options), late);
    expect(free.status).toBe(200);
    expect(login.text).toContain('ERR_QQ_SESSION_MISSING');
  });

  it('says so where the session has no store', async () => {
    const inCookie: RequestHandler = (req, _res, next) => {
      Object.assign(req, { session: { views: 1 } });
      next();
    };
    const { free, guarded } = await answered(inCookie, qqConnect(options));
    expect(free.body).toEqual({ user: null });
    expect(guarded.text).toContain('no store');
  });
});
