/** The cookies that an answer sets, as `name=value`; those that it takes away are left out. */
export function cookiesSetBy(response: { headers: Record<string, unknown> }): string[] {
  return setCookies(response)
    .filter((cookie) => !/;\s*max-age=0(?:;|$)/i.test(cookie))
    .map((cookie) => cookie.split(';', 1)[0] ?? '');
}

/** The names of the cookies that an answer takes away. */
export function cookiesTakenBy(response: { headers: Record<string, unknown> }): string[] {
  return setCookies(response)
    .filter((cookie) => /;\s*max-age=0(?:;|$)/i.test(cookie))
    .map((cookie) => cookie.split('=', 1)[0] ?? '');
}

/** The `Set-Cookie` lines of an answer. */
export function setCookies(response: { headers: Record<string, unknown> }): string[] {
  const lines: unknown = response.headers['set-cookie'];
  return Array.isArray(lines) ? lines.map(String) : [];
}

/** The one cookie of a login attempt that an answer sets. */
export function attemptCookie(response: { headers: Record<string, unknown> }): string {
  return cookiesSetBy(response).find((cookie) => /^(?:__Host-)?qq_login_/.test(cookie)) ?? '';
}

/** The session cookie that an answer sets. */
export function sessionCookie(response: { headers: Record<string, unknown> }): string {
  return cookiesSetBy(response).find((cookie) => cookie.startsWith('connect.sid=')) ?? '';
}

/** A browser's cookies: in the order in which they were set, as RFC 6265 (section 5.4) has them sent. */
export class Jar {
  readonly #cookies = new Map<string, string>();

  /** Takes over what an answer sets and takes away. */
  keep(response: { headers: Record<string, unknown> }): void {
    for (const name of cookiesTakenBy(response)) this.#cookies.delete(name);
    for (const cookie of cookiesSetBy(response)) this.put(cookie);
  }

  put(cookie: string): void {
    const split = cookie.indexOf('=');
    this.#cookies.set(cookie.slice(0, split), cookie.slice(split + 1));
  }

  /** Names and values of the cookies whose names begin so. */
  of(prefix: string): [string, string][] {
    return [...this.#cookies].filter(([name]) => name.startsWith(prefix));
  }

  get header(): string {
    return [...this.#cookies].map((cookie) => cookie.join('=')).join('; ');
  }
}
