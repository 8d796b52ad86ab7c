import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { QQConfigurationError, QQTransportError, isQQConnectError } from '../../protocol/errors/index.js';
import type { Request } from 'express';
import type { Session, SessionData, Store } from 'express-session';
import type { UserInfoResponse } from '../../protocol/profile.js';

/** A completed login, by the hash of its state: a reload of its callback redirects to the same place. */
export interface CompletedLogin {
  state: string;
  /** Hash of its code; absent in a session that an earlier version stored. */
  codeId?: string;
  location: string;
  /** The channel of its opener page, if it ran in a pop-up window. */
  popup?: string;
}

/** What a session holds of the login of one APP ID. */
export interface StoredLogin {
  openid: string;
  unionid?: string;
  /** As QQ sent it, by QQ's own field names. */
  profile: UserInfoResponse;
  /** In ms since 1970. */
  loginAt: number;
  /** The first tokens of the login, encrypted, and the id of the record that a refresh creates. Neither ever changes. */
  tokens?: { sealed: string; record: string };
  /** The last completed logins of this session. */
  completed: CompletedLogin[];
}

/** What this package keeps in a session. A later version reads or discards it by its format number. */
export interface StoredLogins {
  format: 1;
  /** By APP ID, as two routers may share a session. */
  logins: Record<string, StoredLogin>;
  /** Hash of the last user of an APP ID who logged out and left the application's data: it is not another user's. */
  lastUsers?: Record<string, string>;
}

declare module 'express-session' {
  interface SessionData {
    /** Kept by express-qq-connect: read `req.qqUser` instead. */
    qqConnect?: StoredLogins;
  }
}

type StoredSession = Session & Partial<SessionData>;
/** express-session adds this method to its store, and omits it from its types. */
type GeneratingStore = Store & { generate(req: Request): void };

/** What one router knows of the application's sessions. */
export interface SeenSessions {
  /** The path of the session cookie, once a request had a session. */
  cookiePath?: string;
}

const MOUNT_SESSION = {
  en: 'Mount express-session before qqConnect(): app.use(session({ … })); app.use(qqConnect()).',
  zh: '请在 qqConnect() 之前挂载 express-session：app.use(session({ … })); app.use(qqConnect())。',
};

/** Notes that a request has a session: a later one without means that the store is disconnected. */
export function noteSession(seen: SeenSessions, req: Request): void {
  if (seen.cookiePath !== undefined) return;
  // Other session middleware, such as cookie-session, has no cookie in its session.
  const { session } = req as { session?: { cookie?: { path?: unknown } } };
  const path = session?.cookie?.path;
  if (typeof path === 'string') seen.cookiePath = path;
}

function pathOf(req: Request): string {
  return req.originalUrl.split('?', 1)[0] ?? '';
}

/** Tells whether a request has no session on a path where it should have one. */
export function lacksSession(req: Request, { cookiePath = '/' }: SeenSessions): boolean {
  return (req as { session?: unknown }).session === undefined && pathOf(req).startsWith(cookiePath);
}

/**
 * Returns the request's session.
 *
 * @throws `QQConfigurationError` `ERR_QQ_SESSION_MISSING` if there is none, or one without a store;
 * `QQTransportError` `ERR_QQ_SESSION_STORE` if earlier requests had one: express-session continues without a session
 * while its store is disconnected
 */
