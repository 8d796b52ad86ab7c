import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { defaultApps, defaultUsers } from './default-users.js';
import { Refusal } from './errors.js';
import { Grants, type Account } from './grants.js';
import type { SandboxApp, SandboxOptions } from './types.js';

const MAX_LOGINS = 10_000;

/** The state that all endpoints share: applications, users, each user's openid at each application, and the grants. */
export class QQ {
  readonly apps: readonly SandboxApp[];
  readonly accounts: readonly Account[];
  readonly firstApp: SandboxApp;
  readonly firstAccount: Account;
  readonly grants: Grants;
  readonly clock: () => number;
  readonly strict: boolean;
  readonly autoApprove: boolean;
  /** The users that `autoApprove` logs in before it returns to the first one. */
  readonly nextAccounts: Account[] = [];
  readonly #logins = new LRUCache<string, number>({ maxSize: MAX_LOGINS, sizeCalculation: () => 1 });
  #lastLogin = 0;

  constructor(options: SandboxOptions) {
    const { apps = defaultApps, users = defaultUsers, clock = Date.now, expiresIn = 5_184_000 } = options;
    apps.forEach(checkApp);
    this.apps = apps.map((app) => Object.freeze({ ...app }));
    this.accounts = users.map((user, index) => {
      const id = user.id ?? `user-${index + 1}`;
      return Object.freeze({ ...user, id, unionid: user.unionid ?? `UID_${digest('unionid', id)}` });
    });
    const [firstApp] = this.apps;
    const [firstAccount] = this.accounts;
    if (!firstApp || !firstAccount) throw new TypeError(`${firstApp ? 'users' : 'apps'}: at least one is needed`);
    this.firstApp = firstApp;
    this.firstAccount = firstAccount;
    checkUnique('appId', apps, ({ appId }) => appId);
    for (const app of apps) checkUnique('openid', this.accounts, (account) => this.openid(app, account));
    this.grants = new Grants(clock, expiresIn);
    this.clock = clock;
    this.strict = options.strict ?? false;
    this.autoApprove = options.autoApprove ?? false;
  }

  findApp(appId: string): SandboxApp | undefined {
    return this.apps.find((app) => app.appId === appId);
  }

  /** The application of a `client_id`, which must be digits as at QQ. */
  app(clientId = ''): SandboxApp {
    if (!/^\d+$/.test(clientId)) throw new Refusal(100001);
    const app = this.findApp(clientId);
    if (!app) throw new Refusal(100008);
    return app;
  }

  openid(app: Pick<SandboxApp, 'appId'>, { id, openid }: Account): string {
    return openid ?? digest('openid', app.appId, id);
  }

  /** The user with an openid, at one application or at any. */
  findAccount(openid = '', appId?: string): Account | undefined {
    const apps = appId === undefined ? this.apps : this.apps.filter((app) => app.appId === appId);
    return this.accounts.find((account) => apps.some((app) => this.openid(app, account) === openid));
  }

  /** @throws TypeError when no user has the openid */
  account(openid: string): Account {
    const account = this.findAccount(openid);
    if (account) return account;
    throw new TypeError(`No user of the sandbox has the openid ${JSON.stringify(openid)}; see sandbox.users`);
  }

  /** The user that `autoApprove` logs in. */
  nextAccount(): Account {
    return this.nextAccounts.shift() ?? this.firstAccount;
  }

  /** The number of the login that an authorization request belongs to: a new one for a new `state`. */
  loginNumber({ client_id: clientId, state }: Readonly<Record<string, string>>): number {
    const key = JSON.stringify([clientId, state]).slice(0, 300);
    const number = (state ? this.#logins.get(key) : undefined) ?? ++this.#lastLogin;
    if (state) this.#logins.set(key, number);
    return number;
  }
}

function checkApp({ appId, appKey, icon, redirectUris = [] }: SandboxApp): void {
  if (!appId || !appKey) throw new TypeError('apps: each needs an appId and an appKey');
  const bad = redirectUris.find((uri) => !URL.canParse(uri));
  if (bad !== undefined)
    throw new TypeError(`apps: redirectUris of ${appId}: ${JSON.stringify(bad)} is no absolute URL`);
  if (icon !== undefined && !(/^(https?:|data:image\/)/i.test(icon) && URL.canParse(icon)))
    throw new TypeError(`apps: icon of ${appId} must be an http, https or data:image URL`);
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32).toUpperCase();
}

function checkUnique<T>(name: string, values: readonly T[], keyOf: (value: T) => string): void {
  if (new Set(values.map(keyOf)).size !== values.length) throw new TypeError(`${name}: two of them are the same`);
}
