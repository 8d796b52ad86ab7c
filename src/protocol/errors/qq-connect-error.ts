import { userMessages } from '../error-codes.js';
import type { LocalizedText, QQErrorAction } from '../error-codes.js';
import type { QQErrorCode } from './codes.js';

// A registered symbol, so that two copies of the package in one process recognize each other's errors.
const KIND = Symbol.for('express-qq-connect.error.kind');

/** The cause of an error: see {@link QQConnectError}. */
export type QQErrorKind = 'configuration' | 'transport' | 'response' | 'request';

/** The part of a login in which something went wrong. */
export type QQStep =
  'configuration' | 'session' | 'login' | 'callback' | 'token' | 'refresh' | 'me' | 'user_info' | 'api';

/** The properties of every error of this package. */
export interface QQConnectErrorFields {
  code: QQErrorCode;
  status: number;
  action: QQErrorAction;
  hint: LocalizedText;
  /** By default a text that fits `action`. */
  userMessage?: LocalizedText | undefined;
  step: QQStep;
  qqCode?: number | string | undefined;
  qqMessage?: string | undefined;
  endpoint?: string | undefined;
  cause?: Error | undefined;
}

/**
 * The base of every error that this package throws. `kind` is one of four: `configuration` (the developer must change
 * something), `transport` (QQ or the session store could not be reached), `response` (QQ refused, or its response cannot
 * be used) and `request` (the browser sent a wrong request).
 *
 * No message, property or cause contains the APP Key, a code, a token or a cookie, so an error can be logged as it is.
 *
 * @example
 * ```ts
 * import type { ErrorRequestHandler } from 'express';
 * import { isQQConnectError } from 'express-qq-connect';
 *
 * export const logErrors: ErrorRequestHandler = (error, _req, _res, next) => {
 *   if (isQQConnectError(error)) console.error(error.code, error.step, error.qqCode, error.hint.zh);
 *   next(error);
 * };
 * ```
 */
export class QQConnectError extends Error {
  override name = 'QQConnectError';
  /** Names the error for programs; stable across versions. */
  readonly code: QQErrorCode;
  /** HTTP status for the response to the browser; Express reads it. */
  readonly status: number;
  /** The same as `status`, which NestJS, Koa and Fastify read. */
  readonly statusCode: number;
  /** Whether the message may be shown to the user: for statuses below 500. Koa and http-errors read it. */
  readonly expose: boolean;
  /** What helps: a new login, a fix of the configuration, a later attempt, or nothing, because QQ refuses this user. */
  readonly action: QQErrorAction;
  /** What the developer has to do, in English and Chinese. */
  readonly hint: LocalizedText;
  /** What happened and what to do, for the user: one sentence in English and in Chinese. */
  readonly userMessage: LocalizedText;
  /** The part of the login that failed. */
  readonly step: QQStep;
  /** QQ's own error number. From servers that emulate QQ, it can be an OAuth error code. */
  declare readonly qqCode?: number | string;
  /** QQ's own message, on one line, without text that looks like a secret. */
  declare readonly qqMessage?: string;
  /** The path of QQ's endpoint, without the query. */
  declare readonly endpoint?: string;

  constructor(kind: QQErrorKind, message: string, fields: QQConnectErrorFields) {
    super(message, fields.cause && { cause: fields.cause });
    this.code = fields.code;
    this.status = fields.status;
    this.statusCode = fields.status;
    this.expose = fields.status < 500;
    this.action = fields.action;
    this.hint = fields.hint;
    this.userMessage = fields.userMessage ?? userMessages[fields.action];
    this.step = fields.step;
    if (fields.qqCode !== undefined) this.qqCode = fields.qqCode;
    if (fields.qqMessage !== undefined) this.qqMessage = fields.qqMessage;
    if (fields.endpoint !== undefined) this.endpoint = fields.endpoint;
    Object.defineProperty(this, KIND, { value: kind });
    // Express logs every error that no handler answers, and scanners cause many of these: one line each.
    if (fields.status < 500 && process.env.NODE_ENV === 'production') {
      this.stack = `${new.target.name}: ${message}`;
      Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => this.stack });
    }
  }

  /** The cause: the configuration, the transport, QQ's response or the browser's request. */
  get kind(): QQErrorKind {
    return (this as unknown as Record<symbol, QQErrorKind>)[KIND] ?? 'configuration';
  }
}

/** The kind of an error of this package, also of one from another copy of it; `undefined` for any other value. */
export function errorKindOf(value: unknown): QQErrorKind | undefined {
  return value instanceof Error && KIND in value ? (value[KIND] as QQErrorKind) : undefined;
}
