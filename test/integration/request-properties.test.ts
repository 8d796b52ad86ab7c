import { createRequire } from 'node:module';
import { describe, expect, it, jest } from '@jest/globals';
import express5 from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect } from '../../src/index.js';
import { Visitor, startSite } from '../support/site.js';
import type { RequestHandler } from 'express';
import type { QQConnectOptions } from '../../src/index.js';

const express4 = createRequire(import.meta.url)('express4') as typeof express5;

describe.each([
  ['5', express5],
  ['4', express4],
])('req.qqUser and req.qqConnect on Express %s', (_version, framework) => {
  const nickname: RequestHandler = (req, res) => void res.json(req.qqUser?.nickname ?? null);

  it('are the same objects whenever a request is asked for them', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/twice', (req, res) => {
          res.json([req.qqUser === req.qqUser, req.qqConnect === req.qqConnect, req.qqUser !== undefined]);
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/twice')).body).toEqual([true, true, true]);
  });

  it('can be changed by a handler without an effect on other requests', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/change', (req, res) => {
          Object.assign(req.qqUser ?? {}, { nickname: '改过的', openid: '' });
          Object.assign(req.qqUser?.raw ?? {}, { nickname: '改过的' });
          res.json(req.qqUser);
        });
        app.get('/look', (req, res) => void res.json(req.qqUser));
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    const { body: before } = (await visitor.agent.get('/look')) as { body: unknown };
    expect((await visitor.agent.get('/change')).body).toMatchObject({
      nickname: '改过的',
      raw: { nickname: '改过的' },
    });
    expect((await visitor.agent.get('/look')).body).toEqual(before);
  });

  it('reach the handlers of an application inside the application, and those behind it', async () => {
    const inner = framework();
    inner.get('/inner', nickname);
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.use(inner);
        app.get('/behind', nickname);
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    const { body: expected } = (await visitor.agent.get('/')) as { body: { user: string } };
    expect(expected.user).toMatch(/./);
    expect((await visitor.agent.get('/inner')).body).toBe(expected.user);
    expect((await visitor.agent.get('/behind')).body).toBe(expected.user);
  });

  it('reach the handlers behind an application that has the router to itself', async () => {
    const options: QQConnectOptions = { appId: '1', appKey: 'k', redirectUri: 'http://127.0.0.1/auth/qq/callback' };
    const inner = framework();
    inner.use(session({ secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    inner.use(qqConnect({ ...options, graphUrl: 'http://127.0.0.1:9' }));
    const app = framework().use(inner);
    app.get('/behind', (req, res) => void res.json(typeof req.qqConnect.login));
    expect((await request(app).get('/behind')).body).toBe('function');
  });

  it('are those of each of two copies of the package, on the requests that pass its router', async () => {
    const options: QQConnectOptions = { appId: '1', appKey: 'k', redirectUri: 'http://127.0.0.1/auth/qq/callback' };
    jest.resetModules();
    const copy = await import('../../src/index.js');
    expect(copy.qqConnect).not.toBe(qqConnect);
    const app = framework();
    const names: RequestHandler = (req, res) => void res.json(typeof (req as Partial<typeof req>).qqConnect?.login);
    for (const [path, make] of [
      ['/ours', qqConnect],
      ['/theirs', copy.qqConnect],
    ] as const) {
      app.use(path, make({ ...options, basePath: `${path}/auth`, callbackPath: `${path}/callback` }), names);
    }
    app.get('/neither', names);
    for (let round = 0; round < 2; round += 1) {
      expect((await request(app).get('/ours')).body).toBe('function');
      expect((await request(app).get('/theirs')).body).toBe('function');
      expect((await request(app).get('/neither')).body).toBe('undefined');
    }
  });

  it('win over a default that was set before the router', async () => {
    await using site = await startSite({
      framework,
      before: (app) => {
        app.use((req, _res, next) => {
          req.qqUser = undefined;
          next();
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('go along with a copy of the request', async () => {
    await using site = await startSite({
      framework,
      routes: (app) => {
        app.get('/copy', (req, res) => {
          const { qqUser, qqConnect } = { ...req };
          res.json([qqUser?.nickname === req.qqUser?.nickname, typeof qqUser?.nickname, typeof qqConnect.login]);
        });
      },
    });
    const visitor = new Visitor(site);
    await visitor.login();
    expect((await visitor.agent.get('/copy')).body).toEqual([true, 'string', 'function']);
  });
});
