import * as z from 'zod/mini';
import { QQ_GRAPH_URL, isLoopbackHost } from '../protocol/endpoints.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { AxiosInstance } from 'axios';

// No message of these names a value: an APP Key in the wrong place must not end in a log.
const text = (missing: string): z.ZodMiniString =>
  z
    .string({ error: ({ input }) => (input === undefined ? missing : 'must be a string') })
    .check(z.minLength(1, { error: missing, abort: true }));

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

const redirectUri = text('is missing: the callback URL as it is registered with QQ (回调地址)').check(
  z.superRefine((value, issue) => {
    const url = parseUrl(value);
    const say = (message: string): void => issue.addIssue({ code: 'custom', message });
    if (!url || !/^https?:$/.test(url.protocol)) say('must be an absolute http or https URL');
    else if (url.username !== '' || url.password !== '') say('must not hold a user name or password');
    else if (value.includes('#')) say('must not hold a #');
    else if (/\s/.test(value)) say('must not hold a blank');
  }),
);

const graphUrl = z.pipe(
  z.string('must be a URL').check(
    z.refine((value) => {
      const url = parseUrl(value);
      return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
    }, 'must be an https URL (plain http is for a sandbox on this machine only)'),
    z.refine((value) => !/[?#@\s]/.test(value), 'must hold nothing but a host and a path'),
  ),
  z.transform((value) => value.replace(/\/+$/, '')),
);

/**
 * The options of a {@link QQConnectClient} as zod reads them; the router's options are these and its own.
 * @internal
 */
export const clientOptionsShape = {
  appId: text('is missing: the APP ID from connect.qq.com'),
  appKey: text('is missing: the APP Key from connect.qq.com'),
  redirectUri,
  graphUrl: z._default(graphUrl, QQ_GRAPH_URL),
  scope: z._default(
    z
      .array(text('must be the name of an API'), 'must be an array of API names')
      .check(z.minLength(1, 'must name at least one API')),
    ['get_user_info'],
  ),
  unionid: z._default(z.boolean('must be true or false'), false),
  timeoutMs: z._default(
    z
      .int('must be a whole number of milliseconds')
      .check(z.minimum(1, 'must be at least 1'), z.maximum(2 ** 31 - 1, 'is too large')),
    5_000,
  ),
  axios: z.optional(z.custom<AxiosInstance>((value) => typeof value === 'function', 'must be an axios instance')),
};

/**
 * Says all that is wrong with some options in one error, by their names and without a value.
 * @internal
 */
export function readOptions<T extends z.ZodMiniObject>(
  schema: T,
  options: unknown,
  names: Partial<Record<string, string>> = {},
): z.output<T> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return `${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')}: no such option`;
    }
    const name = issue.path.length > 0 ? issue.path.join('.') : 'options';
    const environment = names[String(issue.path[0])];
    return `${name}${environment === undefined ? '' : ` (${environment})`} ${issue.message}`;
  });
  throw new QQConfigurationError(`express-qq-connect is not configured correctly: ${wrong.join('; ')}`, {
    en: 'Correct the options named here, or their environment variables.',
    zh: '请修正上述选项或对应的环境变量。',
  });
}
