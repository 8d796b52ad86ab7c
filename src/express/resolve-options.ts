import * as v from 'valibot';
import { QQConnectClient, appKeyOf } from '../client/qq-connect-client.js';
import { clientOptionsShape, optionsSchema, readOptions } from '../client/read-options.js';
import { isLoopbackHost } from '../protocol/endpoints.js';
import { processLock } from '../lock/process-lock.js';
import { warn } from './warn.js';
import type { Lock } from '../lock/lock.js';
import type { QQConnectOptions, ResolvedOptions } from './options.js';

const environment = {
  appId: 'QQ_APP_ID',
  appKey: 'QQ_APP_KEY',
  redirectUri: 'QQ_REDIRECT_URI',
  graphUrl: 'QQ_GRAPH_URL',
  encryptionKey: 'QQ_ENCRYPTION_KEY',
} as const;

const path = v.pipe(v.string('must be a path'), v.regex(/^\/[^?#\s\\]*$/, 'must be a path that begins with /'));
// The rest is judged against redirectUri, once that is known.
const place = v.pipe(
  v.string('must be a path or URL'),
  v.regex(
    /^(?:\/(?![/\\])|https?:\/\/[^/\\])[^\\]*$/i,
    'must be a path of this site, or a URL of one of allowedReturnOrigins',
  ),
);

function callback<T>(): v.OptionalSchema<v.GenericSchema<T>, undefined> {
  return v.optional(v.custom<T>((value) => typeof value === 'function', 'must be a function'));
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { origin, href } = new URL(value);
  return origin !== 'null' && href === `${origin}/`;
}

const origin = v.pipe(
  v.string('must be an origin such as https://app.example.com'),
  v.check(isOrigin, 'must be an origin such as https://app.example.com, without a path'),
  v.transform((value) => new URL(value).origin),
);
const key = v.pipe(v.string('must be a string or a list of strings'), v.nonEmpty('must not be empty'));

const routerShape = {
  basePath: v.optional(
    v.pipe(
      path,
      v.transform((value) => value.replace(/(?<!\/)\/+$/, '')),
    ),
    '/auth/qq',
  ),
  callbackPath: v.optional(path),
  display: v.optional(v.picklist(['auto', 'mobile', 'pc'], "must be 'auto', 'mobile' or 'pc'"), 'auto'),
  defaultReturnTo: v.optional(place, '/'),
  allowedReturnOrigins: v.optional(v.array(origin, 'must be an array of origins'), []),
  cancelUrl: v.optional(place),
  onLogin: callback<NonNullable<QQConnectOptions['onLogin']>>(),
  onEvent: callback<NonNullable<QQConnectOptions['onEvent']>>(),
  logout: v.optional(v.picklist(['destroy', 'keep'], "must be 'destroy' or 'keep'"), 'destroy'),
  tokens: v.optional(v.picklist(['keep', 'discard'], "must be 'keep' or 'discard'"), 'keep'),
  encryptionKey: v.optional(
    v.union(
      [
        v.pipe(
          key,
          v.transform((value): [string, ...string[]] => [value]),
        ),
        v.tupleWithRest([key], key),
      ],
      'must be a string or a list of strings, none of them empty',
    ),
  ),
  lock: callback<Lock>(),
};

const ofClient = v.optional(
  v.custom<undefined>(() => false, 'belongs to the client: give it to new QQConnectClient()'),
);
const clientOptions = Object.fromEntries(Object.keys(clientOptionsShape).map((name) => [name, ofClient])) as Record<
  keyof typeof clientOptionsShape,
  typeof ofClient
>;

const ownClient = optionsSchema({ ...clientOptionsShape, ...routerShape });
const sharedClient = optionsSchema({
  ...routerShape,
  ...clientOptions,
  client: v.custom<QQConnectClient>(
    (value) => value instanceof QQConnectClient,
    'must be a QQConnectClient of this copy of express-qq-connect',
  ),
});

type RouterOptions = v.InferOutput<v.ObjectSchema<typeof routerShape, string>>;

function isObject(options: unknown): options is object {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

function withEnvironment(options: QQConnectOptions): Record<string, unknown> {
  // A key whose value is undefined is one that was not given.
  const filled = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Record<
    string,
    unknown
  >;
  for (const [option, variable] of Object.entries(environment)) {
    const value = process.env[variable];
    const belongsToClient = option !== 'encryptionKey' && filled.client !== undefined;
    if (filled[option] !== undefined || value === undefined || value === '' || belongsToClient) continue;
    filled[option] = option === 'encryptionKey' ? value.split(',') : value;
  }
  return filled;
}

function warnAboutRedirectUri(client: QQConnectClient): void {
  if (isLoopbackHost(new URL(client.graphUrl).hostname)) return;
  const url = new URL(client.redirectUri);
  const refused = [
    url.port !== '' && 'has a port',
    isLoopbackHost(url.hostname) && 'names this machine',
    url.protocol === 'http:' && 'is plain http',
  ].filter((reason) => reason !== false);
  if (refused.length > 0)
    warn('QQ_REDIRECT_URI', `redirectUri ${refused.join(' and ')}: QQ will not call it back (the sandbox does)`);
}

/**
 * Reads the options and their environment variables.
 *
 * @throws `QQConfigurationError` that names every wrong option, and no value
 */
export function resolveOptions(options: QQConnectOptions = {}): ResolvedOptions {
  const given = isObject(options) ? withEnvironment(options) : (options as Record<string, unknown>);
  const shared = isObject(given) && given.client !== undefined;
  const { client, router } = shared ? withSharedClient(given) : withOwnClient(given);
  const { encryptionKey, ...rest } = router;
  const callbackPath = router.callbackPath ?? new URL(client.redirectUri).pathname;
  if (callbackPath === '/') {
    warn('QQ_REDIRECT_URI', 'redirectUri is the front page: every visit there is taken for a callback');
  }
  warnAboutRedirectUri(client);
  return {
    ...rest,
    client,
    callbackPath,
    cancelUrl: router.cancelUrl ?? router.defaultReturnTo,
    encryptionKeys: encryptionKey ?? [appKeyOf(client)],
    lock: router.lock ?? processLock(),
  };
}

function withSharedClient(given: Record<string, unknown>): { client: QQConnectClient; router: RouterOptions } {
  const { client, ...router } = readOptions(sharedClient, given, environment);
  return { client, router };
}

function withOwnClient(given: Record<string, unknown>): { client: QQConnectClient; router: RouterOptions } {
  const { appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios, ...router } = readOptions(
    ownClient,
    given,
    environment,
  );
  return {
    client: new QQConnectClient({ appId, appKey, redirectUri, graphUrl, scope, unionid, timeoutMs, axios }),
    router,
  };
}
