import { createServer } from 'node:http';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import { startSandbox } from '../../src/sandbox.js';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Store } from 'express-session';
import type { QQConnectOptions } from '../../src/index.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox.js';

/** An application that logs in through a sandbox of its own. */
export interface Site extends AsyncDisposable {
  url: string;
  sandbox: Sandbox;
  store: Store;
  app: Express;
  close(): Promise<void>;
}

/** How a {@link Site} differs from the simplest one. */
export interface SiteOptions {
  qq?: QQConnectOptions;
  sandbox?: SandboxOptions;
  store?: Store;
  /** Express itself, so that the same tests run on Express 4. */
  framework?: typeof express;
  session?: Partial<session.SessionOptions>;
  /** Adds what comes before the session and the router. */
  before?: (app: Express) => void;
  /** Adds routes behind the router. */
  routes?: (app: Express) => void;
}

export const APP = { appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' };

/** Starts an application and its sandbox, both on ports of their own. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const framework = options.framework ?? express;
  const sandbox = await startSandbox({ apps: [APP], autoApprove: true, ...options.sandbox });
  const app = framework();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = options.store ?? new session.MemoryStore();
  options.before?.(app);
  app.use(
    session({ secret: 'a secret of this test', resave: false, saveUninitialized: false, store, ...options.session }),
  );
  app.use(qqConnect({ ...APP, graphUrl: sandbox.url, redirectUri: `${url}/auth/qq/callback`, ...options.qq }));
  app.get('/', (req, res) => void res.json({ user: req.qqUser?.nickname ?? null }));
  app.get('/session', (req, res) => void res.json(req.session));
  app.post('/session', express.json(), (req, res) => {
    Object.assign(req.session, req.body);
    res.sendStatus(204);
  });
  app.get('/private', requireQQUser(), (req, res) => void res.json({ openid: req.qqUser?.openid }));
  options.routes?.(app);
  app.use(qqErrorHandler());
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sandbox.close();
  };
  return { url, sandbox, store, app, close, [Symbol.asyncDispose]: close };
}

/** A browser with its own cookies, which follows no redirect by itself. */
export class Visitor {
  readonly agent: ReturnType<typeof request.agent>;

  readonly site: Pick<Site, 'url'>;

  constructor(site: Pick<Site, 'url'>) {
    this.site = site;
    this.agent = request.agent(site.url);
  }

  /** Goes from the site to QQ and gives the callback that QQ sends the browser to, without following it. */
  async toCallback(returnTo?: string): Promise<URL> {
    const login = await this.agent.get(
      `/auth/qq/login${returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`}`,
    );
    return this.atQQ(login.headers.location ?? '');
  }

  /** Answers QQ's page, which approves by itself. */
  async atQQ(authorizeUrl: string): Promise<URL> {
    const response = await fetch(authorizeUrl, { redirect: 'manual' });
    return new URL(response.headers.get('location') ?? '', this.site.url);
  }

  /** Follows a callback. */
  callback(url: URL) {
    return this.agent.get(url.pathname + url.search);
  }

  /** Logs in, and gives the answer to the callback. */
  async login(returnTo?: string) {
    return this.callback(await this.toCallback(returnTo));
  }
}
