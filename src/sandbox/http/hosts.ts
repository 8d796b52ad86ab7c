import type { IncomingMessage } from 'node:http';

/** Whether a host name of a parsed URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Whether the `Host` header names this machine or one of `names`.
 *
 * A page whose domain was made to resolve to 127.0.0.1 (DNS rebinding) is same-origin with the sandbox for its browser.
 * Only its `Host` header tells it from the developer's own requests.
 */
export function isKnownHost({ headers: { host = '' } }: IncomingMessage, names: readonly string[]): boolean {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  // A header that holds more than a host and a port parses into other parts.
  if (url?.pathname !== '/' || url.search || url.hash || url.username || url.password) return false;
  // Browsers never look a name under localhost up, so no site can own one.
  return isLoopback(url.hostname) || url.hostname.endsWith('.localhost') || names.includes(url.hostname);
}

/**
 * Whether a form comes from one of the sandbox's own pages, or from a client that is no browser. A page of another
 * origin shows in `Sec-Fetch-Site`, or in `Origin` where a browser does not send that.
 */
export function isFromOwnPage({ headers: { origin, 'sec-fetch-site': site } }: IncomingMessage, own: string): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || origin === own;
}
