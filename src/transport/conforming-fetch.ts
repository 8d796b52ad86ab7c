import {
  decodeQQBody,
  isDamagedIdentity,
  isUnclear,
  readQQError,
  rfc6749Error,
  rfc6749Token,
} from '../protocol/dialect.js';
import { flatUserInfo, isUserInfo } from '../protocol/profile.js';
import { isQQConnectError } from '../protocol/errors/index.js';
import { redact } from '../protocol/redact.js';
import type { DecodedBody } from '../protocol/dialect.js';
import type { Fetch, FetchInit } from './axios-fetch.js';

/** An error answer as this fetch gives it: RFC 6749's, with QQ's number kept, or with what was wrong with the body. */
export interface ConformedError {
  error: string;
  error_description?: string;
  qq_code?: number | string;
  problem?: 'malformed' | 'http_status';
  /** The HTTP status, where that is the problem. */
  status?: number;
}

const SECRET_PARAMETERS = ['client_secret', 'code', 'refresh_token', 'access_token'];

type Kind = 'token' | 'me' | 'user_info' | 'other';

function kindOf(path: string): Kind {
  if (path.endsWith('/oauth2.0/token')) return 'token';
  if (path.endsWith('/oauth2.0/me')) return 'me';
  return path.endsWith('/user/get_user_info') ? 'user_info' : 'other';
}

function json(status: number, body: object): Response {
  return Response.json(body, { status });
}

function failure(error: ConformedError): Response {
  return json(400, error);
}

function unusable({ ok, status }: Response): Response {
  const problem = ok ? ({ problem: 'malformed' } as const) : ({ problem: 'http_status', status } as const);
  return failure({ error: 'invalid_response', ...problem });
}

function conformSuccess(kind: Kind, decoded: DecodedBody): object | undefined {
  const { body } = decoded;
  if (isUnclear(body)) return undefined;
  if (kind === 'user_info') return isUserInfo(body) ? flatUserInfo(body) : undefined; // it identifies nobody
  if (isDamagedIdentity(decoded)) return undefined;
  return kind === 'token' ? rfc6749Token(body) : body;
}

/** Turns an answer of QQ's, whatever its format and status, into what RFC 6749 says an answer looks like. */
async function conform(kind: Kind, response: Response, secrets: string[]): Promise<Response> {
  let decoded: DecodedBody;
  try {
    decoded = decodeQQBody(await response.text());
  } catch (error) {
    if (!isQQConnectError(error)) throw error;
    return unusable(response);
  }
  const refused = readQQError(decoded.body);
  if (refused) {
    const qqCode = typeof refused.qqCode === 'string' ? redact(refused.qqCode, secrets) : refused.qqCode;
    return failure({
      error: rfc6749Error(qqCode),
      error_description: redact(refused.qqMessage, secrets),
      qq_code: qqCode,
    });
  }
  const body = response.ok ? conformSuccess(kind, decoded) : undefined;
  return body ? json(200, body) : unusable(response);
}

/**
 * The parameters of a token request as QQ wants them. openid-client drops the query of a redirect URI; QQ compares
 * with what `authorize` was given, so the configured one goes back in.
 */
function tokenParameters(body: URLSearchParams, redirectUri: string): URLSearchParams {
  const parameters = new URLSearchParams(body);
  if (parameters.get('grant_type') === 'authorization_code') {
    parameters.set('redirect_uri', redirectUri);
    parameters.set('need_openid', '1');
  }
  parameters.set('fmt', 'json');
  return parameters;
}

/**
 * Wraps a fetch so that QQ's dialect never gets past it: requests leave as QQ documents them (token: GET, `fmt=json`,
 * `need_openid=1`), and every answer comes back as JSON, a success with status 200 and an error with 400.
 *
 * @see RFC 6749, sections 5.1 and 5.2
 */
export function conformingFetch(fetch: Fetch, { redirectUri }: { redirectUri: string }): Fetch {
  return async function conformed(url, init: FetchInit = {}) {
    const target = new URL(url);
    const kind = kindOf(target.pathname);
    let { method = 'GET', body } = init;
    if (kind === 'token') {
      target.search = tokenParameters(new URLSearchParams(String(body)), redirectUri).toString();
      [method, body] = ['GET', undefined];
    } else if (kind === 'me') {
      target.searchParams.set('fmt', 'json');
    }
    const secrets = SECRET_PARAMETERS.flatMap((name) => target.searchParams.getAll(name));
    const headers = { accept: 'application/json', 'user-agent': 'express-qq-connect' };
    const response = await fetch(target.href, { method, headers, body });
    return conform(kind, response, secrets);
  };
}
