import { QQResponseError } from './errors/index.js';

/** QQ's error in a body, in any of its forms. */
export interface QQErrorBody {
  qqCode: number | string;
  qqMessage: string;
}

/** A body of QQ's as it was read. */
export interface DecodedBody {
  body: Record<string, unknown>;
  /** It had to be repaired, or names something twice: good enough for an error or a nickname, never for an identity. */
  damaged: boolean;
}

const CALLBACK = /^[A-Za-z_$][\w$.]*\s*$/;
const IDENTITY = ['openid', 'unionid', 'client_id', 'access_token', 'refresh_token'];

function malformedBody(what: string): QQResponseError {
  return new QQResponseError(`QQ's answer is ${what}`, { code: 'ERR_QQ_INVALID_RESPONSE', step: 'api' });
}

const dropProto = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value);

// `__proto__` may also be written with \u escapes.
function mayHoldProto(json: string): boolean {
  return json.includes('__proto__') || json.includes('\\u00');
}

// Reading twice costs little where it happens, looking for the name in every text costs something always.
function parseObject(json: string): Record<string, unknown> {
  const value = JSON.parse(json) as Record<string, unknown>;
  for (const key in value) {
    if (typeof value[key] !== 'object' && key !== '__proto__') continue;
    return mayHoldProto(json) ? (JSON.parse(json, dropProto) as Record<string, unknown>) : value;
  }
  return value;
}

// Tencent's own sample of 100016 has a comma before `}`, and nicknames have carried raw control characters.
function repair(json: string): string {
  // eslint-disable-next-line no-control-regex -- these are what makes JSON.parse refuse
  return json.replace(/[\u0000-\u001f]+/g, ' ').replace(/,\s*}/g, '}');
}

function tryParse(json: string): Record<string, unknown> | undefined {
  try {
    return parseObject(json);
  } catch {
    return undefined; // the caller tries another way to read it, or throws
  }
}

/** Whether an object has a key twice at its top level. JSON.parse keeps the last, other readers keep the first. */
function repeatsKey(json: string): boolean {
  const keys = new Set<unknown>();
  let depth = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token.endsWith(':')) {
      const key: unknown = JSON.parse(token.slice(0, -1));
      if (keys.has(key)) return true;
      keys.add(key);
    }
  }
  return false;
}

function namesIdentity(body: Record<string, unknown>): boolean {
  return IDENTITY.some((name) => name in body);
}

function decodeJson(json: string): DecodedBody {
  const strict = tryParse(json);
  if (strict) return { body: strict, damaged: namesIdentity(strict) && repeatsKey(json) };
  const repaired = tryParse(repair(json));
  if (repaired) return { body: repaired, damaged: true };
  throw malformedBody('neither JSON nor JSONP that can be read');
}

function decodeForm(text: string): DecodedBody {
  if (text.startsWith('<')) throw malformedBody('an HTML page');
  if (!/^[^\s=&[\]{}()"]+=/.test(text)) throw malformedBody('in none of the three formats of QQ');
  const body: Record<string, unknown> = {};
  let damaged = false;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === '__proto__') continue;
    damaged ||= Object.hasOwn(body, name);
    body[name] = value;
  }
  return { body, damaged };
}

/** Returns the text between the first `(` and the last `)` of a call; `undefined` if the text is no call. */
function insideJsonp(text: string): string | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (close < open || open < 1 || !CALLBACK.test(text.slice(0, open))) return undefined;
  const rest = text.slice(close + 1).trim();
  return rest === '' || rest === ';' ? text.slice(open + 1, close).trim() : undefined;
}

/** Reads a body, and reports whether its identity can be trusted. */
export function decodeQQBody(text: string): DecodedBody {
  // JSONP just as QQ writes it; any other way of writing is looked at more closely.
  if (text.startsWith('callback( {') && text.endsWith('} );\n')) return decodeJson(text.slice(10, -4));
  const trimmed = text.trim(); // also drops a BOM
  if (trimmed.startsWith('{')) return decodeJson(trimmed);
  if (trimmed === '') throw malformedBody('empty');
  const inside = insideJsonp(trimmed);
  if (inside === undefined) return decodeForm(trimmed);
  if (!inside.startsWith('{')) throw malformedBody('JSONP without an object in it');
  return decodeJson(inside);
}

/**
 * Parses a body of QQ in any of its three formats: JSONP, JSON or form-encoded. The body alone decides which, because
 * neither the content type nor the requested format is reliable.
 *
 * @param text - the body, as text; a BOM, blanks and newlines around it do no harm
 * @returns the parameters, with the types QQ gave them (`expires_in` may be a string)
 * @throws {@link QQResponseError} `ERR_QQ_INVALID_RESPONSE` for anything else: an empty or truncated body, an HTML
 * page, an array, and JSON with mistakes that names an openid or a token
 *
 * @example
 * ```ts
 * import { parseQQBody } from 'express-qq-connect/client';
 *
 * parseQQBody('callback( {"client_id":"100000001","openid":"0123456789ABCDEF0123456789ABCDEF"} );\n').openid;
 * parseQQBody('access_token=AT&expires_in=7776000&refresh_token=RT').expires_in; // '7776000'
 * ```
 *
 * @see Tencent's page 获取用户OpenID_OAuth2.0
 */
export function parseQQBody(text: string): Record<string, unknown> {
  const decoded = decodeQQBody(text);
  if (isDamagedIdentity(decoded) && readQQError(decoded.body) === undefined) {
    throw malformedBody('damaged JSON that names an identity');
  }
  return decoded.body;
}

/** Whether a damaged body names a user or a token: the damage may be in the name. */
export function isDamagedIdentity({ body, damaged }: DecodedBody): boolean {
  return damaged && namesIdentity(body);
}

function errorCode(value: unknown): number | string | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return undefined;
  return /^-?\d{1,9}$/.test(value) ? Number(value) : value;
}

/**
 * Finds QQ's error in a body: `error` (with `error_description`), or a `ret` that is not 0, negative or positive
 * (with `msg`).
 */
export function readQQError(body: Record<string, unknown>): QQErrorBody | undefined {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const error = errorCode(body.error);
  if (error !== undefined && error !== 0) {
    return { qqCode: error, qqMessage: text(body.error_description) || text(body.msg) };
  }
  const ret = errorCode(body.ret);
  if (ret !== undefined && ret !== 0) return { qqCode: ret, qqMessage: text(body.msg) };
  return undefined;
}

/** Whether a body has an `error` or `ret` of no type that QQ uses (`true`, an object): then it is no success either. */
export function isAmbiguous(body: Record<string, unknown>): boolean {
  return [body.error, body.ret].some((value) => Boolean(value) && errorCode(value) === undefined);
}
