import { QQConnectClient, isQQConnectError } from '../../src/client.js';
import { MADE_UP } from './upstream.js';
import type { QQConnectClientOptions, QQConnectError } from '../../src/client.js';
import type { Upstream } from './upstream.js';

export const REDIRECT_URI = 'https://www.example.com/auth/qq/callback';

/** A client of an upstream. */
export function clientOf(upstream: Upstream, options: Partial<QQConnectClientOptions> = {}): QQConnectClient {
  const { appId, appKey } = MADE_UP;
  return new QQConnectClient({ appId, appKey, redirectUri: REDIRECT_URI, graphUrl: upstream.url, ...options });
}

/** Exchanges the made-up code. */
export async function grant(client: QQConnectClient) {
  return client.authorizationCodeGrant(`?code=${MADE_UP.code}&state=a-state`, { expectedState: 'a-state' });
}

/** The whole of a login as the router does it. */
export async function login(client: QQConnectClient) {
  return client.fetchUser(await grant(client));
}

/** The error of this package that a call ends with. */
export async function failure(call: Promise<unknown>): Promise<QQConnectError> {
  let error: unknown;
  try {
    await call;
  } catch (reason) {
    error = reason;
  }
  if (isQQConnectError(error)) return error;
  throw new Error('the call ended without an error of this package', { cause: error });
}
