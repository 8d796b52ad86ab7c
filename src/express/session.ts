import { QQConfigurationError, QQTransportError, isQQConnectError } from '../protocol/errors/index.js';
import type { Request } from 'express';
import type { Session, SessionData, Store } from 'express-session';
import type { StoredProfile } from './stored-profile.js';

/** A login that has ended, by the hash of its state: where it led, and the channel of its opener's if it was a pop-up's. */
export interface FinishedLogin {
  state: string;
  location: string;
  popup?: string;
}

/** What a session holds of a login. Tokens are not in it; they have a record of their own. */
export interface StoredLogin {
  appId: string;
  openid: string;
  unionid?: string;
  profile: StoredProfile;
  /** The token record, and when its lifetime is to be renewed (ms since 1970). */
  tokens?: { record: string; touchAt: number };
  /** The last logins that ended in this session: a reload of such a callback just goes on. */
  finished: FinishedLogin[];
}

declare module 'express-session' {
  interface SessionData {
    /** Kept by express-qq-connect: read `req.qqUser` instead. */
    qqConnect?: StoredLogin;
  }
}

/** express-session gives its store this method, which its types leave out. */
type GeneratingStore = Store & { generate(req: Request): void };

const hint = {
  en: 'Mount express-session before qqConnect(): app.use(session({ … })); app.use(qqConnect()).',
  zh: '请在 qqConnect() 之前挂载 express-session：app.use(session({ … })); app.use(qqConnect())。',
};

/**
 * Gives the request's session.
 *
 * @throws `QQConfigurationError` `ERR_QQ_SESSION_MISSING` if there is none, or one without a store
 */
export function requireSession(req: Request): Session & Partial<SessionData> {
  // Declared by express-session as always there, which it is not.
  const { session, sessionStore } = req as {
    session?: Session & Partial<SessionData>;
    sessionStore?: Partial<GeneratingStore>;
  };
  if (session && typeof sessionStore?.generate === 'function') return session;
  const what = session
    ? 'this session has no store (cookie-session?), and tokens must not go into a cookie'
    : 'there is no session: express-session is not mounted, is mounted after the router, has lost its store, or is limited to another path by its cookie';
  throw new QQConfigurationError(`session: ${what}`, hint, 'ERR_QQ_SESSION_MISSING', 'session');
}

/** The login of this request, if there is one, of this application, with an openid, as this version stores it. */
export function storedLogin(req: Request, appId: string): StoredLogin | undefined {
  const login = (req as { session?: Partial<SessionData> }).session?.qqConnect;
  if (login?.appId !== appId || typeof login.openid !== 'string' || login.openid === '') return undefined;
  const { profile, finished } = login as { profile?: Partial<StoredProfile>; finished?: unknown };
  return Array.isArray(profile?.values) && Array.isArray(finished) ? login : undefined;
}

/** The error for a session store that failed. Its own error stays out: some carry the whole session. */
export function storeError(error: unknown): Error {
  if (isQQConnectError(error)) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  const what = typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
  return new QQTransportError('ERR_QQ_SESSION_STORE', `session: the session store failed (${what})`, {
    step: 'session',
  });
}

type Callback<T> = (error?: unknown, value?: T) => void;

/** Calls a store's method and waits for it. */
export async function stored<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the store says; see below
      call((error, value) => (error ? reject(error) : resolve(value)));
    });
  } catch (error) {
    throw storeError(error);
  }
}

/** Stores the request's session and waits until it is. */
export async function saveSession(req: Request): Promise<void> {
  await stored((callback) => req.session.save(callback));
}

/** Copies what JSON has; a store that keeps more (a `Date`, an id of its database) gets the thing itself back. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
}

/**
 * The application's own data in a session. A copy all through, as a handler that changes the new session's data and
 * then refuses the login must not have changed the old one's.
 */
export function applicationData(session: Partial<SessionData>): Partial<SessionData> {
  const { cookie, qqConnect, ...data } = { ...session };
  return copy(data) as Partial<SessionData>;
}

/**
 * Replaces the request's session by a new one for the time of a task, and for good if that succeeds: the new one is
 * stored, then the old one destroyed. If anything fails, the request has its old session again, as it was.
 *
 * @param fill - fills the new session; runs before anything of it is stored
 * @param undo - takes back what `fill` stored; not called where the new session may have got into the store all the same
 * @param end - destroys the old session by calling what it is given
 */
export async function replaceSession(
  req: Request,
  fill: (previous: Session & Partial<SessionData>) => Promise<void>,
  end: (destroy: () => Promise<void>) => Promise<void>,
  undo: () => Promise<void>,
): Promise<void> {
  const previous = requireSession(req);
  const previousId = req.sessionID;
  const store = req.sessionStore;
  let savedId: string | undefined;
  try {
    (store as GeneratingStore).generate(req);
    await fill(previous);
    savedId = req.sessionID;
    await saveSession(req);
    await end(async () => {
      await stored((callback) => store.destroy(previousId, callback));
    });
  } catch (error) {
    req.session = previous;
    req.sessionID = previousId;
    if (savedId === undefined || (await forget(store, savedId))) await undo();
    throw error;
  }
}

/** Removes a session that nobody knows the id of; if the store fails again it expires by itself. */
async function forget(store: Store, id: string): Promise<boolean> {
  return stored((callback) => store.destroy(id, callback)).then(
    () => true,
    () => false,
  );
}

/** Makes the session with this id the request's own. */
export async function adoptSession(req: Request, id: string): Promise<void> {
  const data = await stored<SessionData | null>((callback) => req.sessionStore.get(id, callback));
  if (!data) throw storeError(new Error('the session is gone'));
  req.sessionID = id;
  req.sessionStore.createSession(req, data);
}
