import { createHash } from 'node:crypto';
import { serialize } from 'cookie';

/** Names a state, a code or a user without disclosing it: in a cookie's name, and in a session. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Names and writes the cookies of one application. */
export interface OwnCookies {
  /** Identifies the application. */
  owner: string;
  /** Returns a cookie's name, or the beginning of it. */
  name(kind: string): string;
  /** Returns a `Set-Cookie` line; with a `maxAge` of 0 seconds it deletes the cookie. */
  line(name: string, value: string, maxAge: number): string;
}

/** Creates the {@link OwnCookies} of an application. */
export function ownCookies({ appId, redirectUri }: { appId: string; redirectUri: string }): OwnCookies {
  // All ports of localhost share their cookies: an application must not delete or read another one's.
  const owner = digest(`${appId}\n${redirectUri}`);
  // By the scheme that QQ calls back with, not by req.secure, which is often wrong behind a proxy.
  const secure = new URL(redirectUri).protocol === 'https:';
  return {
    owner,
    name: (kind) => `${secure ? '__Host-' : ''}qq_${kind}_${owner.slice(0, 8)}`,
    line: (name, value, maxAge) =>
      serialize(name, value, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure,
        maxAge,
        // Not every client deletes a cookie at a Max-Age of 0.
        expires: maxAge === 0 ? new Date(0) : undefined,
        encode: String, // a JWE and a number have only characters that a cookie may have
      }),
  };
}
