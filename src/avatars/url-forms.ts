import { isPlainAuthority, isQlogoHost } from './hosts.js';

/** What a QQ avatar URL says. */
export interface ParsedAvatarUrl {
  /**
   * Which form it has: `qq` (by number or key), `headimg` (by number), `app` (by APP ID and openid), `snapshot` (what
   * `get_user_info` answers today), `qzapp` (Qzone, by APP ID and openid), `qzone` (Qzone, by number) or `group`.
   */
  kind: 'qq' | 'headimg' | 'app' | 'snapshot' | 'qzapp' | 'qzone' | 'group';
  host: string;
  /** In pixels; 0 is the original, `undefined` a URL without a size that means anything. */
  size?: number;
  /** The QQ number, where the URL shows it to everybody who sees it. */
  uin?: string;
  /** What stands for the user in a URL without the number. */
  key?: string;
  appId?: string;
  openid?: string;
  group?: string;
}

interface Form {
  readonly kind: ParsedAvatarUrl['kind'];
  readonly hosts: RegExp;
  readonly sizes: readonly number[];
  /** What the URL says, `undefined` where it is not of this form. */
  readonly read: (url: URL) => Partial<ParsedAvatarUrl> | undefined;
  readonly resize: (url: URL, size: number) => void;
}

/** A QQ number as the wire has it: 5 to 11 digits. */
export const UIN = /^[1-9][0-9]{4,10}$/;
/** The opaque key of a user, the `k` of an avatar URL. */
export const AVATAR_KEY = /^[A-Za-z0-9]{22,44}$/;
const DIGITS = /^[0-9]{1,4}$/;
const SEGMENT = /^[A-Za-z0-9_-]{1,128}$/;

const ANY_SIZE = [0, 40, 100, 140, 640];
// The sizes 1 to 5 of a query are codes.
const SIZE_CODES: readonly (number | undefined)[] = [undefined, 40, 40, 100, 140, 640];

function readSize(text: string | null | undefined, codes: typeof SIZE_CODES = []): { size?: number } {
  if (text === null || text === undefined || !DIGITS.test(text)) return {};
  return { size: codes[Number(text)] ?? Number(text) };
}

function setQuery(name: string): Form['resize'] {
  return (url, size) => url.searchParams.set(name, String(size));
}

function setLastSegment(url: URL, size: number): void {
  url.pathname = url.pathname.replace(/[^/]*$/, String(size));
}

function byPath(pattern: RegExp, fields: (parts: string[]) => Partial<ParsedAvatarUrl> | undefined): Form['read'] {
  return (url) => {
    const parts = pattern.exec(url.pathname)?.slice(1);
    const found = parts && fields(parts);
    return found && { ...found, ...readSize(parts.at(-1)) };
  };
}

function byApp([appId = '', openid = '']: string[]): Partial<ParsedAvatarUrl> | undefined {
  return SEGMENT.test(appId) && SEGMENT.test(openid) ? { appId, openid } : undefined;
}

const forms: readonly Form[] = [
  {
    kind: 'qq',
    hosts: /^q[1-4]?\.qlogo\.cn$/,
    sizes: ANY_SIZE,
    resize: setQuery('s'),
    read(url) {
      if (url.pathname !== '/g' || url.searchParams.get('b') === 'oidb') return undefined;
      const [uin, key] = [url.searchParams.get('nk'), url.searchParams.get('k')];
      const size = readSize(url.searchParams.get('s'), SIZE_CODES);
      if (uin !== null) return UIN.test(uin) ? { uin, ...size } : undefined;
      return key !== null && AVATAR_KEY.test(key) ? { key, ...size } : undefined;
    },
  },
  {
    kind: 'headimg',
    hosts: /^q[1-4]?\.qlogo\.cn$/,
    sizes: ANY_SIZE,
    resize: setQuery('spec'),
    read(url) {
      const uin = url.searchParams.get('dst_uin');
      if (url.pathname !== '/headimg_dl' || uin === null || !UIN.test(uin)) return undefined;
      return { uin, ...readSize(url.searchParams.get('spec'), SIZE_CODES) };
    },
  },
  {
    kind: 'app',
    hosts: /^(?:thirdqq|q[1-4]?)\.qlogo\.cn$/,
    sizes: [40, 100, 140, 640],
    resize: setLastSegment,
    read: byPath(/^\/qqapp\/([^/]+)\/([^/]+)\/(\d+)$/, byApp),
  },
  {
    kind: 'snapshot',
    hosts: /^(?:thirdqq|qh|q[1-4]?)\.qlogo\.cn$/,
    sizes: ANY_SIZE,
    resize: setQuery('s'),
    read(url) {
      const key = url.searchParams.get('k');
      if (url.pathname !== '/g' || url.searchParams.get('b') !== 'oidb' || !key) return undefined;
      return { key, ...readSize(url.searchParams.get('s'), SIZE_CODES) };
    },
  },
  {
    kind: 'snapshot',
    hosts: /^(?:thirdqq|qh|q[1-4]?)\.qlogo\.cn$/,
    sizes: ANY_SIZE,
    resize: setLastSegment,
    read: byPath(/^\/ek_qq(?:app|third)\/((?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+)\/(\d+)$/, ([key = '']) => ({ key })),
  },
  {
    kind: 'qzapp',
    hosts: /^qzapp\.qlogo\.cn$/,
    sizes: [30, 50, 100],
    resize: setLastSegment,
    read: byPath(/^\/qzapp\/([^/]+)\/([^/]+)\/(\d+)$/, byApp),
  },
  {
    kind: 'group',
    hosts: /^p\.qlogo\.cn$/,
    sizes: [0, 40, 100, 640],
    resize: setLastSegment,
    read: byPath(/^\/gh\/([1-9]\d*)\/\1\/(\d+)$/, ([group = '']) => ({ group })),
  },
  {
    kind: 'qzone',
    hosts: /^qlogo[1-4]\.store\.qq\.com$/,
    sizes: [30, 50, 100, 640],
    resize: setLastSegment,
    read: byPath(/^\/qzone\/([^/]+)\/\1\/(\d+)$/, ([uin = '']) => (UIN.test(uin) ? { uin } : undefined)),
  },
];

/** Finds the form of a URL. On the sandbox, which plays all of the hosts, the path and the query alone decide. */
export function matchAvatarUrl(url: URL, sandbox?: string): { form: Form; parsed: ParsedAvatarUrl } | undefined {
  const ours = sandbox !== undefined && url.origin === sandbox && url.username === '' && url.password === '';
  if (!ours && !(/^https?:$/.test(url.protocol) && isQlogoHost(url.hostname) && isPlainAuthority(url)))
    return undefined;
  for (const form of forms) {
    const found = ours || form.hosts.test(url.hostname) ? form.read(url) : undefined;
    if (found) return { form, parsed: { kind: form.kind, host: url.hostname, ...found } };
  }
  return undefined;
}

/**
 * The same avatar over https in the smallest size of its form that has so many pixels, else in its largest.
 * `undefined` for a URL of no avatar.
 */
export function fitAvatarUrl(text: string, pixels: number, sandbox?: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const match = url && matchAvatarUrl(url, sandbox);
  if (!match) return undefined;
  const sizes = match.form.sizes.filter((size) => size !== 0);
  match.form.resize(url, sizes.find((size) => size >= pixels) ?? Math.max(...sizes));
  if (url.origin !== sandbox) url.protocol = 'https:';
  return url.href;
}
