import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import https from 'node:https';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import express, { type Express, type RequestHandler } from 'express';
import session from 'express-session';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';

const require = createRequire(import.meta.url);

/** What passport-qq and grant show of themselves here; neither is typed for our use of it. */
interface PassportProfile {
  readonly provider: string;
  readonly id: string;
  readonly nickname: string;
  readonly _json: Record<string, unknown>;
}
type Verify = (
  accessToken: string,
  refreshToken: string,
  profile: PassportProfile,
  done: (error: null, user: unknown) => void,
) => void;
interface Strategy {
  readonly _oauth2: { get: (url: string, accessToken: string, callback: unknown) => void };
}
interface Passport {
  use(strategy: Strategy): void;
  serializeUser(serialize: (user: unknown, done: (error: null, id: unknown) => void) => void): void;
  deserializeUser(deserialize: (id: unknown, done: (error: null, user: unknown) => void) => void): void;
  initialize(): RequestHandler;
  session(): RequestHandler;
  authenticate(name: string): RequestHandler;
}

/** A browser with one cookie jar. */
class Browser {
  #cookie = '';

  async visit(url: string): Promise<{ status: number; body: string; url: string }> {
    const response = await fetch(url, { redirect: 'manual', headers: { Cookie: this.#cookie } });
    const cookie = response.headers.get('set-cookie')?.split(';')[0];
    if (cookie !== undefined) this.#cookie = cookie;
    const location = response.headers.get('location');
    const body = await response.text();
    return location === null ? { status: response.status, body, url } : this.visit(new URL(location, url).href);
  }
}

describe('an unmodified client logs in through the sandbox', () => {
  let sandbox: Sandbox;
  let app: Express;
  let server: Server;
  let site: string;

  beforeEach(async () => {
    sandbox = await startSandbox({ autoApprove: true });
    app = express();
    app.use(session({ secret: 'made-up-session-secret', resave: false, saveUninitialized: true }));
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    server.closeAllConnections();
    server.close();
    await sandbox.close();
  });

  // passport-qq sends oauth_consumer_key twice, which QQ refuses since 2024.
  it('passport-qq 0.1.0, without a profile, as at QQ', async () => {
    const { version } = require('passport-qq/package.json') as { version: string };
    expect(version).toBe('0.1.0');
    const { Passport: PassportClass } = require('passport') as { Passport: new () => Passport };
    const { Strategy: QQStrategy } = require('passport-qq') as {
      Strategy: new (options: Record<string, string>, verify: Verify) => Strategy;
    };
    const [{ appId, appKey } = { appId: '', appKey: '' }] = sandbox.apps;
    const strategy = new QQStrategy(
      {
        clientID: appId,
        clientSecret: appKey,
        callbackURL: `${site}/callback`,
        authorizationURL: `${sandbox.url}/oauth2.0/authorize`,
        tokenURL: `${sandbox.url}/oauth2.0/token`,
      },
      (accessToken, refreshToken, profile, done) => done(null, { accessToken, refreshToken, profile }),
    );
    // It has options for two of its addresses; those of the profile it writes down as they are.
    const get = strategy._oauth2.get.bind(strategy._oauth2);
    strategy._oauth2.get = (url, accessToken, callback) =>
      get(url.replace('https://graph.qq.com', sandbox.url), accessToken, callback);
    const passport = new PassportClass();
    passport.use(strategy);
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user, done) => done(null, user));
    app.use(passport.initialize(), passport.session());
    app.get('/login', passport.authenticate('qq'));
    app.get('/callback', passport.authenticate('qq'), (_req, res) => res.redirect('/user'));
    app.get('/user', (req, res) => res.json((req as unknown as { user: unknown }).user));

    const { status, body } = await new Browser().visit(`${site}/login`);
    expect(status).toBe(200);
    const user = JSON.parse(body) as { accessToken: string; refreshToken: string; profile: PassportProfile };
    const [persona] = sandbox.users;
    expect(user.profile).toMatchObject({ provider: 'qq', id: persona?.openid });
    expect(user.profile.nickname).toBeUndefined();
    expect(user.profile._json).toMatchObject({
      ret: 1,
      msg: expect.stringContaining('expected type uint64') as unknown,
    });
    expect(user.accessToken).toMatch(/^[0-9A-F]{32}$/);
    expect(user.refreshToken).toMatch(/^[0-9A-F]{32}$/);
    expect(sandbox.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'me', 'user_info']);
  });

  it('grant 5.4.24', async () => {
    const { version } = require('grant/package.json') as { version: string };
    expect(version).toBe('5.4.24');
    const grant = require('grant') as { express: (config: Record<string, unknown>) => RequestHandler };
    const [{ appId, appKey } = { appId: '', appKey: '' }] = sandbox.apps;
    sendTo(sandbox, 'graph.qq.com');
    app.use(
      grant.express({
        defaults: { origin: site, transport: 'session', state: true },
        qq: {
          key: appId,
          secret: appKey,
          scope: ['get_user_info'],
          authorize_url: `${sandbox.url}/oauth2.0/authorize`,
          access_url: `${sandbox.url}/oauth2.0/token`,
          profile_url: `${sandbox.url}/oauth2.0/me`,
          response: ['tokens', 'profile'],
          callback: '/user',
        },
      }),
    );
    app.get('/user', (req, res) => {
      res.json((req.session as unknown as { grant: { response: unknown } }).grant.response);
    });

    const { status, body } = await new Browser().visit(`${site}/connect/qq`);
    expect(status).toBe(200);
    const answer = JSON.parse(body) as {
      access_token: string;
      refresh_token: string;
      profile: Record<string, unknown>;
    };
    const [persona] = sandbox.users;
    expect(answer.profile).toMatchObject({ client_id: appId, openid: persona?.openid, nickname: persona?.nickname });
    expect(answer.access_token).toMatch(/^[0-9A-F]{32}$/);
    expect(answer.refresh_token).toMatch(/^[0-9A-F]{32}$/);
    expect(sandbox.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'me', 'user_info']);
  });
});

/** Sends calls of one hard-coded https host to the sandbox, below the client. */
function sendTo(sandbox: Sandbox, host: string): void {
  const { hostname, port } = new URL(sandbox.url);
  const request = https.request.bind(https) as (options: http.RequestOptions) => http.ClientRequest;
  jest
    .spyOn(https, 'request')
    .mockImplementation(((options: http.RequestOptions, ...others: never[]) =>
      options.hostname === host || options.host === host
        ? http.request({ ...options, protocol: 'http:', host: hostname, hostname, port, agent: undefined }, ...others)
        : request(options)) as typeof https.request);
}
