import * as v from 'valibot';
import { findConfigurationProblems } from '../protocol/configuration.js';
import { QQ_GRAPH_URL } from '../protocol/endpoints.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { AxiosInstance } from 'axios';
import type { ConfigurationProblem, ConfigurationValues } from '../protocol/configuration.js';

/** The options of a {@link QQConnectClient}. */
export interface QQConnectClientOptions {
  /** APP ID, from the console of connect.qq.com. */
  appId: string;
  /** APP Key, from the same place. A secret. */
  appKey: string;
  /** The redirect URI (回调地址), exactly as it is registered at QQ. */
  redirectUri: string;
  /**
   * The address of QQ Connect, or the `url` of a sandbox. Plain http is accepted on a loopback address only.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The APIs that the user has to allow.
   * @defaultValue `['get_user_info']`
   */
  scope?: string[] | undefined;
  /**
   * Whether to request the unionid. Without QQ's permission for it the login works, and users have no unionid.
   * @defaultValue `false`
   */
  unionid?: boolean | undefined;
  /**
   * The timeout of each request to QQ, in milliseconds. A request that timed out is not retried.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
  /** An axios instance of the application, with its proxy and interceptors. */
  axios?: AxiosInstance | undefined;
}

// No message contains a value: an APP Key in the wrong option must not end in a log.
function requiredText(missing: string): v.GenericSchema<string | undefined, string> {
  // A missing key has the default, so that the message is the option's own and not that of the object around it.
  return v.optional(v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty(missing)), '');
}

const graphUrl = v.pipe(
  v.string('must be a URL'),
  v.trim(),
  v.nonEmpty('must be an https URL'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const [wrong] = findConfigurationProblems({ graphUrl: dataset.value });
    if (wrong) addIssue({ message: wrong.text.en });
  }),
  v.transform((value) => value.replace(/(?<!\/)\/+$/, '')),
);

/**
 * Entries of the schema for the options of a {@link QQConnectClient}. The router's options add their own.
 * @internal
 */
export const clientOptionsShape = {
  appId: requiredText('is missing: the APP ID from connect.qq.com'),
  appKey: requiredText('is missing: the APP Key from connect.qq.com'),
  redirectUri: requiredText('is missing: the redirect URI (回调地址) as it is registered at QQ'),
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
      v.maxValue(1_000_000_000, 'is too large'), // a lock is held for twice as long, and a timer ends at 2 ** 31
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

/** The environment variables of options, by the option's name. */
type VariableNames = Partial<Record<string, string>>;

function nameOf(option: string, path: string, names: VariableNames): string {
  const variable = names[option];
  return variable === undefined ? path : `${path} (${variable})`;
}

function describeIssue(issue: v.BaseIssue<unknown>, names: VariableNames): string {
  const path = v.getDotPath(issue);
  if (path === null) return `options ${issue.message}`;
  if (issue.type === 'never') return `${path}: ${issue.message}`;
  return `${nameOf(String(issue.path?.[0].key), path, names)} ${issue.message}`;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

/** The values of options, as the configuration rules take them; those of another type are the schema's to report. */
function configurationValues(options: Readonly<Record<string, unknown>>): ConfigurationValues {
  const { appId, appKey, redirectUri, graphUrl, scope, encryptionKey } = options;
  return {
    appId: texts(appId)[0],
    appKey: texts(appKey)[0],
    redirectUri: texts(redirectUri)[0],
    graphUrl: texts(graphUrl)[0],
    scope: texts(scope),
    encryptionKeys: texts(encryptionKey),
  };
}

/**
 * Finds values that QQ probably refuses, or that are not for production. The router warns of each of them once.
 * @internal
 */
export function configurationWarnings(options: object): ConfigurationProblem[] {
  const values = configurationValues(options as Record<string, unknown>);
  const production = process.env.NODE_ENV === 'production';
  return findConfigurationProblems(values, { production }).filter(({ level }) => level === 'warning');
}

/**
 * Validates options by a schema and by the configuration rules, and reports all problems in one error, by the options'
 * names and without their values.
 *
 * @param names - environment variable of an option
 * @internal
 */
export function readOptions<T>(schema: v.GenericSchema<unknown, T>, options: unknown, names: VariableNames = {}): T {
  // valibot takes an array for an object.
  const given = Array.isArray(options) ? undefined : options;
  const result = v.safeParse(schema, given);
  const issues = result.issues ?? [];
  const reported = new Set(issues.map((issue) => issue.path?.[0].key));
  const values = typeof given === 'object' && given !== null ? configurationValues({ ...given }) : {};
  const problems = findConfigurationProblems(values).filter(
    ({ level, option }) => level === 'error' && !reported.has(option),
  );
  if (result.success && problems.length === 0) return result.output;
  const wrong = [
    ...issues.map((issue) => describeIssue(issue, names)),
    ...problems.map(({ option, text }) => `${nameOf(option, option, names)} ${text.en}`),
  ];
  throw new QQConfigurationError(`express-qq-connect is not configured correctly: ${wrong.join('; ')}`, {
    en: [
      'Correct the options named here, or their environment variables.',
      ...new Set(problems.map(({ fix }) => fix.en)),
    ].join(' '),
    zh: ['请修正上述选项或对应的环境变量。', ...new Set(problems.map(({ fix }) => fix.zh))].join(''),
  });
}

/**
 * Runs `read`, and reports its configuration errors under the names that a framework has for the options.
 *
 * @param names - by the option's name here: `{ appId: 'clientID' }`
 * @internal
 */
export function withOptionNames<T>(names: Readonly<Record<string, string>>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof QQConfigurationError)) throw error;
    const rename = (text: string): string =>
      text.replace(/\b[a-z]+[A-Z]\w*\b/g, (word) => (Object.hasOwn(names, word) ? (names[word] ?? word) : word));
    throw new QQConfigurationError(rename(error.message), { en: rename(error.hint.en), zh: rename(error.hint.zh) });
  }
}
