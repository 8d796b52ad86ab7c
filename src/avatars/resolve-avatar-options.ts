import * as v from 'valibot';
import { clientOptionsShape, optionsSchema, readOptions } from '../client/read-options.js';
import type { QQAvatarsOptions, ResolvedAvatarsOptions } from './avatar-options.js';

const path = v.pipe(
  v.string('must be a path that begins with /'),
  v.regex(/^\/(?!\/)[^\s\\?#]*$/, 'must be a path that begins with one /'),
);
// A missing one has the default, so that the message is its own.
const secret = v.optional(v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty')), '');
const wholeNumber = v.pipe(v.number('must be a whole number'), v.integer('must be a whole number'));
const perMinute = v.pipe(wholeNumber, v.minValue(1, 'must be at least 1'));

function resolver<T>(): v.OptionalSchema<v.GenericSchema<T>, undefined> {
  return v.optional(v.custom<T>((value) => typeof value === 'function', 'must be a function'));
}

const origin = v.pipe(
  v.string('must be an origin such as https://app.example.com'),
  v.check(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'must be an origin such as https://app.example.com, without a path',
  ),
);

const shape = v.pipe(
  optionsSchema({
    graphUrl: clientOptionsShape.graphUrl,
    cacheBytes: v.optional(v.pipe(wholeNumber, v.minValue(65_536, 'must be at least 65536')), 64 * 1024 * 1024),
    fallback: v.optional(v.string("must be '404', 'letter' or one of fallbackImages"), '404'),
    fallbackImages: v.optional(v.array(path, 'must be an array of paths'), []),
    resolveId: resolver<NonNullable<QQAvatarsOptions['resolveId']>>(),
    resolveUser: resolver<NonNullable<QQAvatarsOptions['resolveUser']>>(),
    okayapi: v.optional(optionsSchema({ appKey: secret, appSecret: secret })),
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
    // Runs also if another option is wrong, so that one error names them all.
    v.rawCheck(({ dataset, addIssue }) => {
      if (isObject(dataset.value) && !isFallback(dataset.value)) {
        addIssue({ message: "must be '404', 'letter' or one of fallbackImages" });
      }
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
 * Reads the options.
 *
 * @throws QQConfigurationError that names every wrong option, and no value
 */
export function resolveAvatarsOptions(options: QQAvatarsOptions = {}): ResolvedAvatarsOptions {
  const fromEnvironment = process.env.QQ_GRAPH_URL;
  const filled =
    fromEnvironment && isObject(options) && options.graphUrl === undefined
      ? { ...options, graphUrl: fromEnvironment }
      : options;
  return readOptions(shape, filled, { graphUrl: 'QQ_GRAPH_URL' });
}

// A caller in JavaScript can pass anything, and is told so by the schema.
function isObject(options: unknown): options is object {
  return typeof options === 'object' && options !== null;
}
