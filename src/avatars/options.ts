import * as v from 'valibot';
import { clientOptionsShape, optionsSchema, readOptions } from '../client/options.js';
import { isObject } from '../protocol/is-object.js';
import type { MissLimits } from './miss-limiter.js';
import type { SourceResolver } from './types.js';

/** Credentials of the okayapi form. */
export type OkayapiCredentials =
  | {
      /** At least 32 characters. */
      appKey: string;
      appSecret: string;
      /**
       * Whether a request must have a `sign`.
       * @defaultValue `true`
       */
      sign?: boolean | undefined;
    }
  | { sign: false; appKey?: string | undefined; appSecret?: string | undefined };

/** The options of {@link qqAvatars}. */
export interface QQAvatarsOptions {
  /**
   * Origin of QQ Connect. A sandbox on this machine serves the image hosts too. Environment: `QQ_GRAPH_URL`.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * Bytes that the cached images can take. Beyond them the least recently used image is dropped.
   * @defaultValue `67108864`, 64 MiB
   */
  cacheBytes?: number | undefined;
  /**
   * What replaces a missing avatar if the request has no `d`: `'404'`, `'letter'`, or one of `fallbackImages`.
   * @defaultValue `'404'`
   */
  fallback?: string | undefined;
  /**
   * Paths of images of the application that `d` can name. A missing avatar redirects there.
   * @defaultValue `[]`
   */
  fallbackImages?: string[] | undefined;
  /**
   * Returns the source of the avatar for `/id/ID`, `undefined` if there is no such ID. Without it there is no route
   * `/id/ID`. Called only for images that are not cached.
   */
  resolveId?: SourceResolver<[id: string]> | undefined;
  /**
   * Returns the source of the avatar for the nobase form, `/api/user/get_avatar?appid=…&user=…`. Without it there is no
   * such route.
   */
  resolveUser?: SourceResolver<[appid: string, user: string]> | undefined;
  /**
   * Requires an `app_key`, and a `sign` unless `sign` is `false`, in requests of the okayapi form. `_auth` is always
   * computed with `appSecret`. Without this option the form is open, as the other routes are.
   */
  okayapi?: OkayapiCredentials | undefined;
  /**
   * Sites whose scripts can read the images (`Access-Control-Allow-Origin`): `'*'`, or their origins.
   * @defaultValue none; an `<img>` needs no permission
   */
  allowOrigin?: '*' | string[] | undefined;
  /**
   * Fetches from Tencent that can start in a minute, for each client (`req.ip`) and in total. Cache hits do not count.
   * @defaultValue `{ perClient: 120, total: 1200 }`
   */
  rateLimit?: Partial<MissLimits> | undefined;
}

/** The options after validation, with their defaults. */
export type ResolvedAvatarsOptions = v.InferOutput<typeof schema>;

/** The option `okayapi` after validation. */
export type OkayapiOptions = NonNullable<ResolvedAvatarsOptions['okayapi']>;

const MIN_KEY_LENGTH = 32;
const FALLBACK = "must be '404', 'letter' or one of fallbackImages";
const ORIGIN = 'must be an origin such as https://app.example.com, without a path';

const path = v.pipe(
  v.string('must be a path that begins with /'),
  v.regex(/^\/(?!\/)[^\s\\?#]*$/, 'must be a path that begins with one /'),
);
const secret = v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));
const wholeNumber = v.pipe(v.number('must be a whole number'), v.integer('must be a whole number'));
const perMinute = v.pipe(wholeNumber, v.minValue(1, 'must be at least 1'));
const origin = v.pipe(
  v.string(ORIGIN),
  v.check((value) => URL.canParse(value) && new URL(value).origin === value, ORIGIN),
);

function resolver<T>(): v.OptionalSchema<v.GenericSchema<T>, undefined> {
  return v.optional(v.custom<T>((value) => typeof value === 'function', 'must be a function'));
}

const okayapi = v.pipe(
  optionsSchema({
    appKey: v.optional(v.pipe(secret, v.minLength(MIN_KEY_LENGTH, `must have at least ${MIN_KEY_LENGTH} characters`))),
    appSecret: v.optional(secret),
    sign: v.optional(v.boolean('must be true or false'), true),
  }),
  // This check and that of fallback run also if another option is wrong, so that one error names all of them.
  v.rawCheck(({ dataset: { value: input }, addIssue }) => {
    if (!isObject(input) || input.sign === false) return;
    for (const key of ['appKey', 'appSecret'].filter((name) => input[name] === undefined)) {
      addIssue({ message: 'is missing', path: [{ type: 'object', origin: 'value', input, key, value: undefined }] });
    }
  }),
);

const schema = v.pipe(
  optionsSchema({
    graphUrl: clientOptionsShape.graphUrl,
    cacheBytes: v.optional(v.pipe(wholeNumber, v.minValue(65_536, 'must be at least 65536')), 64 * 1024 * 1024),
    fallback: v.optional(v.string(FALLBACK), '404'),
    fallbackImages: v.optional(v.array(path, 'must be an array of paths'), []),
    resolveId: resolver<NonNullable<QQAvatarsOptions['resolveId']>>(),
    resolveUser: resolver<NonNullable<QQAvatarsOptions['resolveUser']>>(),
    okayapi: v.optional(okayapi),
    allowOrigin: v.optional(
      v.union(
        [v.literal('*'), v.pipe(v.array(origin), v.minLength(1, 'must name at least one origin'))],
        "must be '*' or an array of origins",
      ),
    ),
    rateLimit: v.optional(
      optionsSchema({ perClient: v.optional(perMinute, 120), total: v.optional(perMinute, 1_200) }),
      {},
    ),
  }),
  v.forward(
    v.rawCheck(({ dataset, addIssue }) => {
      if (isObject(dataset.value) && !isFallback(dataset.value)) addIssue({ message: FALLBACK });
    }),
    ['fallback'],
  ),
);

function isFallback({ fallback, fallbackImages }: { fallback?: unknown; fallbackImages?: unknown }): boolean {
  // A fallback of another type has an issue already.
  if (typeof fallback !== 'string' || fallback === '404' || fallback === 'letter') return true;
  return Array.isArray(fallbackImages) && fallbackImages.includes(fallback);
}

/**
 * Validates the options, and adds the defaults.
 *
 * @throws QQConfigurationError that names every wrong option, and no value
 */
export function resolveAvatarsOptions(options: QQAvatarsOptions = {}): ResolvedAvatarsOptions {
  const fromEnvironment = process.env.QQ_GRAPH_URL;
  const filled =
    fromEnvironment && isObject(options) && options.graphUrl === undefined
      ? { ...options, graphUrl: fromEnvironment }
      : options;
  return readOptions(schema, filled, { graphUrl: 'QQ_GRAPH_URL' });
}
