import { z } from 'zod';
import { clientOptionsShape, readOptions } from '../../client/options.js';
import type { AvatarSource } from '../../avatar/types.js';
import type { MissLimits } from '../../avatar/miss-limiter.js';

/** The options of {@link qqAvatars}. */
export interface QQAvatarsOptions {
  /**
   * Where QQ Connect is. A sandbox on this machine plays the image hosts too. Environment: `QQ_GRAPH_URL`.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The bytes that cached images may take; beyond them the least recently used one goes.
   * @defaultValue `67108864`, 64 MiB
   */
  cacheBytes?: number | undefined;
  /**
   * What stands in for a missing image where the request has no `d`: `'404'`, `'letter'`, or one of `fallbackImages`.
   * @defaultValue `'404'`
   */
  fallback?: string | undefined;
  /**
   * Paths of images of the application's own that `d` may name; a missing image redirects there.
   * @defaultValue `[]`
   */
  fallbackImages?: string[] | undefined;
  /**
   * Says whose avatar `/id/ID` is; `undefined` for an id that nobody has. Without it there is no `/id/ID`. Asked only
   * for images that are not in the cache.
   */
  resolveId?: ((id: string) => AvatarSource | undefined | Promise<AvatarSource | undefined>) | undefined;
  /** The same for the nobase form, `/api/user/get_avatar?appid=…&user=…`. Without it that form is not there. */
  resolveUser?:
    ((appid: string, user: string) => AvatarSource | undefined | Promise<AvatarSource | undefined>) | undefined;
  /** Wants requests in the okayapi form signed. Without it the form is open, as the other routes are. */
  okayapi?: { appKey: string; appSecret: string } | undefined;
  /**
   * Which sites may read the images from a script (`Access-Control-Allow-Origin`): `'*'`, or their origins.
   * @defaultValue none; to show an image needs no permission
   */
  allowOrigin?: '*' | string[] | undefined;
  /**
   * How many fetches from Tencent may begin in a minute, for each client (`req.ip`) and over all. Hits are not counted.
   * @defaultValue `{ perClient: 120, total: 1200 }`
   */
  rateLimit?: Partial<MissLimits> | undefined;
}

const path = z
  .string('must be a path that begins with /')
  .regex(/^\/(?!\/)[^\s\\?#]*$/, 'must be a path that begins with one /');
const secret = z.string('must be a string').min(1, 'must not be empty');
const perMinute = z.int('must be a whole number').min(1, 'must be at least 1');
const resolver = <T>(): z.ZodOptional<z.ZodCustom<T>> =>
  z.custom<T>((value) => typeof value === 'function', { error: 'must be a function', abort: false }).optional();
const origin = z
  .string('must be origins such as https://app.example.com')
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'must be origins such as https://app.example.com, without a path',
  );

const shape = z
  .strictObject(
    {
      graphUrl: clientOptionsShape.graphUrl,
      cacheBytes: z
        .int('must be a whole number of bytes')
        .min(65_536, 'must be at least 65536')
        .default(64 * 1024 * 1024),
      fallback: z.string("must be '404', 'letter' or one of fallbackImages").default('404'),
      fallbackImages: z.array(path, 'must be an array of paths').default([]),
      resolveId: resolver<NonNullable<QQAvatarsOptions['resolveId']>>(),
      resolveUser: resolver<NonNullable<QQAvatarsOptions['resolveUser']>>(),
      okayapi: z.strictObject({ appKey: secret, appSecret: secret }, 'must be { appKey, appSecret }').optional(),
      allowOrigin: z.union([z.literal('*'), z.array(origin).min(1)], "must be '*' or an array of origins").optional(),
      rateLimit: z
        .strictObject({ perClient: perMinute.default(120), total: perMinute.default(1_200) }, 'must be an object')
        .prefault({}),
    },
    'must be an object',
  )
  .refine(isFallback, {
    path: ['fallback'],
    error: "must be '404', 'letter' or one of fallbackImages",
    // Said together with all other mistakes.
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

function isFallback({ fallback, fallbackImages }: { fallback: unknown; fallbackImages: unknown }): boolean {
  if (typeof fallback !== 'string' || fallback === '404' || fallback === 'letter') return true;
  return Array.isArray(fallbackImages) && fallbackImages.includes(fallback);
}

/** The options as the router uses them. */
export type ResolvedAvatarsOptions = z.output<typeof shape>;

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
