/**
 * The response of `get_user_info` as QQ sent it, with its flat fields only.
 *
 * `gender`, `gender_type`, `province`, `city` and `year` are placeholders (男, 2, 广东, 深圳, 1990) for most users.
 *
 * @see Tencent's page get_user_info
 */
export interface UserInfoResponse {
  ret?: number | string;
  msg?: string;
  /** 1 when some data is missing or wrong. */
  is_lost?: number | string;
  nickname?: string | null;
  gender?: string;
  gender_type?: number | string;
  province?: string;
  city?: string;
  year?: string;
  constellation?: string;
  /** Qzone avatar, 30 px. */
  figureurl?: string;
  /** Qzone avatar, 50 px. */
  figureurl_1?: string;
  /** Qzone avatar, 100 px. */
  figureurl_2?: string;
  /** QQ avatar, 40 px; every user has one. */
  figureurl_qq_1?: string;
  /** QQ avatar, 100 px; empty, missing or the 40 px URL where there is none. */
  figureurl_qq_2?: string;
  /** QQ avatar, the largest there is. */
  figureurl_qq?: string;
  figureurl_type?: string;
  is_yellow_vip?: string;
  vip?: string;
  yellow_vip_level?: string;
  level?: string;
  is_yellow_year_vip?: string;
  [field: string]: string | number | boolean | null | undefined;
}

/** A user who logged in with QQ. The account key is `appId` and `openid` together. */
export interface QQUser {
  appId: string;
  /** Names the user for this APP ID only; 32 hex digits in every response seen so far. */
  openid: string;
  /** Names the user for all applications of one developer; only with the option `unionid` and QQ's permission. */
  unionid?: string;
  /** As QQ sent it: may be empty, an emoji, HTML; never unique. Escape it. */
  nickname: string;
  /** QQ avatar, 40 px. Absent rather than empty, like all of these; https wherever it is one of Tencent's hosts. */
  figureurl_qq_1?: string;
  /** QQ avatar, 100 px. */
  figureurl_qq_2?: string;
  /** QQ avatar, the largest there is. */
  figureurl_qq?: string;
  /** Qzone avatar, 30 px. */
  figureurl?: string;
  /** Qzone avatar, 50 px. */
  figureurl_1?: string;
  /** Qzone avatar, 100 px. */
  figureurl_2?: string;
  /** The best avatar: the first that exists of `figureurl_qq_2`, `figureurl_qq`, `figureurl_qq_1` and the Qzone ones. */
  avatarUrl?: string;
  /** Absent if QQ sent only its placeholder value. */
  gender?: 'male' | 'female';
  /** As QQ sent it. */
  raw: UserInfoResponse;
}

const BEST_FIRST = [
  'figureurl_qq_2',
  'figureurl_qq',
  'figureurl_qq_1',
  'figureurl_2',
  'figureurl_1',
  'figureurl',
] as const;
const TENCENT_HTTP = /^http:\/\/(?:[a-z0-9-]+\.)*(?:qlogo\.cn|store\.qq\.com)\//i;
const WEB_URL = /^https?:\/\/[^\s"'<>\\]+$/i;

function avatar(value: unknown): string | undefined {
  if (typeof value !== 'string' || !WEB_URL.test(value)) return undefined;
  return TENCENT_HTTP.test(value) ? `https${value.slice('http'.length)}` : value;
}

// 男 with type 2, or beside the placeholder home of 2022, is QQ's placeholder; 女 is never a placeholder.
function gender(raw: UserInfoResponse): 'male' | 'female' | undefined {
  const said = typeof raw.gender === 'string' ? raw.gender.toLowerCase() : '';
  if (said === '女' || said === 'female') return 'female';
  if (said !== '男' && said !== 'male') return undefined;
  const placeholder =
    String(raw.gender_type) === '2' || (raw.province === '广东' && raw.city === '深圳' && raw.year === '1990');
  return placeholder ? undefined : 'male';
}

/** Keeps the flat fields of a profile: what is nested is none of QQ's, and a deep body must not reach a session. */
export function flatUserInfo(body: Record<string, unknown>): UserInfoResponse {
  const flat: UserInfoResponse = {};
  for (const [field, value] of Object.entries(body)) {
    if (typeof value !== 'object' || value === null) flat[field] = value as string | number | boolean | null;
  }
  return flat;
}

/** Returns whether a body is a profile: without `ret` it needs a nickname or an avatar, and no `error`. */
export function isUserInfo(body: Record<string, unknown>): boolean {
  if (body.ret !== undefined) return body.ret === 0 || body.ret === '0';
  if (body.error !== undefined) return false;
  return typeof body.nickname === 'string' || BEST_FIRST.some((field) => avatar(body[field]) !== undefined);
}

/**
 * Returns whether a profile is QQ's placeholder: the user skipped the consent, or the API `get_user_info` is not
 * active for the application. Its avatar is QQ's logo.
 *
 * @see Tencent's page 常见问题
 */
export function isPlaceholderProfile({ nickname }: UserInfoResponse): boolean {
  return nickname === 'qzuser';
}

/** Makes the user that handlers see from what QQ sent. */
export function toQQUser(
  identity: { appId: string; openid: string; unionid?: string | undefined },
  raw: UserInfoResponse,
): QQUser {
  const isPlaceholder = isPlaceholderProfile(raw);
  const user: QQUser = {
    appId: identity.appId,
    openid: identity.openid,
    ...(identity.unionid !== undefined && { unionid: identity.unionid }),
    nickname: typeof raw.nickname === 'string' && !isPlaceholder ? raw.nickname : '',
    raw,
  };
  for (const field of BEST_FIRST) {
    const url = isPlaceholder ? undefined : avatar(raw[field]);
    if (url === undefined) continue;
    user[field] = url;
    user.avatarUrl ??= url;
  }
  const known = gender(raw);
  if (known) user.gender = known;
  return user;
}
