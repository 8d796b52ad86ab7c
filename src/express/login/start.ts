import { debug } from '../debug.js';
import { warnBeforeLogin } from '../session/cookie-warnings.js';
import { checkLostSession } from '../session/lost-sessions.js';
import { requireSession } from '../session/session.js';
import { acceptsHtml, isInFrame, isPhone, languageOf, rawQuery, sendPage } from '../http.js';
import { inAppBrowserPage, isInAppBrowser } from '../../pages/in-app-browser.js';
import { loginRequiredPage } from '../../pages/login-required-page.js';
import { channelOf } from '../../pages/popup.js';
import type { Request, Response } from 'express';
import type { LoginAttempt } from '../../attempt/login-attempt.js';
import type { Services } from '../services.js';

/** The options of one login. */
export interface LoginOptions {
  /** The page after the login: a path of this site, or a URL of one of `allowedReturnOrigins`; otherwise the default. */
  returnTo?: string | undefined;
  /** `'mobile'` or `'pc'` in place of the option `display`; `'popup'` for a login in a pop-up window. */
  display?: 'mobile' | 'pc' | 'popup' | undefined;
  /** Names the `BroadcastChannel` on which the opener page of a pop-up window waits. */
  channel?: string | undefined;
}

/** What the login route adds to the options of an application. */
interface LoginRequest extends LoginOptions {
  /** Continues in another app's browser, where QQ may refuse: the page for in-app browsers has warned the user. */
  allowInAppBrowser?: boolean | undefined;
  /** Starts the login on this origin, whichever it is: the browser was redirected here from another one. */
  originChecked?: boolean | undefined;
  /** Answers with the URL to go to as JSON, for a script, instead of a redirect. */
  asJson?: boolean | undefined;
}

type RequestAttempt = Omit<LoginAttempt, 'state'>;

// Beside the request rather than on it, so that a printed request does not show it.
const requestAttempts = new WeakMap<Request, RequestAttempt>();

/** Notes the login of a request, so that a link to log in again leads to the same page. */
export function setAttempt(req: Request, attempt: RequestAttempt): void {
  requestAttempts.set(req, attempt);
}

/** Returns the login that a request starts or completes, if any. */
export function attemptOf(req: Request): RequestAttempt | undefined {
  return requestAttempts.get(req);
}

/** Returns the URL that starts a login with these options, as the browser sees it. */
export function loginUrl(
  { urls }: Services,
  { returnTo, display, channel, allowInAppBrowser, originChecked }: LoginRequest,
): string {
  const query = new URLSearchParams();
  if (returnTo !== undefined) query.set('returnTo', returnTo);
  if (display !== undefined) query.set('display', display);
  if (channel !== undefined) query.set('channel', channel);
  if (allowInAppBrowser) query.set('webview', 'continue');
  if (originChecked) query.set('origin', 'checked');
  return query.size > 0 ? `${urls.login}?${query.toString()}` : urls.login;
}

/** Reads the query of the login route, as {@link loginUrl} writes it. */
export function readLoginQuery(req: Request): LoginRequest {
  const query = new URLSearchParams(rawQuery(req));
  return {
    returnTo: query.get('returnTo') ?? undefined,
    display: (['mobile', 'pc', 'popup'] as const).find((word) => word === query.get('display')),
    channel: query.get('channel') ?? undefined,
    allowInAppBrowser: query.get('webview') === 'continue',
    originChecked: query.get('origin') === 'checked',
  };
}

function displayFor({ options }: Services, req: Request, requested: string | undefined): 'mobile' | undefined {
  const display = requested === 'mobile' || requested === 'pc' ? requested : options.display;
  const mobile = display === 'mobile' || (display === 'auto' && isPhone(req));
  return mobile ? 'mobile' : undefined; // QQ has no value for the desktop
}

/**
 * Returns whether a request came to the origin of `redirectUri`. A login that another one starts cannot be completed: the
 * browser does not send its cookie with the callback.
 */
function isAtSite({ urls, warnOnce }: Services, req: Request): boolean {
  const site = new URL(urls.siteOrigin);
  // Express has no host name for a request of HTTP/1.0.
  const hostname = (req.hostname as string | undefined) ?? site.hostname;
  const isSameHost = hostname.toLowerCase() === site.hostname;
  // Without trust proxy, Express takes every request from a proxy for plain http.
  const forwarded = req.get('x-forwarded-proto')?.split(',', 1)[0]?.trim();
  if (isSameHost && [req.protocol, forwarded].includes(site.protocol.slice(0, -1))) return true;
  const here = `${req.protocol}://${hostname.replace(/[^\w.:[\]-]/g, '?').slice(0, 100)}`;
  warnOnce(
    'QQ_LOGIN_ORIGIN',
    `a login was started at ${here}, but redirectUri is at ${urls.siteOrigin}: the browser was redirected there first. ` +
      `Redirect all visitors to ${urls.siteOrigin}. Behind nginx also write proxy_set_header Host $host; ` +
      'proxy_set_header X-Forwarded-Proto $scheme;',
  );
  return false;
}

/** Starts a login: stores the attempt in the browser and redirects to QQ. Answers the request. */
export async function startLogin(
  services: Services,
  req: Request,
  res: Response,
  options: LoginRequest,
): Promise<void> {
  const { attempts, client, emit, sessions, urls } = services;
  const { inAppBrowser, siteName } = services.options;
  const redirectStatus = req.method === 'POST' ? 303 : 302;
  requireSession(req, sessions); // now, rather than at the callback
  warnBeforeLogin(services, req);
  res.set('Cache-Control', 'no-store');
  const returnTo = urls.returnTo(options.returnTo) ?? urls.defaultReturnTo;
  if (!options.asJson && acceptsHtml(req)) {
    if (isInFrame(req)) {
      debug('login: requested in a frame, so a link opens it on top');
      const url = loginUrl(services, { ...options, returnTo });
      sendPage(res, 200, loginRequiredPage(languageOf(req), url, siteName, true));
      return;
    }
    if (!options.originChecked && urls.ownsCallback && !isAtSite(services, req)) {
      debug('login: requested on another origin, so the browser is redirected to that of redirectUri first');
      const url = loginUrl(services, { ...options, returnTo, originChecked: true });
      res.redirect(redirectStatus, urls.siteOrigin + url);
      return;
    }
  }
  setAttempt(req, { returnTo });
  await checkLostSession(services, req, res);
  const warns = inAppBrowser === 'warn' && !options.allowInAppBrowser && !options.asJson;
  if (warns && isInAppBrowser(req.get('user-agent'))) {
    debug('login: requested in an in-app browser, so a page leads out of it');
    const page = inAppBrowserPage(languageOf(req), {
      site: siteName,
      script: urls.copyScript,
      address: urls.siteOrigin + loginUrl(services, { returnTo }),
      here: loginUrl(services, { ...options, returnTo, allowInAppBrowser: true }),
    });
    sendPage(res, 200, page);
    return;
  }
  const popup = options.display === 'popup' ? channelOf(options.channel) : undefined;
  const { attempt, cookies } = attempts.start(req.headers.cookie, { returnTo, popup });
  res.append('Set-Cookie', cookies);
  const { state } = attempt;
  const url = client.buildAuthorizationUrl({ state, display: displayFor(services, req, options.display) });
  // Keeps the window connected to an opener page whose own policy permits it, which then sees the user close it.
  if (popup !== undefined) res.set('Cross-Origin-Opener-Policy', 'unsafe-none');
  emit({ type: 'login_started' });
  if (options.asJson) res.json({ url: url.href });
  else res.redirect(redirectStatus, url.href);
}