export function requireSession(req: Request, seen: SeenSessions): StoredSession {
  // express-session declares both as always present, which they are not.
  const { session, sessionStore } = req as { session?: StoredSession; sessionStore?: Partial<GeneratingStore> };
  if (session && typeof sessionStore?.generate === 'function') return session;
  if (!session && seen.cookiePath !== undefined && pathOf(req).startsWith(seen.cookiePath)) {
    throw new QQTransportError('ERR_QQ_SESSION_STORE', 'session: the session store is disconnected', {
      step: 'session',
    });
  }
  const what = session
    ? 'this session has no store (cookie-session?), and tokens must not go into a cookie'
    : 'the request has no session: express-session is not mounted, is mounted after qqConnect(), or its cookie is limited to another path';
  throw new QQConfigurationError(`session: ${what}`, MOUNT_SESSION, 'ERR_QQ_SESSION_MISSING', 'session');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function loginIn(session: Partial<SessionData> | undefined, appId: string): StoredLogin | undefined {
  const stored: unknown = session?.qqConnect;
  if (!isObject(stored) || stored.format !== 1 || !isObject(stored.logins)) return undefined;
  const login = Object.hasOwn(stored.logins, appId) ? stored.logins[appId] : undefined;
  if (!isObject(login) || typeof login.openid !== 'string' || login.openid === '') return undefined;
  return isObject(login.profile) && Array.isArray(login.completed) ? (login as unknown as StoredLogin) : undefined;
}

/** Returns the login of this request under an APP ID, if it is stored in the format of this version. */
export function storedLogin(req: Request, appId: string): StoredLogin | undefined {
  return loginIn((req as { session?: Partial<SessionData> }).session, appId);
}

/** Names a user without storing the openid of a login that has ended. */
export function userId(appId: string, openid: string): string {
  return createHash('sha256').update(`${appId}\n${openid}`).digest('base64url').slice(0, 22);
}

/** Returns what a session holds with this login added, or in place of an earlier one. */
export function withLogin(stored: StoredLogins | undefined, appId: string, login: StoredLogin): StoredLogins {
  const { [appId]: _previous, ...lastUsers } = stored?.lastUsers ?? {};
  return {
    format: 1,
    logins: { ...stored?.logins, [appId]: login },
    ...(Object.keys(lastUsers).length > 0 && { lastUsers }),
  };
}

/** Removes the login of an APP ID from a session and leaves the application's data, which belong to that user. */
export function removeLogin(session: Partial<SessionData>, appId: string): void {
  const stored = session.qqConnect;
  const login = loginIn(session, appId);
  if (!stored || !login) return;
  const { [appId]: _ended, ...logins } = stored.logins;
  session.qqConnect = {
    format: 1,
    logins,
    lastUsers: { ...stored.lastUsers, [appId]: userId(appId, login.openid) },
  };
}

/** Returns the ids of all token records that logins of this request's session may have. */
export function tokenRecordsOf(req: Request): string[] {
  const { qqConnect } = req.session;
  return Object.keys(isObject(qqConnect?.logins) ? qqConnect.logins : {}).flatMap(
    (appId) => storedLogin(req, appId)?.tokens?.record ?? [],
  );
}

/** Creates the error for a session store that failed. The store's own error is left out: some hold the whole session. */
function storeError(error: unknown): Error {
  if (isQQConnectError(error)) return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const what = typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
  return new QQTransportError('ERR_QQ_SESSION_STORE', `session: the session store failed (${what})`, {
    step: 'session',
  });
}

type Callback<T> = (error?: unknown, value?: T) => void;

/** Calls a method of the session store and waits for it. */
export async function callStore<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  return new Promise<T | undefined>((resolve, reject) => {
    try {
      call((error, value) => (error ? reject(storeError(error)) : resolve(value)));
    } catch (error) {
      reject(storeError(error));
    }
  });
}

/** Reads a session, or a token record; `undefined` if the store has none. */
export async function readStored(store: Store, id: string): Promise<SessionData | undefined> {
  const data = await callStore<SessionData | null>((callback) =>
    store.get(id, (error?: NodeJS.ErrnoException | null, found?: SessionData | null) =>
      error?.code === 'ENOENT' ? callback(undefined, null) : callback(error, found),
    ),
  );
  return data ?? undefined;
}

/** Removes a session whose id is not in use. If the store fails again, it expires by itself. */
async function tryDestroy(store: Store, id: string): Promise<void> {
  await Promise.allSettled([callStore((callback) => store.destroy(id, callback))]);
}

/** Tells whether the browser sent the id of the request's session: otherwise the store has no such session. */
function isReturning(req: Request): boolean {
  const cookies = req.headers.cookie ?? '';
  return cookies.includes(req.sessionID) || cookies.includes(encodeURIComponent(req.sessionID));
}

/** Copies what JSON has. A store that keeps more (a `Date`, a database's id) gets the object itself back. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
}

/**
 * Returns the application's own data in a session, as a deep copy: a handler that changes the new session and then
 * refuses the login must not have changed the old one.
 */
export function applicationData(session: Partial<SessionData>): Partial<SessionData> {
  const { cookie, qqConnect, ...data } = { ...session };
  return copy(data) as Partial<SessionData>;
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
 * Makes a session that express-session did not load itself save only what has changed. express-session does not know
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

/** Stores the request's session and waits for it. */
export async function saveSession(req: Request): Promise<void> {
  await callStore((callback) => req.session.save(callback));
}

function assertInUse(req: Request, session: StoredSession, id: string, appId: string): void {
  if (req.session === session && req.sessionID === id && loginIn(session, appId)) return;
  throw new QQConfigurationError(
    'session: onLogin replaced or destroyed the session, or logged the user out',
    {
      en: 'Do not call regenerate(), destroy() or logout() in onLogin. To refuse a login, throw an error.',
      zh: '请勿在 onLogin 中调用 regenerate()、destroy() 或 logout()。如需拒绝登录，请抛出错误。',
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

/** Finds a completed login of a session by the hash of its state. */
export function completedLogin(login: StoredLogin | undefined, state: string): CompletedLogin | undefined {
  return login?.completed.find((completed) => completed.state === state);
}
