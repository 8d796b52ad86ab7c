// The public types of the sandbox: all that this file exports is part of `express-qq-connect/sandbox`.

/** An application as it would be registered on connect.qq.com. */
export interface SandboxApp {
  /** The APP ID. As at QQ, an application whose APP ID is not digits cannot log a user in. */
  readonly appId: string;
  /** The APP Key. */
  readonly appKey: string;
  /**
   * The name on the login page.
   *
   * @defaultValue the APP ID
   */
  readonly name?: string;
  /** The icon on the login page: an `http:`, `https:` or `data:image/…` URL. */
  readonly icon?: string;
  /**
   * The registered redirect URIs. Host and path must equal one of them; a trailing slash counts, any query is accepted.
   *
   * @defaultValue any loopback address (`localhost`, `127.0.0.0/8`, `[::1]`) with any port and path
   */
  readonly redirectUris?: readonly string[];
  /**
   * Whether the application has the unionid permission; without it, `me?unionid=1` returns error 100048.
   *
   * @defaultValue `true`
   */
  readonly unionid?: boolean;
}

/**
 * A user who can log in. Apart from `id`, `openid` and `unionid`, the names are those of the `get_user_info` response. A
 * missing field has QQ's usual value; `null` removes the field from the response.
 */
export interface SandboxUser {
  /**
   * The value that openid and unionid are derived from, so that they are the same after a restart.
   *
   * @defaultValue `user-1`, `user-2` and so on, by position
   */
  readonly id?: string;
  /**
   * The openid, 32 hex digits at the real QQ. A given one is the same at every application.
   *
   * @defaultValue derived from the APP ID and `id`
   */
  readonly openid?: string;
  /**
   * The unionid. With `false`, `me?unionid=1` returns error 100048, as for an application without the permission.
   *
   * @defaultValue `UID_` and 32 hex digits derived from `id`
   */
  readonly unionid?: string | false;
  readonly nickname: string;
  readonly is_lost?: number | null;
  readonly gender?: string | null;
  readonly gender_type?: number | null;
  readonly province?: string | null;
  readonly city?: string | null;
  readonly year?: string | null;
  readonly constellation?: string | null;
  /** Qzone avatars of 30, 50 and 100 px; by default images that the sandbox serves. */
  readonly figureurl?: string | null;
  readonly figureurl_1?: string | null;
  readonly figureurl_2?: string | null;
  /** QQ avatars of 40 and 100 px; `figureurl_qq_2: ''` is a user who has no 100 px avatar. */
  readonly figureurl_qq_1?: string | null;
  readonly figureurl_qq_2?: string | null;
  /** The largest avatar, 640 px; left out where `figureurl_qq_2` is `''`. */
  readonly figureurl_qq?: string | null;
  readonly figureurl_type?: string | null;
  readonly is_yellow_vip?: string | null;
  readonly vip?: string | null;
  readonly yellow_vip_level?: string | null;
  readonly level?: string | null;
  readonly is_yellow_year_vip?: string | null;
}

/** The endpoints that {@link Sandbox.failNext} can make fail. `user_info` is `get_simple_userinfo` too. */
export type SandboxEndpoint = 'authorize' | 'token' | 'me' | 'user_info' | 'avatar';

/**
 * A simulated fault.
 *
 * - `{ error: 100020 }`: QQ's error of this number, in the endpoint's own format (`ret` for `user_info`; `authorize`
 *   calls back with `error` and `error_description`; an avatar is the placeholder image). The request is not processed.
 * - `'http_500'`: status 500; `'html'`: a gateway's page with status 200. The request is not processed.
 * - `'timeout'`: no response, the connection stays open; `'reset'`: the connection is reset; `'truncated'`: half of the
 *   body; `'empty'`: no body. The request **is** processed and its response lost, so a code or refresh token is used.
 * - `'cancel'`: the user cancels (`authorize` only).
 */
export type SandboxFault =
  { readonly error: number } | 'timeout' | 'reset' | 'http_500' | 'html' | 'truncated' | 'empty' | 'cancel';

/** A thing that QQ accepts, but that is probably a mistake. */
export interface SandboxWarning {
  readonly code: 'state_missing' | 'scope_unknown' | 'parameter_repeated';
  readonly en: string;
  readonly zh: string;
}

/**
 * A request to the sandbox, without its secrets: in place of the APP Key, codes, tokens, cookies and text that looks like
 * one stands `***` and six letters, the same for the same value. Long values are cut.
 */
export interface SandboxRequest {
  /** When it arrived, ms since 1970 by the sandbox's clock. */
  readonly at: number;
  /** Milliseconds from its arrival to the response, by the real clock; `undefined` before that. */
  readonly durationMs: number | undefined;
  /** `other` is anything but QQ's endpoints, a mistyped path for example. */
  readonly endpoint: SandboxEndpoint | 'other';
  /** The login that it belongs to, counted from 1; `undefined` for an unknown code or token, and for an avatar. */
  readonly login: number | undefined;
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  /** The query parameters. Of a repeated one the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The fields of a form body, empty without one. */
  readonly body: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The status of the response; `undefined` before it, and for a request that gets none. */
  readonly status: number | undefined;
  /** The `Location` of a redirect. */
  readonly location: string | undefined;
  /** The text of the response's body; for a page or an image only its type and size. */
  readonly responseBody: string | undefined;
  /** QQ's error number in the response (`ret` for `user_info`), if it was an error. */
  readonly error: number | undefined;
  /** The openid of the user whom the response is about, if it is about one. */
  readonly openid: string | undefined;
  /** The fault that the request had, if any. */
  readonly fault: SandboxFault | undefined;
  readonly warnings: readonly SandboxWarning[];
}

