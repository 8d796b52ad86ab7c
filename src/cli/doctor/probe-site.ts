import { parseSetCookie } from 'cookie';
import { endpoints } from '../../protocol/endpoints.js';
import type { SetCookie } from 'cookie';

/** A response of the site. */
export interface SiteAnswer {
  /** The requested address. */
  readonly url: URL;
  readonly status: number;
  /** The absolute target of a redirect. */
  readonly location: URL | undefined;
  readonly cookies: readonly SetCookie[];
  /** This package's own error code, such as `ERR_QQ_SESSION_MISSING`. */
  readonly errorCode: string | undefined;
}

/** A response, or what was thrown in its place. */
export type Visit = SiteAnswer | { readonly url: URL; readonly thrown: unknown };

/** The responses that a visitor of the site receives. */
export interface SiteVisit {
  /** The last response of the login route, after redirects within the site. */
  readonly login: Visit;
  /** The addresses before it. */
  readonly passed: readonly URL[];
  readonly user: Visit;
  /** The address that QQ calls back, without a code; only where it is on this site. */
  readonly callback: Visit | undefined;
  /** More logins: the next process of the site may respond. */
  readonly again: readonly Visit[];
  /** Callbacks of one login that was cancelled, with its cookie. */
  readonly cancelled: readonly Visit[];
}

const MAX_REDIRECTS = 5;
const TIMES = 4;

async function visit(url: URL, timeoutMs: number, cookie?: string): Promise<Visit> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      // A page request: a script would get the login's URL as JSON instead of the redirect.
      // A new connection each time, so that another process may respond.
      headers: {
        accept: 'text/html',
        'user-agent': 'express-qq-connect doctor',
        connection: 'close',
        ...(cookie !== undefined && { cookie }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status, headers } = response;
    const location = headers.get('location');
    return {
      url,
      status,
      location: location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined,
      cookies: headers.getSetCookie().map((header) => parseSetCookie(header)),
      errorCode: await errorCodeOf(response),
    };
  } catch (thrown) {
    return { url, thrown };
  }
}

/** The error code in a response: `error` of JSON, or the code that an error page shows. */
async function errorCodeOf(response: Response): Promise<string | undefined> {
  if (response.status < 400) {
    await response.body?.cancel();
    return undefined;
  }
  const [, inJson, onPage] = /"error":\s*"(\w{1,60})"|\b(ERR_QQ_[A-Z_]{1,60})\b/.exec(await response.text()) ?? [];
  return inJson ?? onPage;
}

/** Whether the URL is QQ's login page, or that of a sandbox. */
export function isAuthorizeUrl(url: URL): boolean {
  return url.pathname.endsWith(endpoints.authorize);
}

function below(site: URL, path: string): URL {
  return new URL(site.pathname.replace(/\/+$/, '') + path, site);
}

/** Requests the site's login, user route and callback, as a browser would. */
export async function probeSite(site: URL, basePath: string, timeoutMs: number): Promise<SiteVisit> {
  const passed: URL[] = [];
  let login = await visit(below(site, `${basePath}/login`), timeoutMs);
  while (passed.length < MAX_REDIRECTS && isSameRoute(login)) {
    passed.push(login.url);
    login = await visit(login.location, timeoutMs);
  }
  const { url } = login;
  const redirectUri = 'thrown' in login ? undefined : sentRedirectUri(login);
  return {
    login,
    passed,
    user: await visit(new URL(url.pathname.replace(/login\/?$/, 'user'), url), timeoutMs),
    callback: redirectUri?.origin === url.origin ? await visit(redirectUri, timeoutMs) : undefined,
    again: await times(async () => visit(url, timeoutMs)),
    cancelled: await cancel(login, redirectUri, timeoutMs),
  };
}

async function times(task: () => Promise<Visit>): Promise<Visit[]> {
  const visits: Visit[] = [];
  while (visits.length < TIMES) visits.push(await task());
  return visits;
}

/** Requests the callback as QQ does when a user cancels: with the login's state and cookie, and without a code. */
async function cancel(login: Visit, redirectUri: URL | undefined, timeoutMs: number): Promise<Visit[]> {
  if ('thrown' in login || redirectUri?.origin !== login.url.origin) return [];
  const url = new URL(redirectUri);
  url.searchParams.set('usercancel', '1');
  url.searchParams.set('state', login.location?.searchParams.get('state') ?? '');
  const cookie = login.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  return times(async () => visit(url, timeoutMs, cookie));
}

function isSameRoute(login: Visit): login is SiteAnswer & { location: URL } {
  if ('thrown' in login || !login.location || isAuthorizeUrl(login.location)) return false;
  const { url, location } = login;
  // https, www or a trailing slash: the same page at another address.
  const samePage = location.pathname.replace(/\/$/, '') === url.pathname.replace(/\/$/, '');
  return samePage && location.href !== url.href && /^https?:$/.test(location.protocol);
}

/** The redirect URI in the URL that the site redirects to. */
function sentRedirectUri({ location }: SiteAnswer): URL | undefined {
  const sent = location?.searchParams.get('redirect_uri') ?? '';
  return URL.canParse(sent) && /^https?:$/.test(new URL(sent).protocol) ? new URL(sent) : undefined;
}
