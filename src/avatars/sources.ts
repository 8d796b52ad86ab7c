import { servesImageHosts } from './hosts.js';
import { SEGMENT, fitSize, matchAvatarUrl, resizeAvatarUrl } from './url-forms.js';
import { qqAppAvatarUrl, qqAvatarUrl, qqGroupAvatarUrl, qqHeadimgUrl } from './urls.js';
import type { QQUser } from '../protocol/profile.js';
import type { AvatarSource, AvatarSize } from './types.js';

/** The URLs of an image: sources in order, each with its URLs in order. */
export type AvatarCandidates = readonly (readonly string[])[];

/**
 * Returns the URLs of an image: in the requested size, then in 100 px, then of a second source.
 *
 * @throws RangeError for a wrong number, key, APP ID or openid, or a URL that is not of a QQ avatar
 */
export function candidatesFor(source: AvatarSource, size: AvatarSize, sandbox?: string): AvatarCandidates {
  const sizes = size === 100 ? [size] : [size, 100 as const];
  const there = (url: string): string => onSandbox(url, sandbox);
  if ('uin' in source || 'key' in source) {
    const first = sizes.map((each) => qqAvatarUrl(source, { size: each, host: 'auto' }));
    // No other form takes a key, so its second source is another host.
    const host = first[0]?.startsWith('https://q.') ? 'q1' : 'q';
    const second = 'uin' in source ? qqHeadimgUrl(source.uin, { size }) : qqAvatarUrl(source, { size, host });
    return [first.map(there), [there(second)]];
  }
  if ('group' in source) {
    // Groups have no image of 140 or 160 px. The next larger one is that of 640 px.
    const urls = sizes.map((each) =>
      qqGroupAvatarUrl(source.group, { size: each === 140 || each === 160 ? 640 : each }),
    );
    return [urls.map(there)];
  }
  if ('url' in source) {
    const match = matchAvatarUrl(source.url, sandbox);
    if (!match) throw new RangeError('url must be the URL of a QQ avatar');
    // The URL's own size comes last: for a user without a larger image it is the only one that exists.
    const fitted = [...sizes.map((each) => fitSize(match.form, each)), ownSize(match)];
    return [[...new Set(fitted)].map((each) => resizeAvatarUrl(match, each, sandbox))];
  }
  const { appId, openid } = source;
  const urls = sizes.map((each) =>
    qqAppAvatarUrl({ appId, openid }, { size: each === 0 || each === 160 ? 640 : each }),
  );
  return [urls.map(there), [there(`https://qzapp.qlogo.cn/qzapp/${appId}/${openid}/100`)]];
}

function ownSize({ form, parsed: { size = 100 } }: NonNullable<ReturnType<typeof matchAvatarUrl>>): number {
  return form.sizes.includes(size) ? size : fitSize(form, 100);
}

/**
 * Returns the URLs of a user's image: what QQ returned at the login, the best fitting size first, then what APP ID and
 * openid lead to. None if QQ returned the fields without an avatar in them.
 */
export function candidatesForUser(user: QQUser, size: AvatarSize, sandbox?: string): AvatarCandidates {
  const { figureurl_qq_1: small, figureurl_qq_2: medium, figureurl_qq: large } = user;
  const order = size === 40 ? [small, medium, large] : size === 100 ? [medium, large, small] : [large, medium, small];
  if (order.every((url) => url === undefined) && saysNoAvatar(user)) return [];
  const best = order.find((url) => typeof url === 'string' && matchAvatarUrl(url, sandbox) !== undefined);
  const fallback = isAccount(user) ? candidatesFor({ appId: user.appId, openid: user.openid }, size, sandbox) : [];
  if (best === undefined) return fallback;
  return [...candidatesFor({ url: best }, size, sandbox), ...fallback.slice(0, 1)];
}

function saysNoAvatar({ raw }: Partial<QQUser>): boolean {
  return [raw?.figureurl_qq_1, raw?.figureurl_qq_2, raw?.figureurl_qq].some((field) => field !== undefined);
}

// Servers that replace QQ have openids that do not fit in a URL of Tencent's.
function isAccount({ appId, openid }: QQUser): boolean {
  return [appId, openid].every((id) => typeof id === 'string' && SEGMENT.test(id));
}

/** Returns the sandbox's URL for a URL of Tencent's. */
export function onSandbox(url: string, sandbox: string | undefined): string {
  if (sandbox === undefined || !servesImageHosts(sandbox)) return url;
  const { pathname, search } = new URL(url);
  return `${sandbox}${pathname}${search}`;
}