/** Options of {@link startSandbox}. */
export interface SandboxOptions {
  /**
   * The port on 127.0.0.1; `0` takes a free one.
   *
   * @defaultValue `0`
   */
  readonly port?: number;
  /** @defaultValue one application with APP ID `100000001` and the unionid permission */
  readonly apps?: readonly SandboxApp[];
  /** @defaultValue eight users: an ordinary one, and profiles that break applications */
  readonly users?: readonly SandboxUser[];
  /**
   * The time in ms since 1970; codes, tokens and refresh tokens expire by it.
   *
   * @defaultValue `Date.now`
   */
  readonly clock?: () => number;
  /**
   * Logs in without the login page: the first user, or the one that {@link Sandbox.nextUser} names.
   *
   * @defaultValue `false`
   */
  readonly autoApprove?: boolean;
  /**
   * Refuses what the real QQ refuses in a redirect URI (a port, `localhost`, an IP address, more than 500 characters), and
   * a login without `state`, which QQ accepts.
   *
   * @defaultValue `false`
   */
  readonly strict?: boolean;
  /**
   * How long an access token is valid, in seconds. QQ has used 90, 30 and 60 days.
   *
   * @defaultValue `5184000`, 60 days
   */
  readonly expiresIn?: number;
}

/** The type of {@link Sandbox.credentials}. */
export interface SandboxCredentials {
  readonly appId: string;
  readonly appKey: string;
  readonly graphUrl: string;
}

/** The part of a response that {@link Sandbox.loginAs} reads. */
export interface SandboxAgentResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The part of a supertest agent (`request.agent(app)`) that {@link Sandbox.loginAs} uses. */
export interface SandboxAgent<R extends SandboxAgentResponse = SandboxAgentResponse> {
  /** Requests a path of the application. */
  get(path: string): PromiseLike<R>;
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  /** The address, without a trailing slash: the value for `graphUrl` (or `QQ_GRAPH_URL`). */
  readonly url: string;
  /** The options of `qqConnect()` and `QQConnectClient` for the first application, without `redirectUri`. */
  readonly credentials: SandboxCredentials;
  /** The registered applications. */
  readonly apps: readonly SandboxApp[];
  /** The users, each with the openid at the first application and the unionid. */
  readonly users: readonly (SandboxUser & { readonly openid: string; readonly unionid: string | false })[];
  /** The requests in the order they arrived: the newest 1,000, or fewer where they hold more than 8 MiB. */
  readonly requests: readonly SandboxRequest[];
  /**
   * Makes the next request to an endpoint fail; several calls queue up. Use `times` for a client that repeats a request.
   *
   * @throws TypeError for an unknown endpoint or fault, or `times` that is no whole number above 0
   */
  failNext(endpoint: SandboxEndpoint, fault: SandboxFault, options?: { readonly times?: number }): void;
  /**
   * Names the user whom `autoApprove` logs in next, once; several calls queue up.
   *
   * @throws TypeError when no user has that openid
   */
  nextUser(openid: string): void;
  /**
   * Logs a supertest agent in, as a browser would: it requests the login route of the application under test, chooses the
   * user on the sandbox's login page, and requests the callback. Works with and without `autoApprove`.
   *
   * @param agent - `request.agent(app)`
   * @param openid - the user; the first one by default
   * @param options - `loginPath`: the application's login route, `/auth/qq/login` by default
   * @returns the application's response to the callback
   * @throws TypeError when no user has that openid
   * @throws Error when the login does not reach the sandbox, or the application answers the callback with an error
   * @example
   * ```ts
   * import type { Sandbox } from 'express-qq-connect/sandbox';
   * import type { Express } from 'express';
   * import request from 'supertest';
   *
   * async function privatePage(sandbox: Sandbox, app: Express) {
   *   const agent = request.agent(app);
   *   await sandbox.loginAs(agent);
   *   return agent.get('/private').expect(200);
   * }
   * ```
   */
  loginAs<R extends SandboxAgentResponse>(
    agent: SandboxAgent<R>,
    openid?: string,
    options?: { readonly loginPath?: string },
  ): Promise<R>;
  /**
   * Withdraws the permission that a user gave: all their tokens are revoked, as when they remove the application in QQ's
   * settings. Then `me` returns 100015, `get_user_info` 100030, a refresh 100038.
   *
   * @throws TypeError when no user has that openid
   */
  revoke(openid: string): void;
  /** Stops listening and ends every connection, hanging ones too. */
  close(): Promise<void>;
}
