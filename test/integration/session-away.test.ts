import { createServer, request as openRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect, requireQQUser } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { sessionCookie } from '../support/token-site.js';
import type { AddressInfo } from 'node:net';
import type { Request, Response } from 'express';

describe('a session store that is disconnected', () => {
  it('is a 503 once requests had a session, uses up no attempt, and fails no other route', async () => {
    const store = new session.MemoryStore();
    await using site = await startSite({ store });
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    store.emit('disconnect');
    for (const path of ['/auth/qq/login', callback.pathname + callback.search, '/private', '/auth/qq/user']) {
      const response = await visitor.agent.get(path).set('accept', 'text/html');
      expect([path, response.status]).toEqual([path, 503]);
      expect(response.text).toContain('ERR_QQ_SESSION_STORE');
    }
    expect((await visitor.agent.get('/')).status).toBe(200);
    store.emit('connect');
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('is not assumed for a path that the session cookie does not cover', async () => {
    await using site = await startSite({
      session: { cookie: { path: '/shop' } },
      routes: (app) => {
        app.get('/shop/home', (_req, res) => void res.send('home'));
        app.get('/other', requireQQUser(), (_req, res) => void res.send('in'));
      },
    });
    await request(site.url).get('/shop/home');
    const response = await request(site.url).get('/other').set('accept', 'text/html');
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_MISSING');
  });
});

describe('the router called with the request of a WebSocket upgrade', () => {
  it('sets req.qqUser, as in the recipe of socket.io', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    const login = await visitor.login();
    const middleware = session({
      secret: 'a secret of this test',
      resave: false,
      saveUninitialized: false,
      store: site.store,
    });
    const router = qqConnect({
      ...APP,
      graphUrl: site.sandbox.url,
      redirectUri: `${site.url}/auth/qq/callback`,
    });
    const server = createServer(express());
    server.on('upgrade', (req, socket) => {
      const none: unknown = {};
      const response = none as Response;
      middleware(req as Request, response, () => {
        router(req as Request, response, () => {
          socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${String((req as Request).qqUser?.openid)}`);
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve, reject) => {
      openRequest({
        port,
        host: '127.0.0.1',
        path: '/socket.io/',
        headers: { connection: 'Upgrade', upgrade: 'websocket', cookie: sessionCookie(login) },
      })
        .on('response', (res) => {
          let body = '';
          res.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body));
        })
        .on('error', reject)
        .end();
    });
    await new Promise((resolve) => server.close(resolve));
    expect(text).toBe(site.sandbox.users[0]?.openid);
  });
});
