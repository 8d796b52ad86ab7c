import { isPlainAuthority, isQlogoHost } from './hosts.js';

/** What a QQ avatar URL says. */
export interface ParsedAvatarUrl {
  /**
   * Which form it has: `qq` (by number or key), `headimg` (by number), `app` (by APP ID and openid), `snapshot` (what
   * `get_user_info` returns today), `qzapp` (Qzone, by APP ID and openid), `qzone` (Qzone, by number) or `group`.
   */
  kind: 'qq' | 'headimg' | 'app' | 'snapshot' | 'qzapp' | 'qzone' | 'group';
  host: string;
  /** In pixels; 0 is the original. Tencent's codes 1 to 5 are read as 40, 40, 100, 140 and 640. */
  size?: number;
  /** The QQ number, if the URL contains it in plain text. */
  uin?: string;
  /** The opaque key that replaces the number or the openid in the URL. */
  key?: string;
  appId?: string;
  openid?: string;
  group?: string;
  /** The number of a group's cover, in a URL of one. */
  cover?: string;
}

interface Form {
  readonly kind: ParsedAvatarUrl['kind'];
  readonly hosts: RegExp;
  readonly sizes: readonly number[];
  /** Returns what the URL says, `undefined` if it does not have this form. */
  readonly read: (url: URL) => Partial<ParsedAvatarUrl> | undefined;
  readonly resize: (url: URL, size: number) => void;
}

/** Longest URL of an avatar that is read, in characters. */
export const MAX_URL_LENGTH = 2_048;
/** A QQ number: 5 to 11 digits. */
export const UIN = /^[1-9][0-9]{4,10}$/;
/** The opaque key of a user, the `k` of an avatar URL. */
export const AVATAR_KEY = /^[A-Za-z0-9]{22,44}$/;
/** An APP ID or openid in a path. */
export const SEGMENT = /^[A-Za-z0-9_-]{1,128}$/;
/** In pixels, by Tencent's size codes 1 to 5. 0 is no code but the original. */
export const SIZE_CODES: readonly number[] = [0, 40, 40, 100, 140, 640];
/** The sizes of a URL by number or key, with Tencent's codes. */
export const ALL_SIZES = [0, 1, 2, 3, 4, 5, 40, 100, 140, 160, 640];

function readSize(text: string | null | undefined, codes: readonly number[] = []): { size?: number } {
  if (text === null || text === undefined || !/^[0-9]{1,4}$/.test(text)) return {};
  return { size: codes[Number(text)] ?? Number(text) };
}

function byQuery(name: string): Form['resize'] {
  return (url, size) => url.searchParams.set(name, String(size));
}

// Of /gh/1/1/100/ the segments are gh, 1, 1 and 100.
function segmentsOf({ pathname }: URL): string[] {
  return pathname.slice(1, pathname.endsWith('/') ? -1 : undefined).split('/');
}

function bySegment(url: URL, size: number): void {
  const slash = url.pathname.endsWith('/') ? '/' : '';
  url.pathname = `/${[...segmentsOf(url).slice(0, -1), size].join('/')}${slash}`;
}

/** Reads a path of the given first segments, of others that `fields` checks, and of a size. */
function readPath(
  first: readonly string[],
  fields: (segments: string[]) => Partial<ParsedAvatarUrl> | undefined,
): Form['read'] {
  return (url) => {
    const [name = '', ...rest] = segmentsOf(url);
    const size = rest.pop();
    if (!first.includes(name) || size === undefined || !/^[0-9]+$/.test(size)) return undefined;
    const found = fields(rest);
    return found && { ...found, ...readSize(size) };
  };
}

function readApp([appId = '', openid = '', ...more]: string[]): Partial<ParsedAvatarUrl> | undefined {
  return SEGMENT.test(appId) && SEGMENT.test(openid) && more.length === 0 ? { appId, openid } : undefined;
}

function readSnapshot(segments: string[]): Partial<ParsedAvatarUrl> | undefined {
  return segments.length > 0 && segments.every((each) => /^[\w-]+$/.test(each))
    ? { key: segments.join('/') }
    : undefined;
}

function readGroup([group = '', image = '', ...more]: string[]): Partial<ParsedAvatarUrl> | undefined {
  if (!/^[1-9][0-9]*$/.test(group) || more.length > 0) return undefined;
  if (image === group) return { group };
  const cover = image.startsWith(`${group}_`) ? image.slice(group.length + 1) : '';
  return /^[0-9]{1,9}$/.test(cover) ? { group, cover } : undefined;
}

