import * as z from 'zod/mini';
import { clientOptionsShape, readOptions } from '../../client/read-options.js';
import type { QQAvatarsOptions, ResolvedAvatarsOptions } from './avatar-options.js';

const path = z
  .string('must be a path that begins with /')
  .check(z.regex(/^\/(?!\/)[^\s\\?#]*$/, 'must be a path that begins with one /'));
const secret = z.string('must be a string').check(z.minLength(1, 'must not be empty'));
const perMinute = z.int('must be a whole number').check(z.minimum(1, 'must be at least 1'));
const resolver = <T>(): z.ZodMiniOptional<z.ZodMiniCustom<T>> =>
  z.optional(z.custom<T>((value) => typeof value === 'function', { error: 'must be a function', abort: false }));
const origin = z
  .string('must be an origin such as https://app.example.com')
  .check(
    z.refine(
      (value) => URL.canParse(value) && new URL(value).origin === value,
      'must be an origin such as https://app.example.com, without a path',
    ),
  );

const shape = z
  .strictObject(
    {
      graphUrl: clientOptionsShape.graphUrl,
      cacheBytes: z._default(
        z.int('must be a whole number of bytes').check(z.minimum(65_536, 'must be at least 65536')),
        64 * 1024 * 1024,
      ),
      fallback: z._default(z.string("must be '404', 'letter' or one of fallbackImages"), '404'),
      fallbackImages: z._default(z.array(path, 'must be an array of paths'), []),
      resolveId: resolver<NonNullable<QQAvatarsOptions['resolveId']>>(),
      resolveUser: resolver<NonNullable<QQAvatarsOptions['resolveUser']>>(),
      okayapi: z.optional(z.strictObject({ appKey: secret, appSecret: secret }, 'must be { appKey, appSecret }')),
      allowOrigin: z.optional(
        z.union(
          [z.literal('*'), z.array(origin).check(z.minLength(1, 'must name at least one origin'))],
          "must be '*' or an array of origins",
        ),
      ),
      rateLimit: z.prefault(
        z.strictObject(
          { perClient: z._default(perMinute, 120), total: z._default(perMinute, 1_200) },
          'must be an object',
        ),
        {},
      ),
    },
    'must be an object',
  )
  .check(
    z.refine(isFallback, {
      path: ['fallback'],
      error: "must be '404', 'letter' or one of fallbackImages",
      // Said together with all other mistakes.
      when: ({ value }) => typeof value === 'object' && value !== null,
    }),
  );

function isFallback({ fallback, fallbackImages }: { fallback: unknown; fallbackImages: unknown }): boolean {
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
function isObject(options: unknown): boolean {
  return typeof options === 'object' && options !== null;
}
