/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/unbound-method, @typescript-eslint/no-unsafe-class-instance-assignment -- each framework has types of its own for Passport */
import 'reflect-metadata';
import { createServer } from 'node:http';
import { Controller, Get, Injectable, Module, Req, Res, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import fastifyCookie from '@fastify/cookie';
import { Authenticator } from '@fastify/passport';
import fastifySession from '@fastify/session';
import express from 'express';
import session from 'express-session';
import fastify from 'fastify';
import Koa from 'koa';
import { KoaPassport } from 'koa-passport';
import koaSession from 'koa-session';
import { Passport } from 'passport';
import { Strategy } from '../../src/passport.js';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request, Response } from 'express';
import type { Profile, StrategyOptions } from '../../src/passport.js';

/** A site that logs in through Passport. `/auth/qq` starts a login, `/me` returns the user. */
export interface PassportSite {
  url: string;
  /** Profiles that reached `verify`. */
  verified: Profile[];
  close(): Promise<void>;
}

/** How a site differs from the simplest one. */
export interface PassportSiteOptions extends Partial<StrategyOptions> {
  graphUrl: string;
  withoutSession?: boolean;
}

const APP = { clientID: '100000042', clientSecret: 'made-up-app-key-0123456789abcdef' };
const SECRET = 'a secret of this test, long enough for @fastify/session';

function stateOf({ authInfo }: { authInfo?: unknown }): unknown {
  return (authInfo as { state?: unknown } | undefined)?.state;
}

function describeError(error: unknown): Record<string, unknown> {
  const { status, code, qqCode } = error as Record<string, unknown>;
  return { status, code, qqCode };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The server runs before the application is made, because the callback URL has its port. */
async function startServer(): Promise<{ server: Server; url: string; serve(listener: RequestListener): void }> {
  const server = createServer();
  return { server, url: await listen(server), serve: (listener) => void server.on('request', listener) };
}

function strategyFor(url: string, options: PassportSiteOptions, verified: Profile[]): Strategy {
  const { withoutSession, ...rest } = options;
  return new Strategy(
    { ...APP, callbackURL: `${url}/auth/qq/callback`, ...rest },
    (_access, _refresh, profile, done) => {
      verified.push(profile);
      done(null, { openid: profile.id });
    },
  );
}

async function startExpress(options: PassportSiteOptions): Promise<PassportSite> {
  const { server, url, serve } = await startServer();
  const verified: Profile[] = [];
  const passport = new Passport();
  passport.use(strategyFor(url, options, verified));
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  const app = express();
  if (!options.withoutSession) {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }), passport.session());
  }
  const own = { session: !options.withoutSession };
  app.get('/auth/qq', (req, res, next) => {
    res.cookie('earlier', 'kept');
    (passport.authenticate('qq', { ...own, state: req.query.from as string }) as express.RequestHandler)(
      req,
      res,
      next,
    );
  });
  app.get(
    '/auth/qq/callback',
    passport.authenticate('qq', { ...own, failureRedirect: '/failed', failWithError: false }) as express.RequestHandler,
    (req, res) => void res.json({ user: req.user, state: stateOf(req) }),
  );
  app.get('/auth/qq/plain', passport.authenticate('qq', own) as express.RequestHandler);
  app.get('/me', (req, res) => void res.json(req.user ?? null));
  app.use(((error, _req, res, _next) => {
    res.status((error as { status?: number }).status ?? 500).json(describeError(error));
  }) as express.ErrorRequestHandler);
  serve(app);
  return { url, verified, close: () => stop(server) };
}

async function startKoa(options: PassportSiteOptions): Promise<PassportSite> {
  const { server, url, serve } = await startServer();
  const verified: Profile[] = [];
  const passport = new KoaPassport();
  passport.use(strategyFor(url, options, verified));
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user as never));
  const app = new Koa();
  app.keys = [SECRET];
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.status = (error as { status?: number }).status ?? 500;
      ctx.body = describeError(error);
    }
  });
  if (!options.withoutSession) app.use(koaSession(app));
  app.use(passport.initialize());
  if (!options.withoutSession) app.use(passport.session());
  const own = { session: !options.withoutSession };
  app.use(async (ctx, next) => {
    if (ctx.path === '/auth/qq') {
      ctx.cookies.set('earlier', 'kept');
      await passport.authenticate('qq', { ...own, state: ctx.query.from as string })(ctx, next);
    } else if (ctx.path === '/auth/qq/callback') {
      const options = { ...own, failureRedirect: '/failed' };
      await passport.authenticate('qq', options)(ctx, () => {
        ctx.body = {
          user: ctx.state.user as unknown,
          state: (ctx.state as { authInfo?: { state?: string } }).authInfo?.state,
        };
        return Promise.resolve();
      });
    } else if (ctx.path === '/me') {
      ctx.body = JSON.stringify(ctx.state.user ?? null);
      ctx.type = 'json';
    }
  });
  const handle = app.callback();
  serve((req, res) => void handle(req, res));
  return { url, verified, close: () => stop(server) };
}

