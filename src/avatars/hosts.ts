import { isLoopbackHost } from '../protocol/endpoints.js';

const QLOGO_HOSTS: ReadonlySet<string> = new Set([
  ...['q', 'q1', 'q2', 'q3', 'q4', 'thirdqq', 'qzapp', 'p', 'qh'].map((name) => `${name}.qlogo.cn`),
  ...['qlogo', 'qlogo1', 'qlogo2', 'qlogo3', 'qlogo4'].map((name) => `${name}.store.qq.com`),
]);

/** Tells whether a host name is, letter by letter, one of those that serve QQ's avatars. */
export function isQlogoHost(hostname: string): boolean {
  return QLOGO_HOSTS.has(hostname);
}

/** Tells whether a URL names nothing but a host and what is on it: no user, no password, no port of its own. */
export function isPlainAuthority(url: URL): boolean {
  return url.port === '' && url.username === '' && url.password === '';
}

/**
 * The origin of `graphUrl` where that is this machine: the sandbox, which plays the image hosts too.
 * `undefined` for the real QQ.
 */
export function sandboxOrigin(graphUrl: string | undefined): string | undefined {
  if (graphUrl === undefined || !URL.canParse(graphUrl)) return undefined;
  const url = new URL(graphUrl);
  return /^https?:$/.test(url.protocol) && isLoopbackHost(url.hostname) ? url.origin : undefined;
}

/**
 * Reads a URL, or what a redirect `from` one leads to, and answers what may be fetched for it: one of the hosts, over
 * https whatever it says, or the sandbox in exactly its origin, but not at the word of anybody else.
 */
export function permittedTarget(
  text: string,
  {
    from,
    sandbox,
    allowsHost,
  }: { from?: URL | undefined; sandbox?: string | undefined; allowsHost: (hostname: string) => boolean },
): URL | undefined {
  const url = URL.canParse(text, from?.href) ? new URL(text, from) : undefined;
  if (url?.username !== '' || url.password !== '') return undefined;
  if (url.origin === sandbox && (!from || from.origin === sandbox)) return url;
  if (url.protocol === 'http:') url.protocol = 'https:';
  return url.protocol === 'https:' && url.port === '' && allowsHost(url.hostname) ? url : undefined;
}
