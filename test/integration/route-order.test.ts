import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { RequestHandler } from 'express';

const express4 = createRequire(import.meta.url)('express4') as typeof express;

const answer: RequestHandler = (req, res) => void res.json({ user: req.qqUser?.nickname ?? null });
const pass: RequestHandler = (_req, _res, next) => {
  next();
};

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a login whose page is a route before the router, on %s', (_name, framework) => {
  let warnings: ReturnType<typeof collectWarnings>;
  beforeEach(() => {
    warnings = collectWarnings();
  });
  afterEach(() => warnings[Symbol.dispose]());

  it.each<[string, (app: express.Express) => void]>([
    ['a route of the application', (app) => app.get('/early/:id', answer)],
    ['a route of a router at a path', (app) => app.use('/early', framework.Router().get('/:id', answer))],
    ['a route for all methods', (app) => app.all('/early/1', answer)],
  ])('causes one warning that names %s', async (_what, before) => {
    await using site = await startSite({ framework, before });
    for (let time = 0; time < 2; time += 1) await new Visitor(site).login('/early/1?a=1');
    expect([...warnings]).toMatchObject([{ code: 'QQ_ROUTE_ORDER' }]);
    expect(warnings[0]?.message).toContain('app.use(qqConnect()) before the route /');
  });

  it.each<[string, (app: express.Express) => void]>([
    ['middleware', (app) => app.use(pass)],
    ['middleware at its path', (app) => app.use('/early', pass)],
    ['a route that passes every request on', (app) => app.get(/.*/, pass)],
    ['a route for another method', (app) => app.post('/early/1', answer)],
    ['a route of another path', (app) => app.get('/earlier/:id', answer)],
    ['a router without such a route', (app) => app.use(framework.Router().get('/other', answer))],
  ])('causes none for %s', async (_what, before) => {
    await using site = await startSite({ framework, before, routes: (app) => app.get('/early/:id', answer) });
    await new Visitor(site).login('/early/1');
    expect([...warnings]).toEqual([]);
  });
});

describe('req.qqUser', () => {
  it('causes one warning where it is read without a session', async () => {
    using warnings = collectWarnings();
    const app = express();
    // Logins succeed here, and no page has a user.
    app.use('/auth', session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    app.use(qqConnect({ ...APP, graphUrl: 'http://127.0.0.1:1', redirectUri: 'http://127.0.0.1/auth/qq/callback' }));
    app.get('/', answer);
    for (let time = 0; time < 2; time += 1) await request(app).get('/');
    expect([...warnings]).toMatchObject([{ code: 'QQ_SESSION_MISSING' }]);
    expect(warnings[0]?.message).toContain('app.use(session({ … })); app.use(qqConnect())');
  });
});
