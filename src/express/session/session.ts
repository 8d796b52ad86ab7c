import { isDeepStrictEqual } from 'node:util';
import { QQConfigurationError, QQTransportError } from '../../protocol/errors/index.js';
import { callStore, readStored, saveSession } from '../session-store.js';
import { completedLogin, loginIn } from './stored-login.js';
import type { Request } from 'express';
import type { Session, SessionData, Store } from 'express-session';
import type { SeenSessions } from '../services.js';

type StoredSession = Session & Partial<SessionData>;
/** express-session adds this method to its store, and omits it from its types. */
type GeneratingStore = Store & { generate(req: Request): void };

const MOUNT_SESSION = {
  en: 'Mount express-session before qqConnect(): app.use(session({ … })); app.use(qqConnect()).',
  zh: '请在 qqConnect() 之前挂载 express-session：app.use(session({ … })); app.use(qqConnect())。',
};

// Requests whose session a logout has destroyed, so that its absence is no fault of the store.
const endedRequests = new WeakSet<Request>();

/** Destroys the request's session. */
export async function endSession(req: Request): Promise<void> {
  await callStore((callback) => req.session.destroy(callback));
  endedRequests.add(req);
}

/** Returns whether a logout has destroyed the session of this request. */
export function hasEnded(req: Request): boolean {
  return endedRequests.has(req);
}

/** Notes that a request has a session: a later one without means that the store is disconnected. */
export function noteSession(seen: SeenSessions, req: Request): void {
  if (seen.cookiePath !== undefined) return;
  // Other session middleware, such as cookie-session, has no cookie in its session.
  const { session } = req as { session?: { cookie?: { path?: unknown } } };
  const path = session?.cookie?.path;
  if (typeof path === 'string') seen.cookiePath = path;
}

/** Returns whether a request has no session on a path where it should have one. */
export function lacksSession(req: Request, { cookiePath = '/' }: SeenSessions): boolean {
  const hasSession = (req as { session?: unknown }).session !== undefined || hasEnded(req);
  return !hasSession && req.originalUrl.startsWith(cookiePath);
}

/**
 * Returns the request's session: a new one after a logout in the same request.
 *
 * @throws `QQConfigurationError` `ERR_QQ_SESSION_MISSING` if there is none, or one without a store;
 * `QQTransportError` `ERR_QQ_SESSION_STORE` if earlier requests had one: express-session continues without a session
 * while its store is disconnected
 */
export function requireSession(req: Request, seen: SeenSessions): StoredSession {
  // express-session declares both as always present, which they are not.
  const { session, sessionStore } = req as { session?: StoredSession; sessionStore?: Partial<GeneratingStore> };
  if (!session && hasEnded(req)) {
    sessionStore?.generate?.(req);
    return req.session;
  }
  if (session && typeof sessionStore?.generate === 'function') return session;
  if (seen.cookiePath !== undefined && lacksSession(req, seen)) {
    throw new QQTransportError('ERR_QQ_SESSION_STORE', 'session: the session store is disconnected', {
      step: 'session',
    });
  }
  const what = session
    ? 'this session has no store (cookie-session?), and tokens must not be stored in a cookie'
    : 'the request has no session: express-session is not mounted, is mounted after qqConnect(), or its cookie is limited to another path';
  throw new QQConfigurationError(`session: ${what}`, MOUNT_SESSION, 'ERR_QQ_SESSION_MISSING', 'session');
}

/** Removes a session whose id is not in use. If the store fails again, it expires by itself. */
async function tryDestroy(store: Store, id: string): Promise<void> {
  await Promise.allSettled([callStore((callback) => store.destroy(id, callback))]);
}

/** Returns whether the browser sent the id of the request's session: otherwise the store has no such session. */
function isReturning(req: Request): boolean {
  const cookies = req.headers.cookie ?? '';
  return cookies.includes(req.sessionID) || cookies.includes(encodeURIComponent(req.sessionID));
}

/**
 * Reads the stored session while QQ is called, so that another request's changes in that time are kept.
 *
 * @returns a function to call after QQ has answered: it merges those changes into the request's session. It returns
 * `false` if another request has destroyed the session meanwhile.
 */
