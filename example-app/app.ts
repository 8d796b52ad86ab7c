import express from 'express';
import session from 'express-session';
import { qqConnect, qqErrorHandler, requireQQUser } from 'express-qq-connect';
import { LOGIN_SCRIPT } from './login-script.js';
import { ICON } from './logo.js';
import { setNotice, takeNotice } from './notice.js';
import { homePage, privatePage, problemPage, profilePage } from './pages.js';
import { ownHost, securityHeaders } from './security.js';
import { STYLE } from './style.js';
import { languageOf } from './messages.js';
import type { ErrorRequestHandler, Express, Request, Response } from 'express';
import type { QQConnectEvent } from 'express-qq-connect';
import type { Config } from './config.js';
import type { Html } from './html.js';
import type { View } from './layout.js';
import type { UserView } from './pages.js';
import type { SessionStore } from './session-store.js';

declare module 'express-session' {
  interface SessionData {
    /** How often the private page was opened: data of the application's own. */
    visits?: number;
  }
}

const MONTH = 30 * 86_400_000;

function send(res: Response, page: Html): void {
  // What is on a page depends on who asks.
  res.set('Cache-Control', 'no-store').vary('Accept-Language').type('html').send(page.toString());
}

function logEvent({ type, ...details }: QQConnectEvent): void {
  console.log(`${new Date().toISOString()} qq ${type}`, details);
}

/** Makes the application. `qqConnect()` takes APP ID, APP Key, redirect URI and QQ's address from the environment. */
export function createApp(config: Config, sessions: SessionStore): Express {
  const qq = qqConnect({
    unionid: true, // without QQ's permission for it, users simply have none
    lock: sessions.lock,
    cancelUrl: '/', // where a notice confirms it
    onEvent: logEvent,
  });
  const secure = config.redirectUri.startsWith('https:');
  const view = (req: Request): View => ({
    language: languageOf(req),
    user: req.qqUser,
    sandbox: config.sandbox,
    path: req.path,
    notice: undefined,
  });
  const viewWithNotice = (req: Request, res: Response): View => ({ ...view(req), notice: takeNotice(req, res) });

  const app = express();
  app.disable('x-powered-by');
  // One proxy in front (nginx) that ends TLS and sets X-Forwarded-Proto; without this line no secure cookie is set.
  if (secure) app.set('trust proxy', 1);

  app.use(securityHeaders(config));
  app.use(ownHost(config));
  app.get('/style.css', (_req, res) => void res.type('css').set('Cache-Control', 'no-cache').send(STYLE));
  app.get('/qq-login.js', (_req, res) => void res.type('js').set('Cache-Control', 'no-cache').send(LOGIN_SCRIPT));
  app.get(['/favicon.svg', '/favicon.ico'], (_req, res) => {
    res.type('image/svg+xml').set('Cache-Control', 'max-age=86400').send(ICON);
  });

  app.use(
    session({
      name: secure ? '__Host-session' : 'qq_example',
      secret: config.sessionSecret,
      store: sessions.store,
      resave: false,
      saveUninitialized: false, // visitors who never log in have no session
      rolling: true, // a month from the last visit
      cookie: { httpOnly: true, sameSite: 'lax', secure, maxAge: MONTH },
    }),
  );
  app.use(qq);

  app.get('/', (req, res) => {
    if (req.query.qq_login === 'cancelled') {
      setNotice(res, 'cancelled');
      res.redirect(302, '/');
    } else {
      send(res, homePage(viewWithNotice(req, res)));
    }
  });

  app.get('/private', requireQQUser(), (req, res) => {
    req.session.visits = (req.session.visits ?? 0) + 1;
    send(res, privatePage(view(req) as UserView, req.session.visits));
  });

  app.get('/profile', requireQQUser(), (req, res) => {
    send(res, profilePage(viewWithNotice(req, res) as UserView));
  });

  // The session cookie is SameSite=Lax, so no other site can send this for our user.
  app.post('/profile/refresh', requireQQUser({ answer: 'login' }), (req, res, next) => {
    const done = (): void => {
      setNotice(res, 'refreshed');
      res.redirect(303, '/profile');
    };
    req.qqConnect.refreshUser().then(done, next);
  });

  // The router's own route, POST /auth/qq/logout, does the same without the notice.
  app.post('/logout', (req, res, next) => {
    const done = (): void => {
      setNotice(res, 'loggedOut');
      res.redirect(303, '/');
    };
    req.qqConnect.logout().then(done, next);
  });

  app.use((req, res) => send(res.status(404), problemPage(view(req), 'notFound')));
  app.use(qqErrorHandler());
  const failed: ErrorRequestHandler = (error: unknown, req, res, next) => {
    console.error(error instanceof Error ? error.stack : 'A request failed.');
    if (res.headersSent) next(error);
    else send(res.status(500), problemPage({ ...view(req), user: undefined }, 'failed'));
  };
  app.use(failed);
  return app;
}