const forms: readonly Form[] = [
  {
    // `b=sdk` is what `getface` has returned since 2020.
    kind: 'qq',
    hosts: /^(?:thirdqq|q[1-4]?)\.qlogo\.cn$/,
    sizes: ALL_SIZES,
    resize: byQuery('s'),
    read({ pathname, searchParams: query }) {
      if (pathname !== '/g' || query.get('b') === 'oidb') return undefined;
      const [uin, key] = [query.get('nk'), query.get('k')];
      const size = readSize(query.get('s'), SIZE_CODES);
      if (uin !== null) return UIN.test(uin) ? { uin, ...size } : undefined;
      const form = query.get('b') === 'sdk' ? SEGMENT : AVATAR_KEY;
      return key !== null && form.test(key) ? { key, ...size } : undefined;
    },
  },
  {
    kind: 'headimg',
    hosts: /^(?:thirdqq|q[1-4]?)\.qlogo\.cn$/,
    sizes: ALL_SIZES,
    resize: byQuery('spec'),
    read({ pathname, searchParams: query }) {
      const uin = query.get('dst_uin');
      if (pathname !== '/headimg_dl' || uin === null || !UIN.test(uin)) return undefined;
      return { uin, ...readSize(query.get('spec'), SIZE_CODES) };
    },
  },
  {
    kind: 'app',
    hosts: /^(?:thirdqq|q[1-4]?)\.qlogo\.cn$/,
    sizes: [40, 100, 140, 640],
    resize: bySegment,
    read: readPath(['qqapp'], readApp),
  },
  {
    kind: 'snapshot',
    hosts: /^(?:thirdqq|qh|q[1-4]?)\.qlogo\.cn$/,
    sizes: ALL_SIZES.filter((size) => size !== 160),
    resize: byQuery('s'),
    read({ pathname, searchParams: query }) {
      const key = query.get('k');
      if (pathname !== '/g' || query.get('b') !== 'oidb' || !key) return undefined;
      return { key, ...readSize(query.get('s'), SIZE_CODES) };
    },
  },
  {
    kind: 'snapshot',
    hosts: /^(?:thirdqq|qh|q[1-4]?)\.qlogo\.cn$/,
    sizes: [0, 40, 100, 140, 640],
    resize: bySegment,
    read: readPath(['ek_qqapp', 'ek_qqthird'], readSnapshot),
  },
  {
    kind: 'qzapp',
    hosts: /^qzapp\.qlogo\.cn$/,
    sizes: [30, 50, 100],
    resize: bySegment,
    read: readPath(['qzapp'], readApp),
  },
  {
    kind: 'group',
    hosts: /^p\.qlogo\.cn$/,
    sizes: [0, 40, 100, 640],
    resize: bySegment,
    read: readPath(['gh'], readGroup),
  },
  {
    kind: 'qzone',
    hosts: /^qlogo[1-4]?\.store\.qq\.com$/,
    sizes: [30, 50, 100, 640],
    resize: bySegment,
    read: readPath(['qzone'], ([uin = '', again, ...more]) =>
      UIN.test(uin) && uin === again && more.length === 0 ? { uin } : undefined,
    ),
  },
];

/** A URL of an avatar, with its form and what it says. */
export interface AvatarUrlMatch {
  url: URL;
  form: Form;
  parsed: ParsedAvatarUrl;
}

/**
 * Finds the form of a URL. The sandbox serves all of the hosts at one origin, so there the path and the query alone
 * decide.
 */
export function matchAvatarUrl(text: string | URL, sandbox?: string): AvatarUrlMatch | undefined {
  const href = String(text);
  if (href.length > MAX_URL_LENGTH || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  const inSandbox = sandbox !== undefined && url.origin === sandbox && url.username === '' && url.password === '';
  const atTencent = /^https?:$/.test(url.protocol) && isQlogoHost(url.hostname) && isPlainAuthority(url);
  if (!inSandbox && !atTencent) return undefined;
  for (const form of forms) {
    const found = inSandbox || form.hosts.test(url.hostname) ? form.read(url) : undefined;
    if (found) return { url, form, parsed: { kind: form.kind, host: url.hostname, ...found } };
  }
  return undefined;
}

/** Returns the URL of the same avatar in a size of its form, over https outside the sandbox. */
export function resizeAvatarUrl({ url, form }: AvatarUrlMatch, size: number, sandbox?: string): string {
  const resized = new URL(url);
  form.resize(resized, size);
  if (resized.origin !== sandbox) resized.protocol = 'https:';
  return resized.href;
}

/** Returns the smallest size of a form that has at least `size` pixels, else its largest. 0 is the original. */
export function fitSize({ sizes }: Form, size: number): number {
  if (size === 0) return sizes.includes(0) ? 0 : Math.max(...sizes);
  return sizes.find((each) => each >= size) ?? Math.max(...sizes);
}
