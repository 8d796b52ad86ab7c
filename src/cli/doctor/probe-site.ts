import { parseSetCookie } from 'cookie';
import { endpoints } from '../../protocol/endpoints.js';
import type { SetCookie } from 'cookie';

/** An answer of the site's, as far as it is looked at. */
export interface SiteAnswer {
  /** What was asked for. */
  readonly url: URL;
  readonly status: number;
  /** Where a redirect leads, absolute. */
  readonly location: URL | undefined;
  readonly cookies: readonly SetCookie[];
  readonly cacheControl: string;
  /** This package's own error code, such as `ERR_QQ_SESSION_MISSING`. */
  readonly errorCode: string | undefined;
}

/** An answer, or what was thrown in place of one. */
export type Visit = SiteAnswer | { readonly url: URL; readonly thrown: unknown };

/** What a visitor from outside sees of a site. */
export interface SiteVisit {
  /** The last answer on the way to the login, after redirects within the site. */
  readonly login: Visit;
  /** The addresses that were passed on the way to it. */
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
      // A connection of its own each time, so that another process may answer.
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
      cacheControl: headers.get('cache-control') ?? '',
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

/** Whether an address is the one that a login sends the browser to. */
export function isAuthorizeUrl(url: URL): boolean {
  return url.pathname.endsWith(endpoints.authorize);
}

function below(site: URL, path: string): URL {
  return new URL(site.pathname.replace(/\/+$/, '') + path, site);
}

/** Looks at a site as a browser would: its login, its user route, its callback, and the login by plain http. */
export async function probeSite(site: URL, basePath: string, timeoutMs: number): Promise<SiteVisit> {
  const passed: URL[] = [];
  let login = await visit(below(site, `${basePath}/login`), timeoutMs);
  while (passed.length < MAX_REDIRECTS && leadsOn(login)) {
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

/** Calls a login back as QQ does for a user who cancels: with its state and cookie, and without a code. */
async function cancel(login: Visit, redirectUri: URL | undefined, timeoutMs: number): Promise<Visit[]> {
  if ('thrown' in login || redirectUri?.origin !== login.url.origin) return [];
  const url = new URL(redirectUri);
  url.searchParams.set('usercancel', '1');
  url.searchParams.set('state', login.location?.searchParams.get('state') ?? '');
  const cookie = login.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  return times(async () => visit(url, timeoutMs, cookie));
}

function leadsOn(login: Visit): login is SiteAnswer & { location: URL } {
  if ('thrown' in login || !login.location || isAuthorizeUrl(login.location)) return false;
  const { url, location } = login;
  // To https, to www, to a slash at the end: the same page elsewhere. Anything else is another page.
  const samePage = location.pathname.replace(/\/$/, '') === url.pathname.replace(/\/$/, '');
  return samePage && location.href !== url.href && /^https?:$/.test(location.protocol);
}

/** The redirect URI in the address that the site sends a browser to. */
function sentRedirectUri({ location }: SiteAnswer): URL | undefined {
  const sent = location?.searchParams.get('redirect_uri') ?? '';
  return URL.canParse(sent) && /^https?:$/.test(new URL(sent).protocol) ? new URL(sent) : undefined;
}
