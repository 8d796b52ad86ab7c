import { fitAvatarUrl } from './url-forms.js';
import { qqAppAvatarUrl, qqAvatarUrl, qqGroupAvatarUrl } from './urls.js';
import type { QQUser } from '../protocol/profile.js';
import type { AvatarSource, AvatarSize } from './types.js';

/** Where an image can come from: sources in order, each with the URLs to ask, in order. */
export type AvatarCandidates = readonly (readonly string[])[];

/**
 * The candidates for an image: the asked size, then 100, then a second source.
 *
 * @throws RangeError for a source that is none: a wrong number, key, APP ID or openid, or a URL of no QQ avatar
 */
export function candidatesFor(source: AvatarSource, size: AvatarSize, sandbox?: string): AvatarCandidates {
  const sizes = size === 100 ? [size] : [size, 100 as const];
  const there = (url: string): string => onSandbox(url, sandbox);
  if ('uin' in source || 'key' in source) {
    const first = sizes.map((each) => qqAvatarUrl(source, { size: each, host: 'auto' }));
    // A key is only known to the one form, so its second source is another host.
    const other = first[0]?.startsWith('https://q.') ? 'q1' : 'q';
    const second =
      'uin' in source
        ? `https://q.qlogo.cn/headimg_dl?dst_uin=${source.uin}&spec=${size}`
        : qqAvatarUrl(source, { size, host: other });
    return [first.map(there), [there(second)]];
  }
  if ('group' in source) {
    return [sizes.map((each) => there(qqGroupAvatarUrl(source.group, { size: each === 140 ? 640 : each })))];
  }
  if ('url' in source) {
    const fitted = sizes.map((each) => fitAvatarUrl(source.url, each, sandbox));
    if (!isComplete(fitted)) throw new RangeError('url must be the URL of a QQ avatar');
    // Not every form has every size.
    return [[...new Set(fitted)]];
  }
  const { appId, openid } = source;
  const app = qqAppAvatarUrl({ appId, openid }, { size });
  return [
    sizes.map((each) => there(qqAppAvatarUrl({ appId, openid }, { size: each }))),
    [there(app.replace('thirdqq.', 'qzapp.').replace('/qqapp/', '/qzapp/').replace(/\d+$/, '100'))],
  ];
}

/**
 * The candidates for a logged-in user's image: what QQ answered at the login, the best fitting size first, then what
 * follows from APP ID and openid.
 */
export function candidatesForUser(user: QQUser, size: AvatarSize, sandbox?: string): AvatarCandidates {
  const { figureurl_qq_1: small, figureurl_qq_2: medium, figureurl_qq: large } = user;
  const order = size === 40 ? [small, medium, large] : size === 100 ? [medium, large, small] : [large, medium, small];
  const best = order.find((url) => typeof url === 'string' && fitAvatarUrl(url, size, sandbox) !== undefined);
  const fallback = isAccount(user) ? candidatesFor({ appId: user.appId, openid: user.openid }, size, sandbox) : [];
  if (best === undefined) return fallback;
  return [...candidatesFor({ url: best }, size, sandbox), ...fallback.slice(0, 1)];
}

// Servers that stand in for QQ have openids that fit in no URL of Tencent's.
function isAccount({ appId, openid }: QQUser): boolean {
  return [appId, openid].every((id) => typeof id === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(id));
}

function isComplete(urls: (string | undefined)[]): urls is string[] {
  return !urls.includes(undefined);
}

/** Asks the sandbox for what would be asked of Tencent. */
export function onSandbox(url: string, sandbox: string | undefined): string {
  if (sandbox === undefined) return url;
  const { pathname, search } = new URL(url);
  return `${sandbox}${pathname}${search}`;
}
