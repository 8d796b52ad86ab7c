/**
 * QQ login for pages and single-page applications: calls the router's routes from a browser.
 *
 * @packageDocumentation
 */

/** The user as `GET {basePath}/user` returns it. */
export interface QQUser {
  appId: string;
  openid: string;
  unionid?: string;
  /** May be empty; never unique. Use it as text, not as HTML. */
  nickname: string;
  avatarUrl?: string;
  figureurl_qq_1?: string;
  figureurl_qq_2?: string;
  figureurl_qq?: string;
  figureurl?: string;
  figureurl_1?: string;
  figureurl_2?: string;
  gender?: 'male' | 'female';
}

/** The address of the router. */
export interface RouterOptions {
  /**
   * The router's `basePath` as the browser sees it: a path, or a URL if the router is on another origin.
   * @defaultValue `'/auth/qq'`
   */
  basePath?: string;
}

/** The options of {@link loginWithPopup}. */
export interface PopupOptions extends RouterOptions {
  /**
   * The page after the login if the browser blocks pop-ups and the login takes place in this window.
   * @defaultValue this page
   */
  returnTo?: string;
  /** Stops waiting. */
  signal?: AbortSignal;
  /** Called with `true` when the login starts, and with `false` when the promise settles: show that the page waits. */
  onWaiting?: (waiting: boolean) => void;
  /**
   * How long to wait for the pop-up, in milliseconds. Afterwards the login counts as cancelled: browsers do not report a
   * closed pop-up to a page with `Cross-Origin-Opener-Policy: same-origin`.
   * @defaultValue 600,000 (10 minutes, after which a login has expired)
   */
  timeoutMs?: number;
}

const BASE = '/auth/qq';
const TEN_MINUTES = 600_000;
const CLOSED_CHECK_MS = 300;

function isElsewhere(basePath: string): boolean {
  return new URL(basePath, location.href).origin !== location.origin;
}

// Without the header, and on plain http without Sec-Fetch-Mode, this would count as a page request, which is redirected.
async function send(url: string, method = 'GET'): Promise<Response> {
  const elsewhere = isElsewhere(url);
  const credentials = elsewhere ? 'include' : 'same-origin';
  let response: Response;
  try {
    response = await fetch(url, { method, credentials, headers: { accept: 'application/json' } });
  } catch (cause) {
    const remedy =
      'Mount CORS before the router, with this origin and credentials: true, and add this origin to allowedReturnOrigins.';
    throw new Error(`${url} could not be read from ${location.origin}. ${elsewhere ? remedy : 'Try again later.'}`, {
      cause,
    });
  }
  if (response.ok || response.status === 401) return response;
  const remedy = elsewhere && response.status === 403 ? ` Add ${location.origin} to allowedReturnOrigins.` : '';
  throw new Error(`${url} responded with status ${response.status}.${remedy}`);
}

/**
 * Fetches the user who is logged in.
 *
 * @returns `undefined` if the user is not logged in
 * @throws an `Error` if the site did not respond as it should, with the remedy if the router is on another origin
 */
export async function fetchUser({ basePath = BASE }: RouterOptions = {}): Promise<QQUser | undefined> {
  const response = await send(`${basePath}/user?optional=1`);
  return response.ok ? (((await response.json()) as QQUser | null) ?? undefined) : undefined;
}

/**
 * Logs the user out.
 *
 * @throws an `Error` if the site did not respond as it should, with the remedy if the router is on another origin
 */
export async function logout({ basePath = BASE }: RouterOptions = {}): Promise<void> {
  await send(`${basePath}/logout`, 'POST');
}

/** A pop-up window that {@link loginWithPopup} waits for. */
class Popup {
  readonly #channel: string;
  readonly #login: string;
  readonly #broadcast: BroadcastChannel;
  readonly #settled = new AbortController();
  readonly result: Promise<string | undefined>;
  #window: Window | null = null;
  #settle: (result: string | undefined) => void = () => undefined;

