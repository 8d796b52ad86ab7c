import { isPlainAuthority, isQlogoHost } from './hosts.js';

/** The parts of a QQ avatar URL. */
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
  /** Returns the parts of the URL, `undefined` if it does not have this form. */
  readonly read: (url: URL) => Parts | undefined;
  readonly resize: (url: URL, size: number) => void;
}

type Parts = Partial<ParsedAvatarUrl>;

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

/** A form of which the query decides, by `read`. `size` is the parameter with the size. */
function queryForm(
  form: Pick<Form, 'kind' | 'hosts' | 'sizes'>,
  { path, size, read }: { path: string; size: string; read: (query: URLSearchParams) => Parts | undefined },
): Form {
  return {
    ...form,
    read({ pathname, searchParams }) {
      const found = pathname === path ? read(searchParams) : undefined;
      return found && { ...found, ...readSize(searchParams.get(size), SIZE_CODES) };
    },
    resize: (url, pixels) => url.searchParams.set(size, String(pixels)),
  };
}

/** A form of a path: a segment of `names`, segments that `read` checks, and the size. A slash can follow. */
function pathForm(
  form: Pick<Form, 'kind' | 'hosts' | 'sizes'>,
  { names, read }: { names: readonly string[]; read: (segments: string[]) => Parts | undefined },
): Form {
  const slashOf = ({ pathname }: URL): string => (pathname.endsWith('/') ? '/' : '');
  const segmentsOf = (url: URL): string[] => url.pathname.slice(1, slashOf(url) ? -1 : undefined).split('/');
  return {
    ...form,
    read(url) {
      const [name = '', ...rest] = segmentsOf(url);
      const size = rest.pop() ?? '';
      const found = names.includes(name) && /^[0-9]+$/.test(size) ? read(rest) : undefined;
      return found && { ...found, ...readSize(size) };
    },
    resize(url, pixels) {
      url.pathname = `/${segmentsOf(url).slice(0, -1).join('/')}/${pixels}${slashOf(url)}`;
    },
  };
}

function readApp([appId = '', openid = '', ...more]: string[]): Parts | undefined {
  return SEGMENT.test(appId) && SEGMENT.test(openid) && more.length === 0 ? { appId, openid } : undefined;
}

function readSnapshot(segments: string[]): Parts | undefined {
  const isKey = segments.length > 0 && segments.every((each) => /^[\w-]+$/.test(each));
  return isKey ? { key: segments.join('/') } : undefined;
}

function readGroup([group = '', image = '', ...more]: string[]): Parts | undefined {
  if (!/^[1-9][0-9]*$/.test(group) || more.length > 0) return undefined;
  if (image === group) return { group };
  const cover = image.startsWith(`${group}_`) ? image.slice(group.length + 1) : '';
  return /^[0-9]{1,9}$/.test(cover) ? { group, cover } : undefined;
}

function readQzone([uin = '', again, ...more]: string[]): Parts | undefined {
  return UIN.test(uin) && uin === again && more.length === 0 ? { uin } : undefined;
}

function readQuery(query: URLSearchParams): Parts | undefined {
  const [b, uin, key] = ['b', 'nk', 'k'].map((name) => query.get(name));
  if (b === 'oidb') return undefined;
  if (typeof uin === 'string') return UIN.test(uin) ? { uin } : undefined;
  // `b=sdk` is what `getface` has returned since 2020.
  return key && (b === 'sdk' ? SEGMENT : AVATAR_KEY).test(key) ? { key } : undefined;
}

function readUin(query: URLSearchParams): Parts | undefined {
  const uin = query.get('dst_uin') ?? '';
  return UIN.test(uin) ? { uin } : undefined;
}

function readOidb(query: URLSearchParams): Parts | undefined {
  const key = query.get('b') === 'oidb' ? query.get('k') : null;
  return key ? { key } : undefined;
}

const Q = /^(?:thirdqq|q[1-4]?)\.qlogo\.cn$/;
const Q_AND_QH = /^(?:thirdqq|qh|q[1-4]?)\.qlogo\.cn$/;
const APP_SIZES = [40, 100, 140, 640];

const forms: readonly Form[] = [
  queryForm({ kind: 'qq', hosts: Q, sizes: ALL_SIZES }, { path: '/g', size: 's', read: readQuery }),
  queryForm({ kind: 'headimg', hosts: Q, sizes: ALL_SIZES }, { path: '/headimg_dl', size: 'spec', read: readUin }),
  queryForm(
    { kind: 'snapshot', hosts: Q_AND_QH, sizes: ALL_SIZES.filter((size) => size !== 160) },
    { path: '/g', size: 's', read: readOidb },
  ),
  pathForm(
    { kind: 'snapshot', hosts: Q_AND_QH, sizes: [0, ...APP_SIZES] },
    { names: ['ek_qqapp', 'ek_qqthird'], read: readSnapshot },
  ),
  pathForm({ kind: 'app', hosts: Q, sizes: APP_SIZES }, { names: ['qqapp'], read: readApp }),
  pathForm({ kind: 'qzapp', hosts: /^qzapp\.qlogo\.cn$/, sizes: [30, 50, 100] }, { names: ['qzapp'], read: readApp }),
  pathForm({ kind: 'group', hosts: /^p\.qlogo\.cn$/, sizes: [0, 40, 100, 640] }, { names: ['gh'], read: readGroup }),
  pathForm(
    { kind: 'qzone', hosts: /^qlogo[1-4]?\.store\.qq\.com$/, sizes: [30, 50, 100, 640] },
    { names: ['qzone'], read: readQzone },
  ),
];

/** A URL of an avatar, with its form and its parts. */
export type AvatarUrlMatch = NonNullable<ReturnType<typeof matchAvatarUrl>>;

/**
 * Finds the form of a URL. The sandbox serves all of the hosts at one origin, so there the path and the query alone
 * decide.
 */
export function matchAvatarUrl(
  text: string | URL,
  sandbox?: string,
): { url: URL; form: Form; parsed: ParsedAvatarUrl } | undefined {
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
