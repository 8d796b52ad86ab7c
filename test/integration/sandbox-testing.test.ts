import { describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { QQConnectClient } from '../../src/client.js';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { errorOf, SandboxVisitor } from '../contract/sandbox-visitor.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { QQConnectOptions } from '../../src/index.js';

function createApp(sandbox: Sandbox, options: QQConnectOptions = {}) {
  const app = express();
  app.use(session({ secret: 'made-up-session-secret', resave: false, saveUninitialized: false }));
  app.use(qqConnect({ ...sandbox.credentials, redirectUri: 'http://localhost/auth/qq/callback', ...options }));
  app.get('/private', requireQQUser(), (req, res) => void res.json({ openid: req.qqUser?.openid }));
  app.use(qqErrorHandler());
  return app;
}

describe('sandbox.credentials', () => {
  it('are the options of the router and the client, also for an application with redirect URIs', async () => {
    const redirectUri = 'https://www.example.com/auth/qq/callback';
    const apps = [{ appId: '7', appKey: 'made-up', name: 'Shop', redirectUris: [redirectUri] }];
    await using sandbox = await startSandbox({ apps, autoApprove: true });
    expect(sandbox.credentials).toEqual({ appId: '7', appKey: 'made-up', graphUrl: sandbox.url });
    const client = new QQConnectClient({ ...sandbox.credentials, redirectUri });
    const url = client.buildAuthorizationUrl({ state: 'a-state' });
    const { headers } = await fetch(url, { redirect: 'manual' });
    const tokens = await client.authorizationCodeGrant(headers.get('location') ?? '', { expectedState: 'a-state' });
    expect((await client.fetchUser(tokens)).nickname).toBe('林小满');
    expect(() => qqConnect({ ...sandbox.credentials, redirectUri })).not.toThrow();
  });
});

describe('sandbox.loginAs()', () => {
  it.each([true, false])('logs a supertest agent in, with autoApprove: %s', async (autoApprove) => {
    await using sandbox = await startSandbox({ autoApprove });
    const app = createApp(sandbox);
    const [first, second] = sandbox.users.map(({ openid }) => openid);
    const agent = request.agent(app);
    await agent.get('/private').set('Accept', 'application/json').expect(401);
    expect((await sandbox.loginAs(agent)).status).toBe(302);
    expect((await agent.get('/private').expect(200)).body).toEqual({ openid: first });
    const another = request.agent(app);
    await sandbox.loginAs(another, second);
    expect((await another.get('/private').expect(200)).body).toEqual({ openid: second });
    expect((await agent.get('/private').expect(200)).body).toEqual({ openid: first });
  });

  it('takes the path of the login route', async () => {
    await using sandbox = await startSandbox();
    const agent = request.agent(createApp(sandbox, { basePath: '/qq', redirectUri: 'http://localhost/qq/callback' }));
    await expect(sandbox.loginAs(agent)).rejects.toThrow(
      '/auth/qq/login answered 404 and did not redirect to the sandbox. Pass { loginPath }',
    );
    await sandbox.loginAs(agent, undefined, { loginPath: '/qq/login?returnTo=/private' });
    await agent.get('/private').expect(200);
  });

  it('says why a login fails, without a secret', async () => {
    await using sandbox = await startSandbox();
    const app = createApp(sandbox);
    await expect(sandbox.loginAs(request.agent(app), 'unknown')).rejects.toThrow(TypeError);
    sandbox.failNext('token', { error: 100020 });
    const failure: unknown = await sandbox.loginAs(request.agent(app)).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/the application answered the callback \/auth\/qq\/callback with \d{3}/);
    expect(String(failure)).not.toMatch(/code=|state=/);
    const foreign = createApp(sandbox, { redirectUri: 'https://www.example.com/auth/qq/callback' });
    await expect(sandbox.loginAs(request.agent(foreign))).rejects.toThrow(
      /refused the authorization request|redirected 5 times/,
    );
  });

  it('brings a cancel to the application', async () => {
    await using sandbox = await startSandbox();
    sandbox.failNext('authorize', 'cancel');
    const response = await sandbox.loginAs(request.agent(createApp(sandbox)));
    expect(response.headers.location).toContain('qq_login=cancelled');
  });
});

describe('failNext with times', () => {
  it('makes that many requests fail, and then no more', async () => {
    await using sandbox = await startSandbox();
    const visitor = new SandboxVisitor(sandbox);
    sandbox.failNext('me', { error: 100032 }, { times: 3 });
    sandbox.failNext('me', { error: 100014 });
    const errors = [];
    for (let round = 0; round < 5; round++) errors.push(errorOf(await visitor.me({})));
    expect(errors).toEqual([100032, 100032, 100032, 100014, 100007]);
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses times: %s', async (times) => {
    await using sandbox = await startSandbox();
    expect(() => sandbox.failNext('me', 'reset', { times })).toThrow(TypeError);
  });
});

describe('strict', () => {
  const examples = configurationExamples.filter(({ strict }) => strict !== undefined);

  it.each(examples.map(({ option, what, value, strict }) => [strict, option, what, value] as const))(
    '%s %s with %s',
    async (verdict, option, _what, value) => {
      const redirectUri = option === 'redirectUri' ? value : 'https://www.example.com/auth/qq/callback';
      const appId = option === 'appId' ? value : '100000042';
      await using sandbox = await startSandbox({
        apps: [{ appId, appKey: 'made-up' }],
        autoApprove: true,
        strict: true,
      });
      const scope = option === 'scope' ? value : undefined;
      const { location } = await new SandboxVisitor(sandbox, redirectUri).authorize({ scope });
      expect(location === undefined ? 'refuses' : 'accepts').toBe(verdict);
    },
  );
});

describe('the login page', () => {
  it("shows the application's name and icon", async () => {
    const icon = 'https://cdn.example.com/icon.png';
    const app = { appId: '7', appKey: 'made-up', name: '<b>小店</b>', icon };
    await using sandbox = await startSandbox({ apps: [app] });
    const { body, headers } = await new SandboxVisitor(sandbox).authorize();
    expect(body).toContain('&lt;b&gt;小店&lt;/b&gt;');
    expect(body).toContain(`<img class="icon" src="${icon}"`);
    expect(headers.get('content-security-policy')).toContain("img-src 'self' https://cdn.example.com;");
    for (const bad of ['javascript:alert(1)', '/icon.png', 'data:text/html,x'])
      await expect(startSandbox({ apps: [{ ...app, icon: bad }] })).rejects.toThrow(/^apps: icon of 7 must be/);
  });

  it('links to the console', async () => {
    await using sandbox = await startSandbox();
    const visitor = new SandboxVisitor(sandbox);
    for (const { body } of [await visitor.authorize(), await visitor.authorize({ client_id: '1' })])
      expect(body).toContain('<a href="/">控制台</a>');
  });
});
