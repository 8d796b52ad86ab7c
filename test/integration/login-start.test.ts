import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireQQUser } from '../../src/index.js';
import { Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { Site } from '../support/site.js';

const PAGE = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const HTTPS = { qq: { redirectUri: 'https://www.example.com/auth/qq/callback' } };

describe('a login that starts on another origin than redirectUri', () => {
  let site: Site;
  let https: Site;
  beforeAll(async () => {
    [site, https] = await Promise.all([startSite(), startSite(HTTPS)]);
  });
  afterAll(() => Promise.all([site.close(), https.close()]));

  it('is redirected to the login route of that origin, with its returnTo', async () => {
    const response = await new Visitor(site).agent
      .get('/auth/qq/login?returnTo=%2Fme%3Fa%3D1&display=pc')
      .set({ ...PAGE, Host: 'localhost:3000' });
    expect(response.status).toBe(302);
    expect(response.headers.location).toBe(
      `${site.url}/auth/qq/login?returnTo=%2Fme%3Fa%3D1&display=pc&origin=checked`,
    );
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('is redirected there from a guarded page too', async () => {
    const response = await new Visitor(https).agent.get('/private').set({ ...PAGE, Host: 'example.com' });
    expect(response.headers.location).toBe('https://www.example.com/auth/qq/login?returnTo=%2Fprivate&origin=checked');
  });

  it('is redirected with status 303 after a POST', async () => {
    await using other = await startSite({
      ...HTTPS,
      routes: (app) => app.post('/start', (req, _res, next) => void req.qqConnect.login().catch(next)),
    });
    const response = await new Visitor(other).agent.post('/start').set({ ...PAGE, Host: 'example.com' });
    expect(response.status).toBe(303);
  });

  it.each([
    ['has been redirected before', '?origin=checked', { ...PAGE, Host: 'example.com' }],
    ['comes to the right host through a proxy that names https', '', { ...PAGE, 'X-Forwarded-Proto': 'https' }],
  ])('starts if the request %s', async (_what, query, headers) => {
    const response = await new Visitor(https).agent
      .get(`/auth/qq/login${query}`)
      .set({ Host: 'www.example.com', ...headers });
    expect(response.headers.location).toMatch(/\/oauth2\.0\/authorize\?/);
  });

  it('is redirected from http to https', async () => {
    const response = await new Visitor(https).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'www.example.com' });
    expect(response.headers.location).toMatch(/^https:\/\/www\.example\.com\/auth\/qq\/login\?/);
  });

  it('starts for a script, which gets the URL of QQ', async () => {
    const response = await new Visitor(https).agent
      .get('/auth/qq/login')
      .set({ Accept: 'application/json', Host: 'example.com' });
    expect(response.body).toEqual({ url: expect.stringMatching(/\/oauth2\.0\/authorize\?/) });
  });

  it('starts where the front end owns the page of redirectUri', async () => {
    await using api = await startSite({
      qq: { redirectUri: 'https://www.example.com/login-done', callbackPath: '/api/qq/done' },
    });
    const response = await new Visitor(api).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'api.example.com' });
    expect(response.headers.location).toMatch(/\/oauth2\.0\/authorize\?/);
  });

  it('is completed after the redirect, at the host of redirectUri', async () => {
    const visitor = new Visitor(site);
    const first = await visitor.agent.get('/auth/qq/login?returnTo=%2Fme').set({ ...PAGE, Host: 'localhost' });
    const { pathname, search } = new URL(first.headers.location ?? '');
    const second = await visitor.agent.get(pathname + search).set(PAGE);
    const end = await visitor.callback(await visitor.atQQ(second.headers.location ?? ''));
    expect(end.headers.location).toBe('/me');
  });

  it('causes one warning with what to write in nginx, and no control characters of the Host header', async () => {
    await using other = await startSite(HTTPS);
    using warnings = collectWarnings();
    for (let time = 0; time < 2; time += 1) {
      await new Visitor(other).agent.get('/auth/qq/login').set({ ...PAGE, Host: 'up"stream<x>' });
    }
    expect([...warnings]).toMatchObject([{ code: 'QQ_LOGIN_ORIGIN' }]);
    expect(warnings[0]?.message).toContain('proxy_set_header Host $host;');
    expect(warnings[0]?.message).not.toMatch(/["<>]/);
  });
});

describe('a login in a frame', () => {
  const FRAME = { ...PAGE, 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate' };

  it('is a page with a link that opens on top, which a frame may show', async () => {
    await using site = await startSite();
    const response = await new Visitor(site).agent.get('/auth/qq/login?returnTo=%2Fme').set(FRAME);
    expect(response.status).toBe(200);
    expect(response.text).toContain('href="/auth/qq/login?returnTo=%2Fme" target="_top"');
    expect(response.headers).not.toHaveProperty('x-frame-options');
    expect(response.headers['content-security-policy']).not.toContain('frame-ancestors');
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('is such a page, with status 401, at a guarded page', async () => {
    await using site = await startSite({
      routes: (app) => app.get('/framed', requireQQUser(), (_req, res) => void res.send('in')),
    });
    const response = await new Visitor(site).agent.get('/framed').set(FRAME);
    expect(response.status).toBe(401);
    expect(response.text).toContain('target="_top"');
    expect(response.headers).not.toHaveProperty('x-frame-options');
  });
});
