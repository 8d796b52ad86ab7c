import { readFileSync } from 'node:fs';

/** A recorded answer, and how a neutral reader understands it. */
export interface Exchange {
  readonly id: string;
  readonly kind: string;
  readonly response: { readonly status: number; readonly content_type: string | null; readonly body: string };
  readonly normalized: Normalized;
}

/** The values of a success, or of an error QQ's number and message or the reason why there is none. */
export interface Normalized {
  readonly outcome: 'success' | 'error';
  readonly client_id?: string;
  readonly openid?: string;
  readonly unionid?: string;
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly refresh_token?: string | null;
  readonly nickname?: string;
  readonly avatar?: string | null;
  readonly gender_raw?: string;
  readonly provider_code?: number | string | null;
  readonly provider_message?: string | null;
  readonly reason?: 'malformed' | 'http_error' | 'no_access_token' | 'client_id_mismatch';
}

/** All recorded answers. */
export const exchanges = JSON.parse(
  readFileSync(new URL('../fixtures/wire/exchanges.json', import.meta.url), 'utf8'),
) as readonly Exchange[];

/** `[id, exchange]` of each recorded answer of some kinds, for `it.each`. */
export function recorded(kinds: RegExp, outcome?: Normalized['outcome']): [string, Exchange][] {
  return exchanges
    .filter(({ kind, normalized }) => kinds.test(kind) && (outcome ?? normalized.outcome) === normalized.outcome)
    .map((exchange) => [exchange.id, exchange]);
}
