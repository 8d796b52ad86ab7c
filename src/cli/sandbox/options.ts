import { readArguments } from '../arguments.js';
import { printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { defaultApps } from '../../sandbox/state/default-users.js';
import { isLoopback } from '../../sandbox/http/hosts.js';
import { IMAGE_HOSTS } from '../../sandbox/tls.js';
import type { SandboxOptions } from '../../sandbox/state/types.js';

/** What the arguments of `sandbox` set. */
export interface SandboxSettings {
  readonly options: SandboxOptions & { readonly port: number };
  /** The host name to serve TLS under. */
  readonly as: string | undefined;
  /** Every host name that the sandbox accepts beside those of this machine. */
  readonly names: readonly string[];
  readonly listen: string;
}

export const QQ_HOST = 'graph.qq.com';

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Reads the arguments.
 *
 * @throws UsageError for a value that cannot work
 */
export function readSettings(argv: readonly string[]): SandboxSettings {
  const { values } = readArguments({
    args: [...argv],
    options: {
      port: { type: 'string' },
      'app-id': { type: 'string', default: defaultApps[0].appId },
      'app-key': { type: 'string', default: defaultApps[0].appKey },
      'redirect-uri': { type: 'string', multiple: true },
      'auto-approve': { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      as: { type: 'string' },
      name: { type: 'string', multiple: true },
      listen: { type: 'string', default: '127.0.0.1' },
    },
  });
  const { port = values.as === undefined ? '9010' : '443', strict, listen, 'redirect-uri': redirectUris } = values;
  const as = values.as?.toLowerCase();
  const given = [...(as === undefined ? [] : [as]), ...(values.name ?? []).map((name) => name.toLowerCase())];
  const app = { appId: values['app-id'], appKey: values['app-key'], ...(redirectUris && { redirectUris }) };
  check(!/^\d{1,5}$/.test(port) || Number(port) > 65_535, {
    en: `--port takes a whole number from 0 to 65535, not "${printable(port)}".`,
    zh: `--port 应为 0 到 65535 的整数，收到的是“${printable(port)}”。`,
  });
  check(!/^\d+$/.test(app.appId), {
    en: '--app-id takes digits only, like every APP ID of QQ.',
    zh: '--app-id 只能是数字，与 QQ 的 APP ID 一致。',
  });
  check(!/^[\x21-\x7e]+$/.test(app.appKey), {
    en: '--app-key is empty, or has blanks or characters outside ASCII.',
    zh: '--app-key 为空，或含有空格、非 ASCII 字符。',
  });
  for (const uri of redirectUris ?? []) {
    check(!/^https?:\/\//i.test(uri) || !URL.canParse(uri), {
      en: `--redirect-uri takes an absolute http or https address, not "${printable(uri)}".`,
      zh: `--redirect-uri 应为 http 或 https 的完整地址，收到的是“${printable(uri)}”。`,
    });
  }
  check(strict && !redirectUris, {
    en: '--strict needs at least one --redirect-uri.',
    zh: '--strict 需要至少一个 --redirect-uri。',
  });
  for (const name of given) {
    check(!HOST_NAME.test(name), {
      en: `--as and --name take a host name such as graph.qq.com, not "${printable(name)}".`,
      zh: `--as 和 --name 应为主机名，例如 graph.qq.com，收到的是“${printable(name)}”。`,
    });
  }
  check(!isLoopback(listen) && given.length === 0, {
    en: `--listen ${printable(listen)} lets other machines connect, so it needs the host name that they use: --name sandbox, for example.`,
    zh: `--listen ${printable(listen)} 允许其他机器连接，因此需要指定它们使用的主机名，例如 --name sandbox。`,
  });
  return {
    options: { port: Number(port), apps: [app], autoApprove: values['auto-approve'], strict },
    as,
    names: as === QQ_HOST ? [as, ...IMAGE_HOSTS, ...given.slice(1)] : given,
    listen,
  };
}

function check(isWrong: boolean, text: UsageError['text']): void {
  if (isWrong) throw new UsageError(text);
}
