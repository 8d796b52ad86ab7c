import { debuglog } from 'node:util';

/**
 * Writes a decision of a login to standard error if the application runs with `NODE_DEBUG=qq-connect`. A line contains no
 * secret, code, token, state, cookie or openid, and no URL, because a `returnTo` may hold any of them.
 */
export const debug = debuglog('qq-connect');
