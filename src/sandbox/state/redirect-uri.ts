import { isIP } from 'node:net';
import { percentDecode } from '../http/call.js';
import { isLoopback } from '../http/hosts.js';
import type { SandboxApp } from './types.js';

const MAX_LENGTH = 1024;
/** QQ's console shows the registered addresses joined by semicolons. */
const SEVERAL_ADDRESSES = /[;；]$|[;；,，、|]https?:\/\//i;
/** A port counts even if it is the default one. */
const PORT = /^https?:\/\/[^/?]*:\d*(?:[/?]|$)/i;
/** The longest that the real QQ is known to accept. */
const MAX_STRICT_LENGTH = 500;
/** Names that no public DNS server resolves. */
const PRIVATE_NAME = /\.(?:internal|invalid|lan|local|localdomain|localhost|test)$/;

/**
 * Parses a redirect URI by QQ's rules: host and path of a registered one, any query, no `#`. Without registered ones, any
 * loopback address is accepted. `strict` refuses loopback and IP addresses, ports and more than 500 characters, as the real
 * QQ does. QQ serves plain http where it was registered before https became mandatory, so `strict` accepts it.
 *
 * @returns the parsed URI, or `undefined` for an illegal one
 */
export function parseRedirectUri(value: string, app: SandboxApp, strict: boolean): URL | undefined {
  // The URL parser drops or repairs these characters. One that is refused here cannot return as part of a header.
  if (value.length > MAX_LENGTH || !/^https?:\/\/[^\s\\#"'“”‘’<>\p{Cc}\p{Cf}]+$/iu.test(value)) return undefined;
  if (SEVERAL_ADDRESSES.test(value)) return undefined;
  if (!URL.canParse(value) || percentDecode(value) === undefined) return undefined;
  const url = new URL(value);
  if (url.username || url.password) return undefined;
  if (strict && (value.length > MAX_STRICT_LENGTH || PORT.test(value) || !isPublicName(url.hostname))) return undefined;
  const registered = app.redirectUris?.map((uri) => new URL(uri));
  if (registered)
    return registered.some((uri) => uri.host === url.host && uri.pathname === url.pathname) ? url : undefined;
  return strict || isLoopback(url.hostname) ? url : undefined;
}

/**
 * Adds parameters to a redirect URI: after its own query if it has one, or in the fragment, which QQ writes behind a `?`.
 */
export function callbackUrl({ href }: URL, parameters: Readonly<Record<string, string>>, inFragment: boolean): string {
  const query = href.includes('?') ? href : `${href}?`;
  const separator = inFragment ? '#' : /[?&]$/.test(query) ? '' : '&';
  const encoded = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return query + separator + encoded.join('&');
}

function isPublicName(hostname: string): boolean {
  const isName = /^(?:[^.]+\.)+[^.]+$/.test(hostname) && isIP(hostname) === 0;
  return isName && !PRIVATE_NAME.test(hostname) && !isLoopback(hostname);
}
