/** An application as it would be registered on connect.qq.com. */
export interface SandboxApp {
  /** The APP ID; digits on the real QQ, any non-empty string here. */
  readonly appId: string;
  /** The APP Key. */
  readonly appKey: string;
  /**
   * The registered callback addresses. Host and path must equal one of them; a trailing slash counts, a query is free.
   *
   * @defaultValue any loopback address (`localhost`, `127.0.0.0/8`, `[::1]`) with any port and path
   */
  readonly redirectUris?: readonly string[];
  /**
   * Whether the application may ask for the unionid; without the permission `me?unionid=1` answers error 100048.
   *
   * @defaultValue `true`
   */
  readonly unionid?: boolean;
}

/**
 * A user who can log in. Beside `id`, `openid` and `unionid` the names are those of the `get_user_info` answer; a field
 * that is left out has QQ's usual value, and `null` takes the field out of the answer.
 */
export interface SandboxUser {
  /**
   * What openid and unionid are derived from, so that they are the same after a restart.
   *
   * @defaultValue `user-1`, `user-2` and so on, by position
   */
  readonly id?: string;
  /**
   * The openid, 32 hex digits on the real QQ; given here it is the same at every application.
   *
   * @defaultValue derived from the APP ID and `id`
   */
  readonly openid?: string;
  /**
   * The unionid; `false` answers `me?unionid=1` with error 100048, as for an application without the permission.
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
  /** Qzone avatars of 30, 50 and 100 px; by default images of the sandbox's own. */
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

/** The places that {@link Sandbox.failNext} can make fail. */
export type SandboxEndpoint = 'authorize' | 'token' | 'me' | 'user_info' | 'avatar';

/**
 * What goes wrong, once.
 *
 * - `{ error: 100020 }`: QQ's error of this number, in the endpoint's own format (`ret` for `user_info`; `authorize`
 *   calls back with `error` and `error_description`; an avatar answers as for nobody). The request is not carried out.
 * - `'http_500'`: status 500; `'html'`: a gateway's page with status 200. The request is not carried out.
 * - `'timeout'`: no answer, the connection stays open; `'reset'`: the connection is reset; `'truncated'`: half of the
 *   body; `'empty'`: no body. The request **is** carried out and the answer lost, so a code or refresh token is spent.
 * - `'cancel'`: the user cancels (`authorize` only).
 */
export type SandboxFault =
  { readonly error: number } | 'timeout' | 'reset' | 'http_500' | 'html' | 'truncated' | 'empty' | 'cancel';

/** A request that came in. It holds the values as sent, secrets too: it is a test's log, not one for a file. */
export interface SandboxRequest {
  /** When it came in, ms since 1970 by the sandbox's clock. */
  readonly at: number;
  /** `other` is anything but QQ's endpoints, a mistyped path for example. */
  readonly endpoint: SandboxEndpoint | 'other';
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  /** The query parameters; of a repeated one the last value, as QQ reads it. */
  readonly query: Readonly<Record<string, string>>;
  /** The fields of a form body, empty without one. */
  readonly body: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The status of the answer; `undefined` before it, and for a request that is never answered. */
  readonly status: number | undefined;
  /** QQ's error number in the answer (`ret` for `user_info`), if it was an error. */
  readonly error: number | undefined;
  /** The openid of the user whom the answer is about, `undefined` where it is about nobody. */
  readonly openid: string | undefined;
  /** The fault that hit the request, if one did. */
  readonly fault: SandboxFault | undefined;
}

/** What {@link startSandbox} takes. */
export interface SandboxOptions {
  /**
   * The port on 127.0.0.1; `0` takes a free one.
   *
   * @defaultValue `0`
   */
  readonly port?: number;
  /** @defaultValue one application with APP ID `100000001` that may ask for the unionid */
  readonly apps?: readonly SandboxApp[];
  /** @defaultValue a handful of personas, among them the awkward ones */
  readonly users?: readonly SandboxUser[];
  /**
   * The time in ms since 1970; codes, tokens and refresh tokens expire by it.
   *
   * @defaultValue `Date.now`
   */
  readonly clock?: () => number;
  /**
   * Logs in without showing the page: the first user, or the one named by {@link Sandbox.nextUser}.
   *
   * @defaultValue `false`
   */
  readonly autoApprove?: boolean;
  /**
   * Refuses the callback addresses that the real QQ refuses: a port, `localhost` or a loopback address, plain http.
   *
   * @defaultValue `false`
   */
  readonly strict?: boolean;
  /**
   * The life of an access token in seconds. QQ has used 90, 30 and 60 days; seconds are handy to watch a refresh.
   *
   * @defaultValue `7776000`, 90 days
   */
  readonly expiresIn?: number;
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  /** The address, without a trailing slash: what `graphUrl` (or `QQ_GRAPH_URL`) takes. */
  readonly url: string;
  /** The registered applications. */
  readonly apps: readonly SandboxApp[];
  /** The users, each with the openid it has at the first application and its unionid. */
  readonly users: readonly (SandboxUser & { readonly openid: string; readonly unionid: string | false })[];
  /** The requests in the order they came in; the newest 10,000. */
  readonly requests: readonly SandboxRequest[];
  /**
   * Makes the next request to an endpoint fail, once; several calls queue up.
   *
   * @throws TypeError for an unknown endpoint or fault
   */
  failNext(endpoint: SandboxEndpoint, fault: SandboxFault): void;
  /**
   * Names the user whom `autoApprove` logs in next, once; several calls queue up.
   *
   * @throws TypeError when no user has that openid
   */
  nextUser(openid: string): void;
  /**
   * Takes back the permission that a user gave: every token of theirs is revoked, as when they remove the application
   * in QQ's own settings. `me` then answers 100015, `get_user_info` 100030, a refresh 100038.
   *
   * @throws TypeError when no user has that openid
   */
  revoke(openid: string): void;
  /** Stops listening and ends every connection, hanging ones too. */
  close(): Promise<void>;
}
