/**
 * QQ login for pages and single-page applications: what talks to the router's routes from a browser.
 *
 * @packageDocumentation
 */

/** The user as `GET {basePath}/user` answers it. */
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

/** Where the router is. */
export interface RouterOptions {
  /**
   * The router's `basePath` as the browser sees it.
   * @defaultValue `'/auth/qq'`
   */
  basePath?: string;
}

/** The options of {@link loginWithPopup}. */
export interface PopupOptions extends RouterOptions {
  /**
   * Where the login leads if the browser blocks pop-ups and it takes place in this window.
   * @defaultValue this page
   */
  returnTo?: string;
  /** Stops waiting. A user who closes the pop-up cannot be told from one who is busy in it. */
  signal?: AbortSignal;
}

const BASE = '/auth/qq';

// Without the header, and on plain http without Sec-Fetch-Mode, this would pass for a page that wants to be redirected.
async function ask(url: string, method = 'GET'): Promise<Response> {
  const response = await fetch(url, { method, headers: { accept: 'application/json' } });
  if (response.ok || response.status === 401) return response;
  throw new Error(`${url} answered ${response.status}`);
}

/**
 * Fetches who is logged in.
 *
 * @returns `undefined` for nobody
 * @throws an `Error` if the site did not answer as it should
 */
export async function fetchUser({ basePath = BASE }: RouterOptions = {}): Promise<QQUser | undefined> {
  const response = await ask(`${basePath}/user`);
  return response.ok ? ((await response.json()) as QQUser) : undefined;
}

/**
 * Logs the user out.
 *
 * @throws an `Error` if the site did not answer as it should
 */
export async function logout({ basePath = BASE }: RouterOptions = {}): Promise<void> {
  await ask(`${basePath}/logout`, 'POST');
}

/** Waits for the pop-up's last page, by either of the two ways in which it speaks. */
async function result(channel: string, signal?: AbortSignal): Promise<string | undefined> {
  const broadcast = new BroadcastChannel(channel);
  const stop = new AbortController();
  const listening = { signal: stop.signal };
  try {
    return await new Promise((resolve, reject) => {
      const hear = ({ data, origin }: MessageEvent<{ channel?: string; result?: string } | null>): void => {
        if (origin === location.origin && data?.channel === channel) resolve(data.result);
      };
      broadcast.onmessage = hear;
      addEventListener('message', hear, listening);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), listening);
    });
  } finally {
    broadcast.close();
    stop.abort();
  }
}

/**
 * Logs the user in in a pop-up window. Call it from a click, or the browser blocks the window; then the login takes
 * place in this one, and comes back to `returnTo`.
 *
 * @returns the user; `undefined` if they cancelled
 * @throws the signal's reason, or what {@link fetchUser} throws
 *
 * @example
 * ```ts
 * import { loginWithPopup } from 'express-qq-connect/browser';
 *
 * document.querySelector('#login')?.addEventListener('click', async () => {
 *   const user = await loginWithPopup();
 *   if (user) document.body.append(`${user.nickname} is here`);
 * });
 * ```
 */
export async function loginWithPopup(options: PopupOptions = {}): Promise<QQUser | undefined> {
  const { basePath = BASE, signal } = options;
  const { pathname, search, hash } = location;
  signal?.throwIfAborted();
  // Without the word that an earlier login was cancelled.
  const here = pathname + search.replace(/\bqq_login=cancelled&?/, '') + hash;
  // randomUUID is for secure contexts only, and a site in development is often plain http.
  const channel = `qq-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  const heard = result(channel, signal);
  const login = `${basePath}/login?returnTo=${encodeURIComponent(options.returnTo ?? here)}`;
  if (!open(`${login}&display=popup&channel=${channel}`, channel, 'popup,width=720,height=600')) {
    location.assign(login);
  }
  return (await heard) === 'success' ? fetchUser(options) : undefined;
}
