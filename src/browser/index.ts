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

/**
 * Fetches who is logged in.
 *
 * @returns `undefined` for nobody
 * @throws an `Error` if the site did not answer as it should
 */
export async function fetchUser({ basePath = BASE }: RouterOptions = {}): Promise<QQUser | undefined> {
  const response = await fetch(`${basePath}/user`, { headers: { accept: 'application/json' } });
  if (response.status === 401) return undefined;
  if (!response.ok) throw new Error(`${basePath}/user answered ${response.status}`);
  return (await response.json()) as QQUser;
}

/**
 * Logs the user out.
 *
 * @throws an `Error` if the site did not answer as it should
 */
export async function logout({ basePath = BASE }: RouterOptions = {}): Promise<void> {
  const response = await fetch(`${basePath}/logout`, { method: 'POST' });
  if (!response.ok) throw new Error(`${basePath}/logout answered ${response.status}`);
}

/** Waits for the pop-up's last page, by either of the two ways in which it speaks. */
function result(channel: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const broadcast = new BroadcastChannel(channel);
    const stop = new AbortController();
    const hear = ({ data, origin }: MessageEvent<{ channel?: string; result?: string } | null>): void => {
      if (origin !== location.origin || data?.channel !== channel) return;
      broadcast.close();
      stop.abort();
      resolve(data.result ?? '');
    };
    broadcast.onmessage = hear;
    addEventListener('message', hear, { signal: stop.signal });
    signal?.addEventListener('abort', () => {
      broadcast.close();
      stop.abort();
      reject(signal.reason as Error);
    });
  });
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
  const { basePath = BASE, returnTo = location.pathname + location.search, signal } = options;
  signal?.throwIfAborted();
  // randomUUID is for secure contexts only, and a site in development is often plain http.
  const channel = `qq-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  const query = new URLSearchParams({ returnTo, channel });
  const heard = result(channel, signal);
  const popup = window.open(
    `${basePath}/login?display=popup&${query.toString()}`,
    channel,
    'popup,width=720,height=600',
  );
  if (!popup) location.assign(`${basePath}/login?${query.toString()}`);
  return (await heard) === 'success' ? fetchUser(options) : undefined;
}
