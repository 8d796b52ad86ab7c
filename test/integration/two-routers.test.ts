import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import { qqConnect, qqErrorHandler } from '../../src/index.js';
import { startSandbox } from '../../src/sandbox.js';
import { APP, Visitor } from '../support/site.js';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Sandbox } from '../../src/sandbox.js';

const OTHER = { appId: '100000043', appKey: 'made-up-app-key-of-the-other-application' };

describe('two routers with two APP IDs on one session', () => {
  let server: Server;
  let sandbox: Sandbox;
  let url: string;
  beforeAll(async () => {
    sandbox = await startSandbox({ apps: [APP, OTHER], autoApprove: true });
    const app = express();
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    for (const [path, application] of [
      ['/one', APP],
      ['/two', OTHER],
    ] as const) {
      const router = qqConnect({
        ...application,
        graphUrl: sandbox.url,
        redirectUri: `${url}${path}/auth/qq/callback`,
        callbackPath: '/auth/qq/callback',
        logout: 'keep',
      });
      router.get('/who', (req, res, next) => {
        req.qqConnect
          .accessToken()
          .then((token) => res.json({ appId: req.qqUser?.appId, openid: req.qqUser?.openid, token }))
          .catch(next);
      });
      router.post('/cart', (req, res) => {
        Object.assign(req.session, { cart: ['tea'] });
        res.sendStatus(204);
      });
      router.get('/cart', (req, res) => void res.json((req.session as { cart?: string[] }).cart ?? null));
      app.use(path, router);
    }
    app.use(qqErrorHandler());
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sandbox.close();
  });

  async function logIn(visitor: Visitor, path: string): Promise<void> {
    const login = await visitor.agent.get(`${path}/auth/qq/login`);
    const response = await visitor.callback(await visitor.atQQ(login.headers.location ?? ''));
    expect(response.status).toBe(302);
  }
  const who = async (visitor: Visitor, path: string) =>
    (await visitor.agent.get(`${path}/who`).set('accept', 'application/json')).body as Record<string, string>;

  it('keep each its login and tokens, and the application’s data', async () => {
    const visitor = new Visitor({ url });
    await visitor.agent.post('/one/cart');
    await logIn(visitor, '/one');
    const one = await who(visitor, '/one');
    await logIn(visitor, '/two');
    const two = await who(visitor, '/two');
    expect([one.appId, two.appId]).toEqual([APP.appId, OTHER.appId]);
    expect(await who(visitor, '/one')).toEqual(one);
    expect(two.token).not.toBe(one.token);
    await logIn(visitor, '/one');
    expect(await who(visitor, '/two')).toEqual(two);
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);
  });

  it('log out each on its own', async () => {
    const visitor = new Visitor({ url });
    await logIn(visitor, '/one');
    await logIn(visitor, '/two');
    await visitor.agent.post('/one/auth/qq/logout');
    expect((await visitor.agent.get('/one/auth/qq/user')).status).toBe(401);
    expect((await visitor.agent.get('/two/auth/qq/user')).status).toBe(200);
  });

  it('hand the data of a user who logged out with logout: keep to the same user only', async () => {
    const visitor = new Visitor({ url });
    const [first, second] = sandbox.users;
    sandbox.nextUser(first?.openid ?? '');
    await logIn(visitor, '/one');
    await visitor.agent.post('/one/cart');
    await visitor.agent.post('/one/auth/qq/logout');
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);

    sandbox.nextUser(first?.openid ?? '');
    await logIn(visitor, '/one');
    expect((await visitor.agent.get('/one/cart')).body).toEqual(['tea']);

    await visitor.agent.post('/one/auth/qq/logout');
    sandbox.nextUser(second?.openid ?? '');
    await logIn(visitor, '/one');
    expect((await visitor.agent.get('/one/cart')).body).toBeNull();
  });
});
