import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Refusal } from './errors.js';
import type { SandboxApp, SandboxUser } from './types.js';

/** A user with the derived values filled in, but the openid, which differs between applications. */
export type Account = SandboxUser & { readonly id: string; readonly unionid: string | false };

/** One login of one user at one application. All codes and tokens of a refresh chain belong to it. */
export interface Login {
  readonly app: SandboxApp;
  readonly account: Account;
  readonly scopes: readonly string[];
  /** Its number in the request log. */
  readonly number: number | undefined;
  readonly startedAt: number;
  revoked: boolean;
}

/** A new access token with its refresh token. */
export interface TokenPair {
  readonly login: Login;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

interface Code {
  readonly login: Login;
  readonly redirectUri: string;
  used: boolean;
}

const CODE_TTL_MS = 10 * 60_000;
/** How long a used or expired code is kept, to tell it from an unknown one. */
const CODE_MEMORY_MS = 70 * 60_000;
/** Renewal ends three months after the login, taken as 90 days. */
const CHAIN_TTL_MS = 90 * 86_400_000;
const MAX_ENTRIES = 50_000;

/** The issued codes and tokens and their rules. Of each kind the newest 50,000 are kept; older ones are unknown. */
export class Grants {
  readonly #clock: () => number;
  readonly #expiresIn: number;
  readonly #codes = newestOf<Code>();
  readonly #accessTokens = newestOf<{ readonly login: Login; readonly expiresAt: number }>();
  readonly #refreshTokens = newestOf<{ readonly login: Login; used: boolean }>();

  constructor(clock: () => number, expiresIn: number) {
    this.#clock = clock;
    this.#expiresIn = expiresIn;
  }

  startLogin(app: SandboxApp, account: Account, scopes: readonly string[], number?: number): Login {
    return { app, account, scopes, number, startedAt: this.#clock(), revoked: false };
  }

  issueCode(login: Login, redirectUri: string): string {
    const code = randomToken();
    this.#codes.set(code, { login, redirectUri, used: false });
    return code;
  }

  /** Exchanges a code for tokens. A refusal does not use the code. */
  redeemCode(value: string, app: SandboxApp, redirectUri: string): TokenPair {
    const code = this.#codes.peek(value);
    const age = this.#clock() - (code?.login.startedAt ?? 0);
    if (!code || age >= CODE_MEMORY_MS) throw new Refusal(100019);
    if (code.login.app !== app) throw new Refusal(100068);
    if (code.used) throw new Refusal(100020);
    if (age >= CODE_TTL_MS) throw new Refusal(100067);
    if (code.redirectUri !== redirectUri) throw new Refusal(100010);
    code.used = true;
    return this.issueTokens(code.login);
  }

  /** Exchanges a refresh token for the next pair. The old access token stays valid until it expires. */
  refresh(value: string, app: SandboxApp): TokenPair {
    const token = this.#refreshTokens.peek(value);
    if (token?.login.app !== app) throw new Refusal(100022);
    if (token.login.revoked) throw new Refusal(100038);
    if (token.used) throw new Refusal(100021);
    if (token.login.startedAt + CHAIN_TTL_MS <= this.#clock()) throw new Refusal(100037);
    token.used = true;
    return this.issueTokens(token.login);
  }

  /** The login of a valid access token. */
  login(accessToken: string): Login {
    if (!/^[0-9A-F]{32}$/.test(accessToken)) throw new Refusal(100013);
    const token = this.#accessTokens.peek(accessToken);
    if (!token) throw new Refusal(100016);
    if (token.login.revoked) throw new Refusal(100015);
    if (token.expiresAt <= this.#clock()) throw new Refusal(100014);
    return token.login;
  }

  /** The number of the login that a code or token belongs to, valid or not. */
  loginNumber(secret: string): number | undefined {
    const entry = this.#accessTokens.peek(secret) ?? this.#codes.peek(secret) ?? this.#refreshTokens.peek(secret);
    return entry?.login.number;
  }

  revoke(account: Account): void {
    const logins = [...this.#codes.values(), ...this.#accessTokens.values(), ...this.#refreshTokens.values()];
    for (const { login } of logins) {
      if (login.account === account) login.revoked = true;
    }
  }

  issueTokens(login: Login): TokenPair {
    const pair = { login, accessToken: randomToken(), refreshToken: randomToken(), expiresIn: this.#expiresIn };
    this.#accessTokens.set(pair.accessToken, { login, expiresAt: this.#clock() + this.#expiresIn * 1000 });
    this.#refreshTokens.set(pair.refreshToken, { login, used: false });
    return pair;
  }
}

/** A map that drops its oldest entry when it is full. `peek` does not make an entry a newer one, unlike `get`. */
function newestOf<T extends object>(): LRUCache<string, T> {
  return new LRUCache({ maxSize: MAX_ENTRIES, sizeCalculation: () => 1 });
}

function randomToken(): string {
  return randomBytes(16).toString('hex').toUpperCase();
}
