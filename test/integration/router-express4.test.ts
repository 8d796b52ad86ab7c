import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type Express from 'express';
import type { Site, Visitor as VisitorType } from '../support/site.js';

// The package's own `express` is Express 4 here, as it is in an application that has no other.
const express4 = createRequire(import.meta.url)('express4') as typeof Express;
jest.unstable_mockModule('express', () => ({ default: express4, Router: express4.Router }));
const { default: express } = await import('express');
const { Visitor, startSite } = await import('../support/site.js');

describe('on Express 4', () => {
  let site: Site;
  let visitor: VisitorType;
  let refuse = false;
  beforeAll(async () => {
    site = await startSite({
      qq: {
        onLogin: async () => {
          if (refuse) throw Object.assign(new Error('no beer'), { status: 418 });
        },
      },
    });
    site.app.set('env', 'test');
    visitor = new Visitor(site);
  });
  afterAll(() => site.close());

  it('is the version that these tests run on', () => {
    expect(express).toBe(express4);
    expect(site.app).toHaveProperty('del'); // gone in Express 5
  });

  it('a guarded page redirects to the login, and the login back to the page', async () => {
    const page = await visitor.agent.get('/private?a=1').set('Accept', 'text/html');
    expect(page.status).toBe(302);
    const back = await visitor.callback(await visitor.atQQ(page.headers.location ?? ''));
    expect(back.headers.location).toBe('/private?a=1');
    expect((await visitor.agent.get('/private?a=1')).body).toEqual({ openid: site.sandbox.users[0]?.openid });
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('a failure of QQ reaches the error handler, and the earlier login stays', async () => {
    site.sandbox.failNext('user_info', 'http_500');
    const response = await visitor.login();
    expect(response.status).toBe(502);
    expect(response.text).toContain('ERR_QQ_HTTP_STATUS');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('an exception of onLogin reaches the error handlers', async () => {
    refuse = true;
    expect((await visitor.login()).status).toBe(418);
    refuse = false;
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('a wrong callback and a wrong method are answered', async () => {
    expect((await visitor.agent.get('/auth/qq/callback?code=x&state=y')).status).toBe(400);
    expect((await visitor.agent.get('/auth/qq/logout')).status).toBe(405);
  });

  it('a refresh and a logout work', async () => {
    expect((await visitor.agent.post('/auth/qq/refresh')).status).toBe(200);
    expect((await visitor.agent.post('/auth/qq/logout')).status).toBe(303);
    expect((await visitor.agent.get('/private').set('Accept', 'application/json')).status).toBe(401);
  });
});
