import { describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { isQQConnectError, qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { APP } from '../support/site.js';
import type { Express, RequestHandler } from 'express';

const secret = 'a secret of this test';

/** What cookie-session leaves behind: a session without a store, all of which goes into a cookie. */
const cookieSession: RequestHandler = (req, _res, next) => {
  Object.assign(req, { session: {}, sessionOptions: {} });
  next();
};

/** A store that is not connected: express-session then goes on without a session. */
class LostStore extends session.MemoryStore {
  lose(): void {
    this.emit('disconnect');
  }
}

function lostSession(): RequestHandler {
  const store = new LostStore();
  const handler = session({ secret, resave: false, saveUninitialized: false, store });
  store.lose();
  return handler;
}

const wrong: [string, { before?: RequestHandler; after?: RequestHandler }][] = [
  ['is not mounted', {}],
  ['is mounted after the router', { after: session({ secret, resave: false, saveUninitialized: false }) }],
  ['is cookie-session, which has no store', { before: cookieSession }],
  ['has lost its store', { before: lostSession() }],
  [
    'is for another path',
    { before: session({ secret, resave: false, saveUninitialized: false, cookie: { path: '/elsewhere' } }) },
  ],
];

describe.each(wrong)('where the session %s', (_how, { before, after }) => {
  const calls: Record<string, (req: express.Request) => Promise<unknown>> = {
    login: async (req) => req.qqConnect.login(),
    accessToken: async (req) => req.qqConnect.accessToken(),
    refreshUser: async (req) => req.qqConnect.refreshUser(),
    logout: async (req) => req.qqConnect.logout(),
  };

  function build(): Express {
    const app = express();
    if (before) app.use(before);
    app.use(
      qqConnect({ ...APP, redirectUri: 'http://127.0.0.1:3000/auth/qq/callback', graphUrl: 'http://127.0.0.1:9' }),
    );
    if (after) app.use('/late', after);
    app.get('/', (req, res) => void res.json({ user: req.qqUser ?? null }));
    app.get('/guarded', requireQQUser(), (_req, res) => void res.send('inside'));
    app.get('/methods/:name', (req, res, next) => {
      calls[req.params.name]?.(req).then(() => res.send('done'), next);
    });
    app.get('/broken', () => {
      throw new Error('of the application itself');
    });
    app.use(qqErrorHandler({ showFix: true }));
    app.use(((error, _req, res, next) => {
      if (isQQConnectError(error)) next(error);
      else res.status(418).send('not ours');
    }) as express.ErrorRequestHandler);
    return app;
  }

  it.each([
    ['get', '/auth/qq/login'],
    ['get', '/auth/qq/callback?code=a&state=b'],
    ['get', '/auth/qq/user'],
    ['post', '/auth/qq/logout'],
    ['post', '/auth/qq/refresh'],
    ['get', '/guarded'],
    ['get', '/methods/login'],
    ['get', '/methods/accessToken'],
    ['get', '/methods/refreshUser'],
    ['get', '/methods/logout'],
  ] as const)('%s %s says so, and what to do', async (method, path) => {
    const response = await request(build())[method](path).set('Accept-Language', 'en');
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
    expect(response.text).toContain('Mount express-session before qqConnect()');
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it('every other page works, with the user logged out', async () => {
    const response = await request(build()).get('/');
    expect([response.status, response.body]).toEqual([200, { user: null }]);
    expect((await request(build()).get('/broken')).status).toBe(418);
    expect((await request(build()).get('/nowhere')).status).toBe(404);
  });
});
