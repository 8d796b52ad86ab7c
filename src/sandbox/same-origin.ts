import type { IncomingMessage } from 'node:http';
import { isLoopback } from './redirect-uri.js';

/**
 * Whether a form may come from one of our own pages, or from no browser at all.
 *
 * A foreign page is told by `Sec-Fetch-Site`, or by `Origin` where a browser does not send that. A foreign name that was
 * made to lead to this machine (DNS rebinding) passes for our own origin with both, so the name is looked at first.
 */
export function isFromOwnPage({ headers }: IncomingMessage): boolean {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  const own = `http://${host}`;
  if (!URL.canParse(own) || !isLoopback(new URL(own).hostname)) return false;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || origin === own;
}
