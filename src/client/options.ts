import { z } from 'zod';
import { QQ_GRAPH_URL, isLoopbackHost } from '../protocol/endpoints.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { AxiosInstance } from 'axios';

/** The options of a {@link QQConnectClient}. */
export interface QQConnectClientOptions {
  /** APP ID, from the console of connect.qq.com. */
  appId: string;
  /** APP Key, from the same place. A secret. */
  appKey: string;
  /** The callback URL (回调地址), exactly as it is registered with QQ. */
  redirectUri: string;
  /**
   * Where QQ Connect is; a sandbox's `url`, for example. Plain http only on a loopback address.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The APIs that the user is asked to allow.
   * @defaultValue `['get_user_info']`
   */
  scope?: string[] | undefined;
  /**
   * Ask for the unionid. Without QQ's permission for it everything works, with no unionid.
   * @defaultValue `false`
   */
  unionid?: boolean | undefined;
  /**
   * For each call of QQ, in milliseconds. After a time-out nothing is repeated.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
  /** An axios instance to use, with a proxy or interceptors of the application's. */
  axios?: AxiosInstance | undefined;
}

// No message of these names a value: an APP Key in the wrong place must not end in a log.
const text = (what: string): z.ZodString => z.string(what).min(1, what);

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

const redirectUri = text('is missing: the callback URL as it is registered with QQ (回调地址)').superRefine(
  (value, issue) => {
    const url = parseUrl(value);
    const say = (message: string): void => issue.addIssue({ code: 'custom', message });
    if (!url || !/^https?:$/.test(url.protocol)) say('must be an absolute http or https URL');
    else if (url.username !== '' || url.password !== '') say('must not hold a user name or password');
    else if (value.includes('#')) say('must not hold a #');
    else if (/\s/.test(value)) say('must not hold a blank');
  },
);

const graphUrl = z
  .string('must be a URL')
  .refine((value) => {
    const url = parseUrl(value);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  }, 'must be an https URL (plain http is for a sandbox on this machine only)')
  .refine((value) => !/[?#@\s]/.test(value), 'must hold nothing but a host and a path')
  .transform((value) => value.replace(/\/+$/, ''));

/** The options of a {@link QQConnectClient} as zod reads them; the router's options are these and its own. */
export const clientOptionsShape = {
  appId: text('is missing: the APP ID from connect.qq.com'),
  appKey: text('is missing: the APP Key from connect.qq.com'),
  redirectUri,
  graphUrl: graphUrl.default(QQ_GRAPH_URL),
  scope: z
    .array(text('must be an array of API names'), 'must be an array of API names')
    .min(1, 'must name at least one API')
    .default(['get_user_info']),
  unionid: z.boolean('must be true or false').default(false),
  timeoutMs: z
    .int('must be a whole number of milliseconds')
    .min(1, 'must be at least 1')
    .max(2 ** 31 - 1, 'is too large')
    .default(5_000),
  axios: z.custom<AxiosInstance>((value) => typeof value === 'function', 'must be an axios instance').optional(),
};

/** Says all that is wrong with some options in one error, by their names and without a value. */
export function readOptions<T extends z.ZodObject>(
  schema: T,
  options: unknown,
  names: Partial<Record<string, string>> = {},
): z.output<T> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: no such option`;
    const name = issue.path.length > 0 ? issue.path.join('.') : 'options';
    const environment = names[String(issue.path[0])];
    return `${name}${environment === undefined ? '' : ` (${environment})`} ${issue.message}`;
  });
  throw new QQConfigurationError(`express-qq-connect is not configured correctly: ${wrong.join('; ')}`, {
    en: 'Correct the options named here, or their environment variables.',
    zh: '请修正上述选项或对应的环境变量。',
  });
}
