import { BoundedMap } from './bounded-map.js';
import { defaultApps, defaultUsers } from './default-users.js';
import { Refusal } from './errors.js';
import { Grants } from './grants.js';
import { Registry, type Account } from './registry.js';
import type { SandboxApp, SandboxOptions } from './types.js';

const MAX_LOGINS = 10_000;

/** The state that all endpoints share. */
export class QQ {
  readonly registry: Registry;
  readonly grants: Grants;
  readonly clock: () => number;
  readonly strict: boolean;
  readonly autoApprove: boolean;
  /** The users that `autoApprove` logs in before it returns to the first one. */
  readonly nextAccounts: Account[] = [];
  readonly #logins = new BoundedMap<number>(MAX_LOGINS);
  #lastLogin = 0;

  constructor(options: SandboxOptions) {
    const { apps = defaultApps, users = defaultUsers, clock = Date.now, expiresIn = 5_184_000 } = options;
    this.registry = new Registry(apps, users);
    this.grants = new Grants(clock, expiresIn);
    this.clock = clock;
    this.strict = options.strict ?? false;
    this.autoApprove = options.autoApprove ?? false;
  }

  /** The application of a `client_id`, which must be digits as at QQ. */
  app(clientId: string | undefined): SandboxApp {
    if (clientId === undefined || !/^\d+$/.test(clientId)) throw new Refusal(100001);
    const app = this.registry.app(clientId);
    if (!app) throw new Refusal(100008);
    return app;
  }

  /**
   * The user with an openid.
   *
   * @throws TypeError when no user has it
   */
  account(openid: string): Account {
    const account = this.registry.account(openid);
    if (account) return account;
    throw new TypeError(`No user of the sandbox has the openid ${JSON.stringify(openid)}; see sandbox.users`);
  }

  /** The user that `autoApprove` logs in. */
  nextAccount(): Account {
    return this.nextAccounts.shift() ?? this.registry.firstAccount;
  }

  /** The number of the login that an authorization request belongs to: a new one for a new `state`. */
  loginNumber({ client_id: clientId, state }: Readonly<Record<string, string>>): number {
    const key = JSON.stringify([clientId, state]).slice(0, 300);
    const known = state ? this.#logins.get(key) : undefined;
    if (known !== undefined) return known;
    const number = ++this.#lastLogin;
    if (state) this.#logins.set(key, number);
    return number;
  }
}
