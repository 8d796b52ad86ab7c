import * as v from 'valibot';
import { QQ_GRAPH_URL, isLoopbackHost } from '../protocol/endpoints.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { AxiosInstance } from 'axios';

// No message contains a value: an APP Key in the wrong option must not end in a log.
function requiredText(missing: string): v.GenericSchema<string | undefined, string> {
  // A missing key has the default, so that the message is the option's own and not that of the object around it.
  return v.optional(v.pipe(v.string('must be a string'), v.nonEmpty(missing)), '');
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

function redirectUriProblem(value: string): string | undefined {
  const url = parseUrl(value);
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be an absolute http or https URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (value.includes('#')) return 'must not hold a #';
  if (/\s/.test(value)) return 'must not hold a blank';
  return undefined;
}

const redirectUri = v.pipe(
  requiredText('is missing: the callback URL as it is registered with QQ (回调地址)'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value === '') return; // reported as missing
    const message = redirectUriProblem(dataset.value);
    if (message !== undefined) addIssue({ message });
  }),
);

const graphUrl = v.pipe(
  v.string('must be a URL'),
  v.check((value) => {
    const url = parseUrl(value);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  }, 'must be an https URL (plain http is for a sandbox on this machine only)'),
  v.regex(/^[^?#@\s]*$/, 'must hold nothing but a host and a path'),
  v.transform((value) => value.replace(/(?<!\/)\/+$/, '')),
);

/**
 * Entries of the schema for the options of a {@link QQConnectClient}. The router's options add their own.
 * @internal
 */
export const clientOptionsShape = {
  appId: requiredText('is missing: the APP ID from connect.qq.com'),
  appKey: requiredText('is missing: the APP Key from connect.qq.com'),
  redirectUri,
  graphUrl: v.optional(graphUrl, QQ_GRAPH_URL),
  scope: v.optional(
    v.pipe(
      v.array(requiredText('must be the name of an API'), 'must be an array of API names'),
      v.minLength(1, 'must name at least one API'),
    ),
    ['get_user_info'],
  ),
  unionid: v.optional(v.boolean('must be true or false'), false),
  timeoutMs: v.optional(
    v.pipe(
      v.number('must be a whole number of milliseconds'),
      v.integer('must be a whole number of milliseconds'),
      v.minValue(1, 'must be at least 1'),
      v.maxValue(2 ** 31 - 1, 'is too large'),
    ),
    5_000,
  ),
  axios: v.optional(v.custom<AxiosInstance>((value) => typeof value === 'function', 'must be an axios instance')),
};

/** What a schema of these entries returns. */
type Options<Entries extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<Entries, string>>;

/**
 * Makes a schema that reports every unknown key (valibot's own `strictObject` reports the first).
 * @internal
 */
export function optionsSchema<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.GenericSchema<unknown, Options<Entries>> {
  const schema: unknown = v.objectWithRest(entries, v.never('no such option'), 'must be an object');
  return schema as v.GenericSchema<unknown, Options<Entries>>;
}

function describeIssue(issue: v.BaseIssue<unknown>, names: Partial<Record<string, string>>): string {
  const path = v.getDotPath(issue);
  if (path === null) return `options ${issue.message}`;
  if (issue.type === 'never') return `${path}: ${issue.message}`;
  const variable = names[String(issue.path?.[0].key)];
  return `${path}${variable === undefined ? '' : ` (${variable})`} ${issue.message}`;
}

/**
 * Validates options, and reports all problems in one error, by the options' names and without their values.
 *
 * @param names - environment variable of an option
 * @internal
 */
export function readOptions<T>(
  schema: v.GenericSchema<unknown, T>,
  options: unknown,
  names: Partial<Record<string, string>> = {},
): T {
  // valibot takes an array for an object.
  const result = v.safeParse(schema, Array.isArray(options) ? undefined : options);
  if (result.success) return result.output;
  const wrong = result.issues.map((issue) => describeIssue(issue, names));
  throw new QQConfigurationError(`express-qq-connect is not configured correctly: ${wrong.join('; ')}`, {
    en: 'Correct the options named here, or their environment variables.',
    zh: '请修正上述选项或对应的环境变量。',
  });
}
