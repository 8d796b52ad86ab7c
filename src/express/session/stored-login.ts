import { digest } from '../../attempt/own-cookies.js';
import { isObject } from '../../protocol/is-object.js';
import type { Request } from 'express';
import type { SessionData } from 'express-session';
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
    qqConnect?: StoredLogins | undefined;
  }
}

/** Returns the login of an APP ID in a session, if it is stored in the format of this version. */
export function loginIn(session: Partial<SessionData> | undefined, appId: string): StoredLogin | undefined {
  const stored: unknown = session?.qqConnect;
  if (!isObject(stored) || stored.format !== 1 || !isObject(stored.logins)) return undefined;
  const login = Object.hasOwn(stored.logins, appId) ? stored.logins[appId] : undefined;
  if (!isObject(login) || typeof login.openid !== 'string' || login.openid === '') return undefined;
  return isObject(login.profile) && Array.isArray(login.completed) ? (login as unknown as StoredLogin) : undefined;
}

/** Returns the login of this request's session; see {@link loginIn}. */
export function storedLogin(req: Request, appId: string): StoredLogin | undefined {
  return loginIn((req as { session?: Partial<SessionData> }).session, appId);
}

/** Names a user without storing the openid of a login that has ended. */
export function userId(appId: string, openid: string): string {
  return digest(`${appId}\n${openid}`);
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

/** Removes the login of an APP ID from a session and leaves the application's data, which are that user's. */
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

/** Finds a completed login of a session by the hash of its state. */
export function completedLogin(login: StoredLogin | undefined, state: string): CompletedLogin | undefined {
  return login?.completed.find((completed) => completed.state === state);
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
