import { isLoopbackHost } from '../protocol/endpoints.js';

const QLOGO_HOSTS: ReadonlySet<string> = new Set([
  ...['q', 'q1', 'q2', 'q3', 'q4', 'thirdqq', 'qzapp', 'p', 'qh'].map((name) => `${name}.qlogo.cn`),
  ...['qlogo', 'qlogo1', 'qlogo2', 'qlogo3', 'qlogo4'].map((name) => `${name}.store.qq.com`),
]);

/** Returns whether a host name is exactly one of those that serve QQ's avatars. */
export function isQlogoHost(hostname: string): boolean {
  return QLOGO_HOSTS.has(hostname);
}

/** Returns whether a URL has no user, no password and no port of its own. */
export function isPlainAuthority(url: URL): boolean {
  return url.port === '' && url.username === '' && url.password === '';
}

/**
 * Returns the origin of `graphUrl`. The avatar URLs that a sandbox returns are at that origin, also where it runs under a
 * name (`https://graph.qq.com` in a hosts file, `https://sandbox:9443` among containers); those of the real QQ never are.
 */
export function sandboxOrigin(graphUrl: string | undefined): string | undefined {
  if (graphUrl === undefined || !URL.canParse(graphUrl)) return undefined;
  const { protocol, origin } = new URL(graphUrl);
  return /^https?:$/.test(protocol) ? origin : undefined;
}

/** Tells whether an origin is a sandbox on a loopback address, which serves the image hosts too. */
export function servesImageHosts(origin: string): boolean {
  return isLoopbackHost(new URL(origin).hostname);
}

/**
 * Returns the URL to fetch for a URL or for a redirect `from` one: on a permitted host, always over https, or in exactly
 * the origin of the sandbox, but not by a redirect from another origin.
 */
export function permittedTarget(
  text: string,
  { sandbox, allowsHost }: { sandbox?: string | undefined; allowsHost: (hostname: string) => boolean },
  from?: URL,
): URL | undefined {
  const url = URL.canParse(text, from?.href) ? new URL(text, from) : undefined;
  if (url?.username !== '' || url.password !== '') return undefined;
  if (url.origin === sandbox && (!from || from.origin === sandbox)) return url;
  if (url.protocol === 'http:') url.protocol = 'https:';
  return url.protocol === 'https:' && url.port === '' && allowsHost(url.hostname) ? url : undefined;
}
