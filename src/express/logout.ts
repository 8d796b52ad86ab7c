import { placeOf } from './access-token.js';
import { endInTurn } from './record-lock.js';
import { requireSession, saveSession, stored, storedLogin } from './session.js';
import type { Request } from 'express';
import type { QQConnectContext } from './context.js';

async function endSession(context: QQConnectContext, req: Request): Promise<void> {
  if (context.options.logout === 'destroy') {
    await stored((callback) => req.session.destroy(callback));
  } else {
    delete req.session.qqConnect;
    await saveSession(req);
  }
}

/**
 * Ends the login of this request: its tokens first, then the session or, with `'keep'`, the login in it. Both go in one
 * turn: whoever finds the record gone afterwards finds the session gone, too, and brings neither back.
 */
export async function logout(context: QQConnectContext, req: Request): Promise<void> {
  requireSession(req);
  const login = storedLogin(req, context.client.appId);
  if (!login) return;
  const place = placeOf(req, login);
  if (place) {
    await endInTurn(context, place.id, async () => {
      await context.records.remove(place.store, place.id);
      await endSession(context, req);
    });
  } else {
    await endSession(context, req);
  }
  context.tell({ type: 'logged_out' });
}
