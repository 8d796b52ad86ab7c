import type { AvatarSource } from './types.js';
import type { MissLimits } from './miss-limiter.js';

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

/** The options as the routes use them: complete, and judged. */
export interface ResolvedAvatarsOptions extends QQAvatarsOptions {
  graphUrl: string;
  cacheBytes: number;
  fallback: string;
  fallbackImages: string[];
  rateLimit: MissLimits;
}
