import { saveSession } from '../session-store.js';
import { removeLogin, storedLogin, tokenRecordsOf } from '../session/stored-login.js';
import { endSession, requireSession } from '../session/session.js';
import type { Request } from 'express';
import type { Services } from '../services.js';

/** Ends the login of this request: the session or, with `logout: 'keep'`, the login in it, and its tokens. */
export async function logout(services: Services, req: Request): Promise<void> {
  const { client, cookies, emit, options, sessions, vault } = services;
  requireSession(req, sessions);
  const login = storedLogin(req, client.appId);
  if (!login) return;
  const { sessionStore } = req;
  const records = options.logout === 'destroy' ? tokenRecordsOf(req) : [login.tokens?.record ?? []].flat();
  if (options.logout === 'destroy') {
    await endSession(req);
  } else {
    removeLogin(req.session, client.appId);
    await saveSession(req);
  }
  await vault.end(sessionStore, records);
  // Chrome keeps the user's pages for the back button, even with `no-store`, until a cookie changes.
  if (req.res && !req.res.headersSent) {
    req.res.append('Set-Cookie', cookies.line(cookies.name('logout'), String(Date.now()), 1));
  }
  emit({ type: 'logged_out' });
}
