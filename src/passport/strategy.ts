import * as v from 'valibot';
import { Callbacks, callbackId } from '../attempt/callbacks.js';
import { encryptionKeyEntry } from '../attempt/login.js';
import { LoginAttempts } from '../attempt/login-attempt.js';
import { createSealer } from '../attempt/sealer.js';
import { readCallback } from '../client/callback.js';
import { QQConnectClient, appKeyOf } from '../client/client.js';
import { clientOptionsShape, optionsSchema, readOptions, withOptionNames } from '../client/options.js';
import { QQConfigurationError, QQRequestError, isQQConnectError } from '../protocol/errors/index.js';
import { attemptStore } from './attempt-store.js';
import type { TokenSet } from '../client/grants.js';
import type { QQUser } from '../protocol/profile.js';
import type { AnyRequest, AttemptData, AttemptStore } from './attempt-store.js';
import type {
  AuthenticateOptions,
  Profile,
  QQUserProfile,
  StrategyOptions,
  StrategyOptionsWithRequest,
  TokenParams,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './types.js';

/** The functions that Passport adds to the object it creates for each request. */
interface Actions {
  success(user: unknown, info?: unknown): void;
  fail(challenge: unknown, status?: number): void;
  redirect(url: string): void;
  error(error: unknown): void;
}

type Verify = (...args: unknown[]) => unknown;
type Verified = { user: unknown; info: unknown } | 'cancelled';

const NAMES = { appId: 'clientID', appKey: 'clientSecret', redirectUri: 'callbackURL' };
const MAX_STATE_LENGTH = 1_024;

function refused(message: string): v.GenericSchema<unknown, undefined> {
  return v.optional(v.custom<undefined>(() => false, message));
}

const text = v.optional(v.string('must be a string'));
const display = v.optional(v.picklist(['mobile', 'pc'], "must be 'mobile' or 'pc'"));
const schema = optionsSchema({
  ...clientOptionsShape,
  display,
  encryptionKey: encryptionKeyEntry,
  name: text,
  passReqToCallback: v.optional(v.boolean('must be true or false'), false),
  scopeSeparator: v.optional(v.literal(',', 'must be a comma, as QQ takes no other')),
  state: v.optional(v.unknown()),
  authorizationURL: refused('cannot be set: use graphUrl, for a sandbox for example'),
  tokenURL: refused('cannot be set: use graphUrl, for a sandbox for example'),
  store: refused('cannot be set: each login has an encrypted cookie of its own'),
  pkce: refused('cannot be set: QQ has no PKCE'),
  customHeaders: refused('cannot be set: use an axios instance with headers'),
  proxy: refused('cannot be set: write an absolute callbackURL'),
});
const perLogin = v.object({ display });

/** Splits a scope; QQ's own form is a string with commas. */
function scopeList(scope: unknown): unknown {
  return typeof scope === 'string' ? scope.split(/[\s,]+/).filter((name) => name !== '') : scope;
}

function toProfile({ openid, nickname, gender, unionid, avatarUrl, raw }: QQUser): Profile {
  return {
    provider: 'qq',
    id: openid,
    displayName: nickname,
    nickname,
    ...(gender !== undefined && { gender }),
    photos: avatarUrl === undefined ? [] : [{ value: avatarUrl }],
    ...(unionid !== undefined && { unionid }),
    _raw: JSON.stringify(raw),
    _json: raw as QQUserProfile,
  };
}

function toParams({ accessToken, refreshToken, expiresAt, openid }: TokenSet): TokenParams {
  return {
    access_token: accessToken,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(expiresAt !== undefined && { expires_in: Math.round((expiresAt - Date.now()) / 1000) }),
    ...(openid !== undefined && { openid }),
  };
}

/** The path and the query of a request, as the browser sent them as far as the framework shows it. */
function urlOf({ originalUrl, url }: AnyRequest): { path: string; query: string } {
  const [path = '', query = ''] = (originalUrl ?? url ?? '').split(/\?(.*)/s);
  return { path, query };
}

/** The state of a strategy, in private fields, so that no log prints it. */
class Login {
  readonly #client: QQConnectClient;
  readonly #attempts: LoginAttempts;
  readonly #callbacks = new Callbacks<Verified>();
  readonly #verify: Verify;
  readonly #display: string | undefined;
  readonly #passRequest: boolean;
  readonly #callbackPath: string;

  constructor(options: StrategyOptions, verify: Verify) {
    const { clientID, clientSecret, callbackURL, scope, ...rest } = options;
    const mapped = Object.fromEntries(
      Object.entries({
        ...rest,
        appId: clientID,
        appKey: clientSecret,
        redirectUri: callbackURL,
        scope: scopeList(scope),
      }).filter(([, value]) => value !== undefined),
    );
    const { appId, appKey, redirectUri, graphUrl, timeoutMs, axios, unionid, ...own } = readOptions(schema, mapped);
    const client = { appId, appKey, redirectUri, graphUrl, timeoutMs, axios, unionid, scope: own.scope };
    this.#client = new QQConnectClient(client);
    const keys = own.encryptionKey ?? ([appKeyOf(this.#client)] as const);
    const sealer = createSealer(keys, 'passport login attempt');
    this.#attempts = new LoginAttempts({ sealer, appId, redirectUri, defaultReturnTo: '/' });
    this.#verify = verify;
    this.#display = own.display;
    this.#passRequest = own.passReqToCallback;
    this.#callbackPath = new URL(redirectUri).pathname;
  }

  async authenticate(actions: Actions, req: AnyRequest, options: AuthenticateOptions): Promise<void> {
    const { path, query } = urlOf(req);
    const store = attemptStore(this.#attempts, `qq_login_${this.#client.appId}`, req);
    if (this.#isCallback(path, query)) await this.#complete(actions, req, query, store);
    else actions.redirect(this.#start(options, store));
  }

  /** Tells a callback from the route that starts a login, where a page's own `state` may be in the query. */
  #isCallback(path: string, query: string): boolean {
    const parameters = new URLSearchParams(query);
    if (['code', 'error', 'usercancel'].some((name) => parameters.has(name))) return true;
    return parameters.has('state') && this.#callbackPath.endsWith(path);
  }

  #start({ state: own, scope, callbackURL, ...options }: AuthenticateOptions, store: AttemptStore): string {
    const asked = readOptions(perLogin, { ...(options.display !== undefined && { display: options.display }) });
    // `state: true` enables in passport-oauth2 what is always enabled here.
    const hasState = own !== undefined && own !== null && typeof own !== 'boolean';
    if (hasState && JSON.stringify(own).length > MAX_STATE_LENGTH) {
      throw configurationError(
        `state is longer than ${MAX_STATE_LENGTH} characters: pass a key of what is stored elsewhere`,
      );
    }
    // Validated before the attempt is stored.
    const address = withOptionNames(NAMES, () =>
      this.#client.buildAuthorizationUrl({ state: 'state', redirectUri: callbackURL }),
    );
    const state = store.start({
      ...(hasState && { state: own }),
      ...(callbackURL !== undefined && { redirectUri: callbackURL }),
    });
    address.searchParams.set('state', state);
    if ((asked.display ?? this.#display) === 'mobile') address.searchParams.set('display', 'mobile');
    const scopes = scopeList(scope);
    if (Array.isArray(scopes) && scopes.length > 0) address.searchParams.set('scope', scopes.join(','));
    return address.href;
  }

  async #complete(actions: Actions, req: AnyRequest, query: string, store: AttemptStore): Promise<void> {
    let callback: ReturnType<typeof readCallback>;
    let attempt: AttemptData | undefined;
    try {
      callback = readCallback(query);
      attempt = store.find(callback.state);
      if (!attempt)
        throw new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: this browser has started no login with this state');
    } catch (error) {
      if (!isQQConnectError(error, 'request')) throw error;
      actions.fail({ message: error.message, code: error.code, hint: error.hint }, 403);
      return;
    }
    const { state, result } = callback;
    const { state: own, redirectUri } = attempt;
    const withState = own === undefined ? undefined : { state: own };
    const verified = await this.#callbacks.once(state, callbackId(callback), async () => {
      if (result.kind === 'failed') throw result.error;
      if (result.kind === 'cancelled') return 'cancelled';
      const tokens = await this.#client.exchangeCode(result.code, { redirectUri });
      return this.#callVerify(req, tokens, await this.#client.fetchUser(tokens));
    });
    store.delete(state);
    if (verified === 'cancelled') {
      const message = 'The user cancelled the login.';
      actions.fail({ message, code: 'ERR_QQ_CANCELLED', ...withState }, 401);
      return;
    }
    const { user, info } = verified;
    if (user) actions.success(user, { ...(info as object | undefined), ...withState });
    else actions.fail(info ?? { message: 'The application refused the login.', code: 'ERR_QQ_LOGIN_REFUSED' });
  }

  async #callVerify(req: AnyRequest, tokens: TokenSet, qqUser: QQUser): Promise<{ user: unknown; info: unknown }> {
    const { accessToken, refreshToken = '' } = tokens;
    const plainArity = this.#passRequest ? 5 : 4;
    const verify = this.#verify;
    return new Promise((resolve, reject) => {
      const done = (error?: unknown, user?: unknown, info?: unknown): void => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the application passed
        if (error !== undefined && error !== null) reject(error);
        else resolve({ user, info });
      };
      const args = [
        ...(this.#passRequest ? [req] : []),
        accessToken,
        refreshToken,
        ...(verify.length === plainArity + 1 ? [toParams(tokens)] : []),
        toProfile(qqUser),
        done,
      ];
      // An async function that fails before done() must not leave the browser waiting.
      Promise.resolve(verify(...args)).catch(reject);
    });
  }
}

function configurationError(problem: string): QQConfigurationError {
  return new QQConfigurationError(`passport: ${problem}`, {
    en: 'Correct the option named here.',
    zh: '请修正上述选项。',
  });
}

// By a symbol, because Passport calls authenticate() on an object that only inherits from the strategy: a private field
// of `this` would throw there.
const LOGIN = Symbol('express-qq-connect.passport');

/**
 * The QQ strategy for Passport: on Express, NestJS, Koa (koa-passport) and Fastify (`@fastify/passport`). A drop-in
 * replacement of passport-qq.
 *
 * A cancelled login fails with 401, a callback of another browser with 403. An error of QQ's or of the network is
 * passed to the error handlers as a `QQConnectError`, with `status` and `qqCode`.
 *
 * @example
 * ```ts
 * import { Strategy } from 'express-qq-connect/passport';
 *
 * export const strategy = new Strategy(
 *   {
 *     clientID: process.env.QQ_APP_ID ?? '',
 *     clientSecret: process.env.QQ_APP_KEY ?? '',
 *     callbackURL: 'https://www.example.com/auth/qq/callback',
 *   },
 *   (accessToken, refreshToken, profile, done) => done(null, { openid: profile.id, name: profile.nickname }),
 * );
 * ```
 */
export class Strategy {
  /** The name for `passport.authenticate()`. */
  name: string;

  /* eslint-disable @typescript-eslint/unified-signatures -- only overloads infer the parameters of a function without annotations */
  /** @throws `QQConfigurationError` that names every wrong option, and no value */
  constructor(options: StrategyOptionsWithRequest, verify: VerifyFunctionWithRequest);
  constructor(options: StrategyOptionsWithRequest, verify: VerifyFunctionWithRequestAndParams);
  constructor(options: StrategyOptions, verify: VerifyFunction);
  constructor(options: StrategyOptions, verify: VerifyFunctionWithParams);
  /* eslint-enable @typescript-eslint/unified-signatures */
  constructor(options: StrategyOptions, verify: unknown) {
    if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
      throw configurationError('options must be an object, the first argument of new Strategy()');
    }
    if (typeof verify !== 'function') {
      throw configurationError('verify must be a function, the second argument of new Strategy()');
    }
    for (const [name, inPassport] of Object.entries(NAMES)) {
      if (name in options) throw configurationError(`${name}: no such option, its name is ${inPassport}`);
    }
    const login = withOptionNames(NAMES, () => new Login(options, verify as Verify));
    Object.defineProperty(this, LOGIN, { value: login });
    this.name = options.name ?? 'qq';
  }

  /** Called by Passport: starts a login, or completes the one that a callback belongs to. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the request of any framework
  authenticate(req: any, options?: any): void {
    const actions = this as unknown as Actions;
    const { [LOGIN]: login } = this as unknown as Record<typeof LOGIN, Login>;
    login
      .authenticate(actions, req as AnyRequest, (options ?? {}) as AuthenticateOptions)
      .catch((error: unknown) => actions.error(error));
  }
}
