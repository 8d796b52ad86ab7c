import { randomBytes } from 'node:crypto';
import { Refusal } from './errors.js';
import { RecentMap } from './recent-map.js';
import type { Account } from './registry.js';
import type { SandboxApp } from './types.js';

/** One login of one user at one application: what all codes and tokens of a refresh chain go back to. */
export interface Login {
  readonly app: SandboxApp;
  readonly account: Account;
  readonly startedAt: number;
  revoked: boolean;
}

/** A new pair of tokens. */
export interface TokenPair {
  readonly login: Login;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

interface Code {
  readonly login: Login;
  readonly redirectUri: string;
  readonly expiresAt: number;
  spent: boolean;
}

const codeLifetime = 10 * 60_000;
/** Spent and expired codes are remembered this long, to be told from codes that never were. */
const codeMemory = 60 * 60_000;
/** Renewal ends three months, taken as 90 days, after the login. */
const chainLifetime = 90 * 86_400_000;

/** How many codes, access tokens and refresh tokens are remembered, of each the newest. */
const capacity = 50_000;

/** The codes and tokens that were handed out, and their rules. Those beyond the capacity are as if they had never been. */
export class Grants {
  readonly #clock: () => number;
  readonly #expiresIn: number;
  readonly #codes = new RecentMap<Code>(capacity);
  readonly #accessTokens = new RecentMap<{ readonly login: Login; readonly expiresAt: number }>(capacity);
  readonly #refreshTokens = new RecentMap<{ readonly login: Login; spent: boolean }>(capacity);

  constructor(clock: () => number, expiresIn: number) {
    this.#clock = clock;
    this.#expiresIn = expiresIn;
  }

  issueCode(app: SandboxApp, account: Account, redirectUri: string): string {
    const now = this.#clock();
    const code = randomToken();
    const login = { app, account, startedAt: now, revoked: false };
    this.#codes.set(code, { login, redirectUri, expiresAt: now + codeLifetime, spent: false });
    return code;
  }

  /** Trades a code for tokens. A refused code is not spent by the refusal. */
  redeemCode(value: string, app: SandboxApp, redirectUri: string): TokenPair {
    const code = this.#codes.get(value);
    const now = this.#clock();
    if (!code || code.expiresAt + codeMemory <= now) throw new Refusal(100019);
    if (code.login.app !== app) throw new Refusal(100068);
    if (code.spent) throw new Refusal(100020);
    if (code.expiresAt <= now) throw new Refusal(100067);
    if (code.redirectUri !== redirectUri) throw new Refusal(100010);
    code.spent = true;
    return this.#issueTokens(code.login);
  }

  /** Trades a refresh token for the next pair. The old access token stays good until it expires by itself. */
  refresh(value: string, app: SandboxApp): TokenPair {
    const token = this.#refreshTokens.get(value);
    if (token?.login.app !== app) throw new Refusal(100022);
    if (token.login.revoked) throw new Refusal(100038);
    if (token.spent) throw new Refusal(100021);
    if (token.login.startedAt + chainLifetime <= this.#clock()) throw new Refusal(100037);
    token.spent = true;
    return this.#issueTokens(token.login);
  }

  /** The login behind an access token. */
  login(accessToken: string): Login {
    if (!/^[0-9A-F]{32}$/.test(accessToken)) throw new Refusal(100013);
    const token = this.#accessTokens.get(accessToken);
    if (!token) throw new Refusal(100016);
    if (token.login.revoked) throw new Refusal(100015);
    if (token.expiresAt <= this.#clock()) throw new Refusal(100014);
    return token.login;
  }

  revoke(account: Account): void {
    const logins = [...this.#codes.values(), ...this.#accessTokens.values(), ...this.#refreshTokens.values()];
    for (const { login } of logins) {
      if (login.account === account) login.revoked = true;
    }
  }

  #issueTokens(login: Login): TokenPair {
    const pair = { login, accessToken: randomToken(), refreshToken: randomToken(), expiresIn: this.#expiresIn };
    this.#accessTokens.set(pair.accessToken, { login, expiresAt: this.#clock() + this.#expiresIn * 1000 });
    this.#refreshTokens.set(pair.refreshToken, { login, spent: false });
    return pair;
  }
}

function randomToken(): string {
  return randomBytes(16).toString('hex').toUpperCase();
}
