/** What a `returnTo` is validated against. */
export interface ReturnToRules {
  /** Origin of `redirectUri`. */
  siteOrigin: string;
  /** The prefix before the router's paths in a browser's URL, of a proxy or of a mount, or `''`. */
  publicPrefix: string;
  /** Other origins that are allowed, as `URL.origin` returns them. */
  allowedOrigins: ReadonlySet<string>;
  /** The router's routes that start or complete a login, as the router sees them. */
  ownPaths: ReadonlySet<string>;
}

const MAX_LENGTH = 2_048;
// eslint-disable-next-line no-control-regex -- browsers remove or replace these, and then read a different URL
const REWRITTEN = /[\u0000-\u001f\u007f\\]/;
// eslint-disable-next-line no-control-regex -- the same, after a proxy has decoded them
const OTHER_HOST = /^\/[\u0000-\u0020\u007f]*[/\\]/;
// eslint-disable-next-line no-control-regex -- no page has these in its path, and software that removes them reads another one
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Returns whether a path names another host, also after several servers have decoded it. */
function namesHost(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < 4; round += 1) {
    if (OTHER_HOST.test(decoded) || CONTROL.test(decoded)) return true;
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
  return false;
}

/** Removes the slashes at the end of a path. In a loop, because `/\/+$/` takes quadratic time. */
export function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** Puts the public prefix before a path of this site, unless the path begins with it. */
export function withPrefix(path: string, prefix: string): string {
  return withoutPrefix(path, prefix) === path ? prefix + path : path;
}

function withoutPrefix(path: string, prefix: string): string {
  if (prefix === '' || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  return rest === '' || /^[/?#]/.test(rest) ? rest : path;
}

/**
 * Validates the page to redirect to after a login.
 *
 * @returns the URL to redirect to, a path on this site or an absolute URL of an allowed origin; `undefined` for
 * anything else: another site in any disguise, a route that starts a login again, more than 2,048 characters
 */
export function safeReturnTo(value: unknown, rules: ReturnToRules): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || REWRITTEN.test(value)) return undefined;
  const absolute = /^https?:\/\/[^/]/i.test(value);
  if (!absolute && (!value.startsWith('/') || namesHost(value.split(/[?#]/, 1)[0] ?? ''))) return undefined;
  if (!URL.canParse(value, rules.siteOrigin)) return undefined;
  const url = new URL(value, rules.siteOrigin);
  // Dot segments are resolved only now: `/..//evil.example` has become `//evil.example`.
  if (url.username !== '' || url.password !== '' || namesHost(url.pathname)) return undefined;
  if (url.origin !== rules.siteOrigin) return rules.allowedOrigins.has(url.origin) ? url.href : undefined;
  // Express matches a path in any case, and with or without a slash at its end.
  const seen = trimSlashes(withoutPrefix(url.pathname, rules.publicPrefix)).toLowerCase();
  if (rules.ownPaths.has(seen)) return undefined;
  return withPrefix(url.pathname + url.search + url.hash, rules.publicPrefix);
}

const CANCELLED = 'qq_login=cancelled';

/** Removes `qq_login=cancelled` from a URL's query. */
export function withoutCancelled(url: string): string {
  const [, path = '', query, hash = ''] = /^([^?#]*)(?:\?([^#]*))?(.*)$/s.exec(url) ?? [];
  if (!query?.split('&').includes(CANCELLED)) return url;
  const kept = query.split('&').filter((part) => part !== CANCELLED && part !== '');
  return path + (kept.length > 0 ? `?${kept.join('&')}` : '') + hash;
}

/** Adds `qq_login=cancelled` to a URL's query, once. */
export function withCancelled(url: string): string {
  const [, before = '', hash = ''] = /^([^#]*)(.*)$/s.exec(withoutCancelled(url)) ?? [];
  return `${before}${before.includes('?') ? '&' : '?'}${CANCELLED}${hash}`;
}
