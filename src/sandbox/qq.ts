import { Refusal } from './errors.js';
import { Grants } from './grants.js';
import { Registry, type Account } from './registry.js';
import { defaultApps, defaultUsers } from './personas.js';
import type { SandboxApp, SandboxOptions } from './types.js';

/** What all endpoints share. */
export class QQ {
  readonly registry: Registry;
  readonly grants: Grants;
  readonly clock: () => number;
  readonly strict: boolean;
  readonly autoApprove: boolean;
  /** The sandbox's own address, where avatar URLs point; known once it listens. */
  url = '';
  /** Images that were drawn once, by user and size. */
  readonly images = new Map<string, Buffer>();
  #next: Account[] = [];

  constructor(options: SandboxOptions) {
    const { apps = defaultApps, users = defaultUsers, clock = Date.now, expiresIn = 7_776_000 } = options;
    this.registry = new Registry(apps, users);
    this.grants = new Grants(clock, expiresIn);
    this.clock = clock;
    this.strict = options.strict ?? false;
    this.autoApprove = options.autoApprove ?? false;
  }

  /** The application of a `client_id`. */
  app(clientId: string | undefined): SandboxApp {
    const app = clientId === undefined ? undefined : this.registry.app(clientId);
    if (app) return app;
    throw new Refusal(clientId !== undefined && /^\d+$/.test(clientId) ? 100008 : 100001);
  }

  /** The user of an openid, for a caller of the sandbox. */
  account(openid: string): Account {
    const account = this.registry.account(openid);
    if (account) return account;
    throw new TypeError(`No user of the sandbox has the openid ${JSON.stringify(openid)}; see sandbox.users`);
  }

  /** The users whom `autoApprove` logs in before it goes back to the first. */
  get queuedAccounts(): readonly Account[] {
    return this.#next;
  }

  queueAccount(account: Account): void {
    this.#next.push(account);
  }

  clearQueuedAccounts(): void {
    this.#next = [];
  }

  /** The user whom `autoApprove` logs in. */
  nextAccount(): Account {
    return this.#next.shift() ?? this.registry.firstAccount;
  }
}
