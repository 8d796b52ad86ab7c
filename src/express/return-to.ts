/** Where a browser may be sent after a login. */
export interface ReturnToRules {
  /** Origin of `redirectUri`. */
  siteOrigin: string;
  /** What a proxy strips from the paths that Express sees; `''` where it strips nothing. */
  publicPrefix: string;
  /** Other origins that are allowed, as `URL.origin` has them. */
  allowedOrigins: ReadonlySet<string>;
  /** Paths, as Express sees them, that would begin or end a login. */
  ownPaths: ReadonlySet<string>;
}

const LONGEST = 2_048;
// eslint-disable-next-line no-control-regex -- browsers drop or turn these, and then read another URL than we did
const SUSPICIOUS = /[\u0000-\u001f\u007f\\]/;
// eslint-disable-next-line no-control-regex -- the same, once somebody on the way has decoded them
const OTHER_HOST = /^\/[\u0000-\u0020\u007f]*[/\\]/;
// eslint-disable-next-line no-control-regex -- no page has these in its path, and whoever drops them reads another one
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Whether a path names another host, decoded as often as anybody on the way might do it. */
function namesHost(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < 4; round += 1) {
    if (OTHER_HOST.test(decoded) || CONTROL.test(decoded)) return true;
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
  return false;
}

/** Puts the public prefix before a path of this site, where it is not there already. */
export function withPrefix(path: string, prefix: string): string {
  return withoutPrefix(path, prefix) === path ? prefix + path : path;
}

function withoutPrefix(path: string, prefix: string): string {
  if (prefix === '' || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  return rest === '' || /^[/?#]/.test(rest) ? rest : path;
}

/**
 * Judges a place to return to.
 *
 * @returns the URL to redirect to, a path on this site or an absolute URL of an allowed origin; `undefined` for
 * anything else: another site in any disguise, a page that would start the login again, more than 2,048 characters
 */
export function safeReturnTo(value: unknown, rules: ReturnToRules): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST || SUSPICIOUS.test(value)) return undefined;
  const absolute = /^https?:\/\/[^/]/i.test(value);
  if (!absolute && (!value.startsWith('/') || namesHost(value.replace(/[?#].*$/s, '')))) return undefined;
  if (!URL.canParse(value, rules.siteOrigin)) return undefined;
  const url = new URL(value, rules.siteOrigin);
  // Dot segments are gone only now: `/..//evil.example` has become `//evil.example`.
  if (url.username !== '' || url.password !== '' || namesHost(url.pathname)) return undefined;
  if (url.origin !== rules.siteOrigin) return rules.allowedOrigins.has(url.origin) ? url.href : undefined;
  const seen = withoutPrefix(url.pathname, rules.publicPrefix).replace(/\/+$/, '');
  if (rules.ownPaths.has(seen)) return undefined;
  return withPrefix(url.pathname + url.search + url.hash, rules.publicPrefix);
}
