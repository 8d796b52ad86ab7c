import type { RequestHandler } from 'express';
import type { Config } from './config.js';

const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\]|localhost)(?=:|$)/;

/**
 * Sets the headers that keep a page to itself: scripts, styles and images from here only, nothing inline. The referrer
 * stays on this site, where a browser without Sec-Fetch-Site needs it to say where a form comes from.
 */
export function securityHeaders({ graphOrigin, redirectUri }: Config): RequestHandler {
  const headers: Record<string, string> = {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `form-action 'self' ${graphOrigin}`, // a form whose session has ended leads to the login
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin-allow-popups', // the page sees that the user closes the QQ window
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
  if (redirectUri.startsWith('https:')) headers['Strict-Transport-Security'] = 'max-age=31536000';
  return function securityHeaders(_req, res, next) {
    res.set(headers);
    next();
  };
}

/**
 * Sends a browser from 127.0.0.1 to localhost: a login must begin on the host that QQ calls back to, as each host has
 * cookies of its own. With a sandbox only, where no proxy stands in front and Host is what the browser shows.
 */
export function ownHost({ sandbox, redirectUri }: Config): RequestHandler {
  const { host: own, hostname, origin } = new URL(redirectUri);
  return function ownHost(req, res, next) {
    const { host = own, accept = '' } = req.headers;
    const elsewhere = host !== own && host.replace(LOOPBACK, hostname) === own;
    const isPage = req.method === 'GET' && accept.includes('text/html');
    if (sandbox && elsewhere && isPage) res.redirect(302, origin + req.originalUrl);
    else next();
  };
}
