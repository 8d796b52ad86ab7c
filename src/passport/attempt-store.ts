import { randomBytes } from 'node:crypto';
import { QQConfigurationError } from '../protocol/errors/index.js';
import { ATTEMPT_TTL_SECONDS } from '../attempt/login-attempt.js';
import { digest } from '../attempt/own-cookies.js';
import { isObject } from '../protocol/is-object.js';
import type { ServerResponse } from 'node:http';
import type { LoginAttempts } from '../attempt/login-attempt.js';

/** What the strategy reads of a request, whatever the framework. */
export interface AnyRequest {
  headers?: Record<string, string | string[] | undefined>;
  url?: string;
  originalUrl?: string;
  session?: unknown;
  /** Express's and NestJS's response. */
  res?: Partial<ServerResponse>;
  /** Koa's context. */
  ctx?: { res?: Partial<ServerResponse> };
}

/** What comes back with the callback. */
export interface AttemptData extends Record<string, unknown> {
  /** The application's own state. */
  state?: unknown;
  /** A callback URL in place of the strategy's. */
  redirectUri?: string;
}

/** Where the login attempts of one browser are kept. */
export interface AttemptStore {
  /** Stores an attempt and returns its state. */
  start(data: AttemptData): string;
  find(state: string): AttemptData | undefined;
  delete(state: string): void;
}

interface SessionAttempt {
  /** Names the state: the session's data may end up in a log. */
  id: string;
  expires: number;
  data: AttemptData;
}

type SessionValues = Record<string, unknown> & {
  get?: (key: string) => unknown;
  set?: (key: string, value: unknown) => void;
};

const MAX_ATTEMPTS = 10;
// @fastify/passport clears the session at a login, and with it the attempts of other tabs, but for this key.
const SESSION_KEY = 'session';

function cookieHeader(req: AnyRequest): string | undefined {
  const header = req.headers?.cookie;
  return Array.isArray(header) ? header.join('; ') : header;
}

/** Node's response behind a framework's: appendHeader() keeps the cookies that the application has set. */
function responseOf(req: AnyRequest): Pick<ServerResponse, 'appendHeader'> | undefined {
  const response = req.ctx?.res ?? req.res;
  return typeof response?.appendHeader === 'function' ? (response as ServerResponse) : undefined;
}

function cookieStore(
  attempts: LoginAttempts,
  req: AnyRequest,
  res: Pick<ServerResponse, 'appendHeader'>,
): AttemptStore {
  const append = (cookies: string[]): void => {
    if (cookies.length > 0) res.appendHeader('Set-Cookie', cookies);
  };
  return {
    start(data) {
      const { attempt, cookies } = attempts.start(cookieHeader(req), { returnTo: '/', data });
      append(cookies);
      return attempt.state;
    },
    find: (state) => attempts.find(cookieHeader(req), state).attempt?.data,
    delete(state) {
      const { deletion } = attempts.find(cookieHeader(req), state);
      if (deletion !== undefined) append([deletion]);
    },
  };
}

function sessionStore(session: SessionValues, owner: string): AttemptStore {
  const bag = (): Record<string, unknown> => {
    const value = session.get ? session.get(SESSION_KEY) : session[SESSION_KEY];
    return isObject(value) ? value : {};
  };
  const read = (): SessionAttempt[] => {
    const stored = bag()[owner];
    const now = Date.now();
    return Array.isArray(stored) ? (stored as SessionAttempt[]).filter(({ expires }) => expires > now) : [];
  };
  const write = (attempts: SessionAttempt[]): void => {
    const value = { ...bag(), [owner]: attempts.slice(-MAX_ATTEMPTS) };
    if (session.set) session.set(SESSION_KEY, value);
    else session[SESSION_KEY] = value;
  };
  return {
    start(data) {
      const state = randomBytes(32).toString('base64url');
      write([...read(), { id: digest(state), expires: Date.now() + ATTEMPT_TTL_SECONDS * 1000, data }]);
      return state;
    },
    find: (state) => read().find(({ id }) => id === digest(state))?.data,
    delete(state) {
      write(read().filter(({ id }) => id !== digest(state)));
    },
  };
}

/**
 * Returns the store for a request: an encrypted cookie for each attempt, or the session where the strategy gets no
 * response (Fastify).
 *
 * @throws {@link QQConfigurationError} if the request has neither
 */
export function attemptStore(attempts: LoginAttempts, owner: string, req: AnyRequest): AttemptStore {
  const response = responseOf(req);
  if (response) return cookieStore(attempts, req, response);
  if (typeof req.session === 'object' && req.session !== null) return sessionStore(req.session as SessionValues, owner);
  throw new QQConfigurationError('passport: the strategy gets neither a response nor a session with this request', {
    en: 'Register the session (such as @fastify/session) before Passport.',
    zh: '请在 Passport 之前注册会话（例如 @fastify/session）。',
  });
}
