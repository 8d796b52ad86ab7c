import type { SandboxApp } from './types.js';

/**
 * Judges a redirect URI as QQ does: host and path of a registered one, the query free, no `#`. Where nothing is
 * registered, any loopback address will do; `strict` refuses those, ports and plain http as the real QQ does.
 *
 * @returns the parsed URI, or `undefined` for an illegal one
 */
export function parseRedirectUri(value: string, app: SandboxApp, strict: boolean): URL | undefined {
  // The URL parser drops or mends these; what is refused here cannot come back as part of a header.
  if (!/^https?:\/\/[^\s\\#]+$/i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.username || url.password) return undefined;
  if (strict && (url.protocol !== 'https:' || url.port || isLoopback(url.hostname))) return undefined;
  const registered = app.redirectUris?.map((uri) => new URL(uri));
  if (registered)
    return registered.some((uri) => uri.host === url.host && uri.pathname === url.pathname) ? url : undefined;
  return strict || isLoopback(url.hostname) ? url : undefined;
}

/** Appends parameters to a redirect URI, after a query of its own if it has one. */
export function withParameters(redirectUri: URL, parameters: Readonly<Record<string, string>>): string {
  const { href } = redirectUri;
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const separator = !redirectUri.search ? (href.endsWith('?') ? '' : '?') : href.endsWith('&') ? '' : '&';
  return href + separator + query.join('&');
}

/** Whether a host name of a parsed URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