export function watchStoredSession(req: Request): () => Promise<boolean> {
  if (!isReturning(req)) return async () => true;
  const { sessionStore: store, sessionID: id } = req;
  const before = readStored(store, id);
  before.catch(() => undefined); // awaited below, and then it throws
  return async function merge() {
    const [base, current] = [await before, await readStored(store, id)];
    if (!base) return true; // it was not stored yet
    if (!current) return false;
    const session = req.session as unknown as Record<string, unknown>;
    const [was, is] = [{ ...base } as Record<string, unknown>, { ...current } as Record<string, unknown>];
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (name === 'cookie' || isDeepStrictEqual(was[name], is[name])) continue;
      if (Object.hasOwn(is, name)) session[name] = is[name];
      else Reflect.deleteProperty(session, name);
    }
    return true;
  };
}

/**
 * Makes a session that express-session did not load itself save only what has changed. express-session does not note
 * that it is stored, and would write it again after the response, which can undo a logout.
 *
 * @param state - `'stored'` for a session from the store; `'held'` for one that must not be stored before the function
 * that is returned was called: if the application answers the request early, express-session saves it
 */
function saveChangesOnly(session: StoredSession, state: 'stored' | 'held'): () => void {
  // Like express-session's own comparison: without the cookie, whose expiry changes with each request.
  const content = (): string => {
    const { cookie, ...data } = session;
    return JSON.stringify(data);
  };
  const save = session.save.bind(session);
  let isHeld = state === 'held';
  let written = state === 'stored' ? content() : undefined;
  Object.defineProperty(session, 'save', {
    configurable: true,
    writable: true,
    value(callback: (error?: unknown) => void = () => undefined) {
      const current = content();
      if (isHeld || current === written) {
        callback();
        return session;
      }
      return save((error?: unknown) => {
        if (!error) written = current;
        callback(error);
      });
    },
  });
  return () => {
    isHeld = false;
  };
}

function assertInUse(req: Request, session: StoredSession, id: string, appId: string): void {
  if (req.session === session && req.sessionID === id && loginIn(session, appId)) return;
  throw new QQConfigurationError(
    'session: onLogin replaced or destroyed the session, or logged the user out',
    {
      en: 'Do not call regenerate(), destroy() or logout() in onLogin. To refuse a login, throw an error.',
      zh: '请不要在 onLogin 中调用 regenerate()、destroy() 或 logout()。如需拒绝登录，请抛出异常。',
    },
    'ERR_QQ_CONFIGURATION',
    'session',
  );
}

/**
 * Replaces the request's session by a new one with a new id: `fill` writes into it, then it is stored, then the old one
 * is destroyed. If anything fails, the request has its old session again, and the store too.
 */
export async function replaceSession(
  req: Request,
  appId: string,
  fill: (session: StoredSession) => Promise<void>,
): Promise<void> {
  const { session: previous, sessionID: previousId, sessionStore: store } = req;
  const wasStored = isReturning(req);
  let createdId = previousId;
  try {
    (store as GeneratingStore).generate(req);
    const { session, sessionID } = req;
    createdId = sessionID;
    const release = saveChangesOnly(session, 'held');
    await fill(session);
    assertInUse(req, session, createdId, appId);
    release();
    await saveSession(req);
    if (wasStored) await callStore((callback) => store.destroy(previousId, callback));
  } catch (error) {
    const abandoned = new Set([createdId, req.sessionID]);
    abandoned.delete(previousId);
    req.session = previous;
    req.sessionID = previousId;
    for (const id of abandoned) await tryDestroy(store, id);
    throw error;
  }
}

/**
 * Makes the session with this id the request's own.
 *
 * @param completed - the login that the session must hold, by APP ID and the hash of its state
 * @returns `false` if there is no such session (any more)
 */
export async function switchToSession(
  req: Request,
  id: string,
  completed: { appId: string; state: string },
): Promise<boolean> {
  const data = await readStored(req.sessionStore, id);
  if (!data || !completedLogin(loginIn(data, completed.appId), completed.state)) return false;
  req.sessionID = id;
  req.sessionStore.createSession(req, data);
  saveChangesOnly(req.session, 'stored');
  return true;
}
