import { removeTokens } from './land.js';
import { saveSession, stored, storedLogin } from './session.js';
import type { Request } from 'express';
import type { QQConnectContext } from './context.js';

/** Ends the login of this request: its tokens first, then the session or, with `'keep'`, the login in it. */
export async function logout(context: QQConnectContext, req: Request): Promise<void> {
  const login = storedLogin(req, context.client.appId);
  if (!login) return;
  await removeTokens(context, req, login);
  if (context.options.logout === 'destroy') {
    await stored((callback) => req.session.destroy(callback));
  } else {
    delete req.session.qqConnect;
    await saveSession(req);
  }
  context.tell({ type: 'logged_out' });
}
