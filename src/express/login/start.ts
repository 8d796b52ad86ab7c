import { requireSession } from '../session/session.js';
import { isPhone, languageOf, sendPage } from '../http.js';
import { inAppBrowserPage, isInAppBrowser } from '../pages/in-app-browser.js';
import { channelOf } from '../pages/popup.js';
import type { Request, Response } from 'express';
import type { LoginAttempt } from '../../attempt/login-attempt.js';
import type { QQConnectError } from '../../protocol/errors/index.js';
import type { Services } from '../services.js';

/** How one login differs from the others. */
export interface LoginOptions {
  /** The page after the login: a path of this site, or a URL of one of `allowedReturnOrigins`; otherwise the default. */
  returnTo?: string | undefined;
  /** `'mobile'` or `'pc'` in place of the option `display`; `'popup'` for a login in a pop-up window. */
  display?: 'mobile' | 'pc' | 'popup' | undefined;
  /** Names the `BroadcastChannel` on which the opener page of a pop-up window waits. */
  channel?: string | undefined;
  /** Continues in another app's browser, where QQ may refuse: the user was told so. */
  allowInAppBrowser?: boolean | undefined;
  /** Answers with the URL to go to as JSON, for a script, instead of a redirect. */
  asJson?: boolean | undefined;
}

type RequestAttempt = Omit<LoginAttempt, 'state'>;

// Beside the request rather than on it, so that a printed request does not show it.
const attempts = new WeakMap<Request, RequestAttempt>();

/** Notes which login a request belongs to, so that a link to log in again leads to the same page. */
export function setAttempt(req: Request, attempt: RequestAttempt): void {
  attempts.set(req, attempt);
}

/** Tells whether an error ended a login, rather than a request of a logged-in user. */
export function isCompletingLogin(req: Request, { step }: QQConnectError): boolean {
  return step === 'callback' || attempts.has(req);
}

/** Tells whether the login of this request runs in a pop-up window. */
export function isInPopup(req: Request): boolean {
  return attempts.get(req)?.popup !== undefined;
}

/** The URL that starts the login of this request again, as the browser sees it. */
export function loginAgainUrl({ urls }: Services, req: Request): string {
  const attempt = attempts.get(req);
  if (!attempt) return urls.login;
  const popup = attempt.popup === undefined ? undefined : { display: 'popup', channel: attempt.popup };
  return `${urls.login}?${new URLSearchParams({ returnTo: attempt.returnTo, ...popup }).toString()}`;
}

function displayFor({ options }: Services, req: Request, requested: string | undefined): 'mobile' | undefined {
  const display = requested === 'mobile' || requested === 'pc' ? requested : options.display;
  const mobile = display === 'mobile' || (display === 'auto' && isPhone(req));
  return mobile ? 'mobile' : undefined; // QQ has no value for the desktop
}

/** Starts a login: stores the attempt in the browser and redirects to QQ. Answers the request. */
export async function startLogin(
  services: Services,
  req: Request,
  res: Response,
  options: LoginOptions,
): Promise<void> {
  const { attempts: loginAttempts, client, cookieWarnings, emit, options: router, urls, sessions } = services;
  requireSession(req, sessions); // now, rather than at the callback
  cookieWarnings.beforeLogin(req);
  res.set('Cache-Control', 'no-store');
  const returnTo = urls.returnTo(options.returnTo) ?? urls.defaultReturnTo;
  const warns = router.inAppBrowser === 'warn' && !options.allowInAppBrowser && !options.asJson;
  if (warns && isInAppBrowser(req.get('user-agent'))) {
    const url = new URL(urls.login, urls.siteOrigin);
    url.searchParams.set('returnTo', returnTo);
    const { display, channel } = options;
    const page = { site: router.siteName, script: urls.copyScript };
    sendPage(res, 200, inAppBrowserPage(languageOf(req), url, { display, channel }, page));
    return;
  }
  const popup = options.display === 'popup' ? channelOf(options.channel) : undefined;
  const { attempt, cookies } = loginAttempts.start(req.headers.cookie, { returnTo, popup });
  res.append('Set-Cookie', cookies);
  const { state } = attempt;
  const url = client.buildAuthorizationUrl({ state, display: displayFor(services, req, options.display) });
  // Keeps the window connected to an opener page whose own policy permits it, which then sees the user close it.
  if (popup !== undefined) res.set('Cross-Origin-Opener-Policy', 'unsafe-none');
  emit(() => ({ type: 'login_started' }));
  if (options.asJson) res.json({ url: url.href });
  else res.redirect(req.method === 'POST' ? 303 : 302, url.href);
}