  constructor(login: string, timeoutMs: number) {
    // randomUUID is for secure contexts only, and a site in development is often plain http.
    this.#channel = `qq-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
    this.#login = login;
    this.#broadcast = new BroadcastChannel(this.#channel);
    this.result = new Promise((resolve) => (this.#settle = resolve));
    const onMessage = ({ data, origin }: MessageEvent<{ channel?: string; result?: string } | null>): void => {
      if (origin === location.origin && data?.channel === this.#channel) this.#end(data.result);
    };
    this.#broadcast.onmessage = onMessage;
    addEventListener('message', onMessage, { signal: this.#settled.signal });
    const timer = setTimeout(() => this.#end(undefined), timeoutMs);
    this.#settled.signal.addEventListener('abort', () => clearTimeout(timer));
  }

  get isSettled(): boolean {
    return this.#settled.signal.aborted;
  }

  #end(result: string | undefined): void {
    this.#broadcast.close();
    this.#settled.abort();
    this.#settle(result);
  }

  /** Shows the window: the one that is open, or a new one. Without pop-ups, the login takes place in this window. */
  show(): void {
    if (this.#window && !this.#window.closed) {
      this.#window.focus();
      return;
    }
    const popup = open('', this.#channel, 'popup,width=720,height=600');
    if (!popup) {
      location.assign(this.#login);
      return;
    }
    this.#window = popup;
    // Until the first byte of QQ's page, the window shows what it waits for.
    const isChinese = /^zh/i.test(document.documentElement.lang || navigator.language);
    popup.document.title = isChinese ? 'QQ 登录' : 'QQ login';
    popup.document.body.append(isChinese ? '正在打开 QQ 登录…' : 'Opening QQ login…');
    popup.addEventListener('pagehide', () => void this.#watch(popup), { once: true });
    popup.location.replace(`${this.#login}&display=popup&channel=${this.#channel}`);
  }

  /**
   * Ends the wait when the user closes the window. A Cross-Origin-Opener-Policy makes `closed` true as soon as the window
   * leaves its first page: then it means nothing.
   */
  async #watch(popup: Window): Promise<void> {
    const tick = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, CLOSED_CHECK_MS));
    const isClosed = (): boolean => popup.closed;
    await tick();
    if (isClosed()) return;
    while (!isClosed()) await tick();
    await tick(); // the last page notifies this one before it closes
    if (!this.isSettled && this.#window === popup) this.#end(undefined);
  }
}

const popups = new Map<string, Popup>();

/** Waits for a result, or until the signal is aborted. */
async function untilAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const settled = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: settled.signal });
      result.then(resolve, reject);
    });
  } finally {
    settled.abort();
  }
}

/**
 * Logs the user in with a pop-up window. Call it directly from a click. If the browser still blocks the window, the login
 * takes place in this one, and then redirects to `returnTo`. While a pop-up is open, a second call shows it again and
 * shares its result.
 *
 * @returns the user; `undefined` if they cancelled or closed the window. An earlier login then stays: `fetchUser()`
 * returns its user.
 * @throws the signal's reason; a `TypeError` if the router is on another origin; what {@link fetchUser} throws
 *
 * @example
 * ```ts
 * import { fetchUser, loginWithPopup } from 'express-qq-connect/browser';
 *
 * const button = document.querySelector<HTMLButtonElement>('#login');
 * button?.addEventListener('click', async () => {
 *   const onWaiting = (waiting: boolean) => button.setAttribute('aria-busy', String(waiting));
 *   const user = (await loginWithPopup({ onWaiting })) ?? (await fetchUser());
 *   if (user) document.body.append(`${user.nickname} is logged in`);
 * });
 * ```
 */
export async function loginWithPopup(options: PopupOptions = {}): Promise<QQUser | undefined> {
  const { basePath = BASE, signal, onWaiting, timeoutMs = TEN_MINUTES } = options;
  signal?.throwIfAborted();
  if (isElsewhere(basePath)) {
    throw new TypeError(
      `loginWithPopup: the pop-up can notify pages of ${new URL(basePath, location.href).origin} only. Serve the router ` +
        `on this origin through a proxy, or go to ${basePath}/login?returnTo=… instead.`,
    );
  }
  let popup = popups.get(basePath);
  if (!popup || popup.isSettled) {
    const { pathname, search, hash } = location;
    // Without the note that an earlier login was cancelled.
    const here = pathname + search.replace(/\bqq_login=cancelled&?/, '') + hash;
    const login = `${basePath}/login?returnTo=${encodeURIComponent(options.returnTo ?? here)}`;
    popup = new Popup(login, timeoutMs);
    popups.set(basePath, popup);
  }
  popup.show();
  onWaiting?.(true);
  try {
    const result = await untilAborted(popup.result, signal);
    return result === 'success' ? await fetchUser({ basePath }) : undefined;
  } finally {
    onWaiting?.(false);
  }
}
