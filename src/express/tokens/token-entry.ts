import type { RefreshOutcome, TokenSet } from '../../client/grants.js';

/** A user's tokens as they are stored, encrypted: in the session after the login, in a record after a refresh. */
export interface TokenEntry {
  openid: string;
  tokens: TokenSet;
  /** When QQ issued them, in ms since 1970. */
  obtainedAt: number;
  /** When the user logged in, in ms since 1970. */
  loginAt: number;
  /**
   * The refreshes that were sent and whose result is unknown. Written before each call: an entry that has this may have
   * lost the response, and with it the next refresh token.
   */
  unconfirmed?: { refreshes: number; lastAt: number };
}

const DAY_MS = 86_400_000;
/** How long after a login QQ refreshes its tokens. */
export const REFRESH_PERIOD_MS = 90 * DAY_MS;
// A token is due for refresh when a tenth of its lifetime is left.
const LAST_PART = 0.1;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** Returns whether an entry's access token has not expired and was not rejected. */
export function isValid({ tokens }: TokenEntry, rejected?: string): boolean {
  if (tokens.accessToken === rejected) return false;
  return tokens.expiresAt === undefined || tokens.expiresAt > Date.now();
}

/** Returns whether an access token is due for refresh. Without `expires_in`, QQ's error shows it (100013 to 100016). */
function isDue({ tokens, obtainedAt }: TokenEntry): boolean {
  if (tokens.expiresAt === undefined) return false;
  return Date.now() >= tokens.expiresAt - (tokens.expiresAt - obtainedAt) * LAST_PART;
}

/** Returns whether an entry's access token is valid and not due for refresh. */
export function isFresh(entry: TokenEntry, rejected?: string): boolean {
  return isValid(entry, rejected) && !isDue(entry);
}

/**
 * Returns whether an entry's access token is returned as it is. A valid one that is due is, where it cannot be refreshed,
 * or where the result of a refresh is unknown: the attempt that is left is for when it has expired.
 */
export function isUsable(entry: TokenEntry, rejected?: string): boolean {
  if (!isValid(entry, rejected)) return false;
  return !isDue(entry) || entry.tokens.refreshToken === undefined || entry.unconfirmed !== undefined;
}

/** Marks an entry before a refresh is sent. A rejected token is marked as expired, so that no request uses it again. */
export function markedForRefresh(entry: TokenEntry, rejected?: string): TokenEntry {
  const tokens = entry.tokens.accessToken === rejected ? { ...entry.tokens, expiresAt: 0 } : entry.tokens;
  const refreshes = (entry.unconfirmed?.refreshes ?? 0) + 1;
  return { ...entry, tokens, unconfirmed: { refreshes, lastAt: Date.now() } };
}

/** Returns what a failed refresh leaves of an entry: the marked one, if the result is unknown. */
export function afterRefresh(outcome: RefreshOutcome, entry: TokenEntry, marked: TokenEntry): TokenEntry {
  const { unconfirmed, ...rest } = marked;
  if (outcome === 'unconfirmed') return marked;
  if (outcome === 'retryable') return { ...rest, ...(entry.unconfirmed && { unconfirmed: entry.unconfirmed }) };
  // Without its refresh token rather than without a record: only a logout looks like a logout.
  const { refreshToken, ...tokens } = marked.tokens;
  return { ...rest, tokens };
}

/** How long to wait before the next refresh of an entry whose last ones have no known result, in ms. */
export function retryDelayMs({ unconfirmed }: TokenEntry): number {
  if (!unconfirmed) return 0;
  const delay = Math.min(MIN_RETRY_MS * 2 ** (unconfirmed.refreshes - 1), MAX_RETRY_MS);
  return Math.max(0, unconfirmed.lastAt + delay - Date.now());
}

/**
 * Returns the age that a record may reach, in ms: until its access token expires, and until QQ's refresh period is over.
 * The entry in the session is older than the record, and its refresh token is used. It must not come back before then.
 */
export function recordTtlMs({ tokens, obtainedAt, loginAt }: TokenEntry): number {
  const periodEnd = (tokens.expiresAt === undefined ? obtainedAt : loginAt) + REFRESH_PERIOD_MS;
  return Math.max(tokens.expiresAt ?? 0, periodEnd) - Date.now();
}