async function startFastify(options: PassportSiteOptions): Promise<PassportSite> {
  const { server, url, serve } = await startServer();
  const verified: Profile[] = [];
  const passport = new Authenticator();
  const app = fastify({
    serverFactory: (handler) => {
      serve((req, res) => handler(req, res));
      return server;
    },
  });
  await app.register(fastifyCookie);
  await app.register(fastifySession, { secret: SECRET, cookie: { secure: false } });
  await app.register(passport.initialize());
  await app.register(passport.secureSession());
  passport.use('qq', strategyFor(url, options, verified) as never);
  passport.registerUserSerializer((user) => Promise.resolve(user));
  passport.registerUserDeserializer((user) => Promise.resolve(user));
  app.setErrorHandler((error, _request, reply) => {
    void reply.status((error as { statusCode?: number }).statusCode ?? 500).send(describeError(error));
  });
  app.get('/auth/qq', async function (request, reply) {
    void reply.header('Set-Cookie', 'earlier=kept; Path=/');
    const state = (request.query as { from?: string }).from;
    return passport.authenticate('qq', { state } as never).call(this, request, reply);
  });
  app.get(
    '/auth/qq/callback',
    { preValidation: passport.authenticate('qq', { failureRedirect: '/failed' }) },
    (request) => ({
      user: request.user,
      state: stateOf(request),
    }),
  );
  app.get('/me', (request, reply) => {
    void reply.type('application/json').send(JSON.stringify(request.user ?? null));
  });
  await app.ready();
  return { url, verified, close: () => stop(server) };
}

async function startNest(options: PassportSiteOptions): Promise<PassportSite> {
  const { server, url, serve } = await startServer();
  const verified: Profile[] = [];
  const { withoutSession, ...rest } = options;

  class QQStrategy extends PassportStrategy(Strategy, 'qq') {
    constructor() {
      super({ ...APP, callbackURL: `${url}/auth/qq/callback`, ...rest });
    }

    validate(_accessToken: string, _refreshToken: string, profile: Profile): object {
      verified.push(profile);
      return { openid: profile.id };
    }
  }
  Injectable()(QQStrategy);

  class QQGuard extends AuthGuard('qq') {
    override getAuthenticateOptions(context: { switchToHttp(): { getRequest(): Request } }): object {
      return { session: false, state: context.switchToHttp().getRequest().query.from };
    }

    override handleRequest<T>(
      error: unknown,
      user: T,
      info: { code?: string } | undefined,
      _context: never,
      status?: number,
    ): T {
      if (error !== null && error !== undefined) throw error as Error;
      if (!user) throw Object.assign(new Error('refused'), { status: status ?? 401, code: info?.code });
      return user;
    }
  }

  class QQController {
    start(): void {
      // the guard redirects
    }

    callback(req: Request, res: Response): void {
      res.json({ user: req.user, state: stateOf(req) });
    }
  }
  Controller()(QQController);
  const { prototype } = QQController;
  const decorate = (name: 'start' | 'callback', path: string): void => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as TypedPropertyDescriptor<unknown>;
    Get(path)(prototype, name, descriptor);
    UseGuards(QQGuard)(prototype, name, descriptor);
  };
  decorate('start', '/auth/qq');
  decorate('callback', '/auth/qq/callback');
  Req()(prototype, 'callback', 0);
  Res()(prototype, 'callback', 1);

  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- NestJS identifies a module by its class
  class AppModule {}
  Module({ controllers: [QQController], providers: [QQStrategy] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  app.useGlobalFilters({
    catch(error: unknown, host: { switchToHttp(): { getResponse(): Response } }) {
      const { status = 500, code } = error as { status?: number; code?: string };
      const res = host.switchToHttp().getResponse();
      if (code === 'ERR_QQ_CANCELLED') res.redirect('/failed');
      else res.status(status).json(describeError(error));
    },
  } as never);
  app.use((_req: Request, res: Response, next: () => void) => {
    res.cookie('earlier', 'kept');
    next();
  });
  await app.init();
  serve(app.getHttpAdapter().getInstance() as RequestListener);
  return {
    url,
    verified,
    close: async () => {
      await app.close();
      await stop(server);
    },
  };
}

export const frameworks = {
  Express: startExpress,
  'koa-passport': startKoa,
  '@fastify/passport': startFastify,
  NestJS: startNest,
};
