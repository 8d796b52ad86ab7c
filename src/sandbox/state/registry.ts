import { createHash } from 'node:crypto';
import type { SandboxApp, SandboxUser } from './types.js';

/** A user with the derived values filled in. */
export interface Account {
  readonly id: string;
  readonly user: SandboxUser;
  readonly unionid: string | false;
}

/** The registered applications, the users, and each user's openid at each application. */
export class Registry {
  readonly apps: readonly SandboxApp[];
  readonly accounts: readonly Account[];
  readonly firstApp: SandboxApp;
  readonly firstAccount: Account;

  constructor(apps: readonly SandboxApp[], users: readonly SandboxUser[]) {
    for (const { appId, appKey, icon, redirectUris = [] } of apps) {
      if (!appId || !appKey) throw new TypeError('apps: each needs an appId and an appKey');
      const bad = redirectUris.find((uri) => !URL.canParse(uri));
      if (bad !== undefined)
        throw new TypeError(`apps: redirectUris of ${appId}: ${JSON.stringify(bad)} is no absolute URL`);
      if (icon !== undefined && !(/^(https?:|data:image\/)/i.test(icon) && URL.canParse(icon)))
        throw new TypeError(`apps: icon of ${appId} must be an http, https or data:image URL`);
    }
    this.apps = apps.map((app) => Object.freeze({ ...app }));
    this.accounts = users.map((user, index) => {
      const id = user.id ?? `user-${index + 1}`;
      return { id, user: Object.freeze({ ...user }), unionid: user.unionid ?? `UID_${digest('unionid', id)}` };
    });
    this.firstApp = first('apps', this.apps);
    this.firstAccount = first('users', this.accounts);
    unique(
      'appId',
      apps.map(({ appId }) => appId),
    );
    for (const app of apps) {
      unique(
        'openid',
        this.accounts.map((account) => this.openid(app, account)),
      );
    }
  }

  app(appId: string): SandboxApp | undefined {
    return this.apps.find((app) => app.appId === appId);
  }

  openid(app: Pick<SandboxApp, 'appId'>, { id, user }: Account): string {
    return user.openid ?? digest('openid', app.appId, id);
  }

  /** The user with an openid, at one application or at any. */
  account(openid: string, appId?: string): Account | undefined {
    const apps = appId === undefined ? this.apps : this.apps.filter((app) => app.appId === appId);
    return this.accounts.find((account) => apps.some((app) => this.openid(app, account) === openid));
  }
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32).toUpperCase();
}

function first<T>(name: string, values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new TypeError(`${name}: at least one is needed`);
  return value;
}

function unique(name: string, values: readonly string[]): void {
  if (new Set(values).size !== values.length) throw new TypeError(`${name}: two of them are the same`);
}
