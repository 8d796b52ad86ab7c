import type { Sandbox } from '../../src/sandbox.js';

/** An answer of the sandbox, read to its end. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where a redirect leads. */
  readonly location: URL | undefined;
}

export type Parameters = Readonly<Record<string, string | undefined>>;

/** A client that is as plain as can be: it sends what it is told and reads what comes. */
export class SandboxVisitor {
  readonly redirectUri: string;
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox, redirectUri = 'http://localhost:3000/auth/qq/callback') {
    this.#sandbox = sandbox;
    this.redirectUri = redirectUri;
  }

  async send(path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(this.#sandbox.url + path, { redirect: 'manual', ...init });
    const location = response.headers.get('location');
    return {
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      location: location === null ? undefined : new URL(location),
    };
  }

  authorize(parameters: Parameters = {}, init: RequestInit = {}): Promise<Answered> {
    return this.send(`/oauth2.0/authorize${query({ ...this.authorizationRequest(), ...parameters })}`, init);
  }

  /** Presses a button of the login page. */
  press(parameters: Parameters): Promise<Answered> {
    const body = new URLSearchParams(query({ ...this.authorizationRequest(), ...parameters }).slice(1));
    return this.send('/oauth2.0/authorize', { method: 'POST', body });
  }

  authorizationRequest(): Record<string, string> {
    return { response_type: 'code', client_id: this.#app.appId, redirect_uri: this.redirectUri, state: 'a-state' };
  }

  /** A fresh code, of a sandbox with `autoApprove`. */
  async code(): Promise<string> {
    const { location } = await this.authorize();
    return location?.searchParams.get('code') ?? '';
  }

  token(parameters: Parameters): Promise<Answered> {
    return this.send(`/oauth2.0/token${query(this.tokenRequest(parameters))}`);
  }

  tokenRequest(parameters: Parameters): Parameters {
    const { appId, appKey } = this.#app;
    const grant = { grant_type: 'authorization_code', client_id: appId, client_secret: appKey };
    return { ...grant, redirect_uri: this.redirectUri, ...parameters };
  }

  refresh(refreshToken: string, parameters: Parameters = {}): Promise<Answered> {
    const { appId, appKey } = this.#app;
    const grant = { grant_type: 'refresh_token', client_id: appId, client_secret: appKey };
    return this.send(`/oauth2.0/token${query({ ...grant, refresh_token: refreshToken, ...parameters })}`);
  }

  me(parameters: Parameters): Promise<Answered> {
    return this.send(`/oauth2.0/me${query(parameters)}`);
  }

  userInfo(parameters: Parameters): Promise<Answered> {
    return this.send(`/user/get_user_info${query({ oauth_consumer_key: this.#app.appId, ...parameters })}`);
  }

  /** A whole login, of a sandbox with `autoApprove`. */
  async login(): Promise<{ accessToken: string; refreshToken: string; openid: string }> {
    const { body } = await this.token({ code: await this.code(), need_openid: '1' });
    return readTokens(body);
  }

  get #app() {
    const [app] = this.#sandbox.apps;
    if (!app) throw new Error('The sandbox has no application');
    return app;
  }
}

/** The tokens of a form-encoded answer. */
export function readTokens(body: string): { accessToken: string; refreshToken: string; openid: string } {
  const fields = new URLSearchParams(body);
  const field = (name: string) => fields.get(name) ?? '';
  return { accessToken: field('access_token'), refreshToken: field('refresh_token'), openid: field('openid') };
}

/** The error number in an answer of `token`, `me` or `get_user_info`; `undefined` where there is none. */
export function errorOf({ body }: Answered): number | undefined {
  const number = /"(?:error|ret)":\s*(-?\d+)/.exec(body)?.[1];
  return number === undefined || number === '0' ? undefined : Number(number);
}

function query(parameters: Parameters): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `?${new URLSearchParams(given).toString()}`;
}
