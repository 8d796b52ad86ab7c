import { closest } from './closest.js';
import { checkCharacters, checkPlaceholder, first, problem } from './configuration-problem.js';
import { QQ_GRAPH_URL, isLoopbackHost } from './endpoints.js';
import { checkRedirectUri } from './redirect-uri-rules.js';
import type { ConfigurationOption, ConfigurationProblem, Found } from './configuration-problem.js';

export type { ConfigurationOption, ConfigurationProblem } from './configuration-problem.js';

/** The values as they were given. Those that are `undefined` or empty count as missing, which is no problem here. */
export interface ConfigurationValues {
  appId?: string | undefined;
  appKey?: string | undefined;
  redirectUri?: string | undefined;
  graphUrl?: string | undefined;
  scope?: readonly string[] | undefined;
  encryptionKeys?: readonly string[] | undefined;
}

const prefixes: Record<ConfigurationOption, string> = {
  appId: 'app_id',
  appKey: 'app_key',
  redirectUri: 'redirect_uri',
  graphUrl: 'graph_url',
  scope: 'scope',
  encryptionKey: 'encryption_key',
};

const MIN_KEY_LENGTH = 32;

/**
 * What has been an API of QQ Connect. Today's documents list `get_user_info` alone.
 *
 * @see Tencent's page API列表
 */
const APIS = [
  'get_user_info',
  'get_simple_userinfo',
  'get_vip_info',
  'get_vip_rich_info',
  'list_album',
  'upload_pic',
  'add_album',
  'list_photo',
  'get_info',
  'add_t',
  'del_t',
  'add_pic_t',
  'get_repost_list',
  'get_other_info',
  'get_fanslist',
  'get_idollist',
  'add_idol',
  'del_idol',
  'get_tenpay_addr',
  'add_share',
  'add_one_blog',
  'do_like',
  'all',
] as const;

// A sandbox takes any name for its applications and keys.
function credential(value: string, realQQ: boolean): string {
  return realQQ ? value : value.replaceAll(' ', '_');
}

function checkAppId(value: string, realQQ: boolean): Found[] {
  return first(
    () => checkPlaceholder(value, realQQ),
    () => checkCharacters(credential(value, realQQ)),
    () => {
      if (!realQQ || /^\d+$/.test(value)) return [];
      return [
        problem('warning', 'form', 'is not a number, but every APP ID is one', '不是数字，而 APP ID 都是数字', {
          en: 'Compare it with the QQ Connect console (应用管理). The form tencent… is for mobile apps: keep the digits only.',
          zh: '请与 QQ 互联“应用管理”核对。以 tencent 开头的写法用于移动应用，请只保留数字。',
        }),
      ];
    },
  );
}

function checkAppKey(value: string, appId: string | undefined, realQQ: boolean): Found[] {
  return first(
    () => checkPlaceholder(value, realQQ),
    () => checkCharacters(credential(value, realQQ)),
    () => {
      if (!realQQ || /^[\x21-\x7e]*$/.test(value)) return [];
      return [
        problem('error', 'letters', 'must hold ASCII letters and digits only', '只能包含半角字母和数字', {
          en: 'Copy it again from the QQ Connect console (应用管理).',
          zh: '请从 QQ 互联“应用管理”重新复制，不要使用全角字符。',
        }),
      ];
    },
    () => {
      if (!realQQ || (value !== appId && !/^\d{5,12}$/.test(value))) return [];
      return [
        problem('warning', 'is_app_id', 'looks like an APP ID', '可能是 APP ID', {
          en: 'Copy the APP Key, which the QQ Connect console shows below the APP ID.',
          zh: '请复制 QQ 互联中 APP ID 下方的 APP Key。',
        }),
      ];
    },
  );
}

function checkGraphUrl(value: string, production: boolean): Found[] {
  return first(
    () => checkCharacters(value),
    () => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const isLoopback = url !== undefined && isLoopbackHost(url.hostname);
      const fix = {
        en: `Remove it for the real QQ (${QQ_GRAPH_URL}), or set it to the URL that the sandbox prints.`,
        zh: `请删除它以使用真实的 QQ（${QQ_GRAPH_URL}），或将它设为沙箱打印的地址。`,
      };
      if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback)) {
        const en = 'must be an https URL (plain http is for a sandbox on this machine only)';
        return [problem('error', 'form', en, '必须是 https 网址（http 只能用于本机的沙箱）', fix)];
      }
      if (/[?#@]/.test(value)) {
        return [problem('error', 'form', 'must contain only a host and a path', '只能包含主机和路径', fix)];
      }
      const isQQ = /(?:^|\.)qq\.com\.?$/.test(url.hostname);
      if (isQQ && url.href !== `${QQ_GRAPH_URL}/`) {
        return [problem('error', 'qq_address', `must be ${QQ_GRAPH_URL}`, `应为 ${QQ_GRAPH_URL}`, fix)];
      }
      if (!isLoopback || !production) return [];
      const en = 'is a sandbox on this machine, while NODE_ENV is production';
      return [problem('warning', 'sandbox_in_production', en, '是本机的沙箱，而 NODE_ENV 是 production', fix)];
    },
  );
}

function checkScope(names: readonly string[]): Found[] {
  const letters = names.flatMap(checkCharacters);
  if (letters[0]) return [letters[0]];
  const unknown = names
    .flatMap((name) => name.split(','))
    .filter((name) => !(APIS as readonly string[]).includes(name));
  const nearest = [...new Set(unknown.map((name) => closest(name, APIS)))].join(', ');
  if (nearest === '') return [];
  const en = `contains a name that is not an API of QQ (nearest: ${nearest})`;
  return [
    problem('warning', 'unknown', en, `包含 QQ 没有的接口（最接近的是 ${nearest}）`, {
      en: 'Correct the name. A login needs get_user_info only.',
      zh: '请更正接口名。登录只需要 get_user_info。',
    }),
  ];
}

function checkEncryptionKeys(keys: readonly string[]): Found[] {
  const letters = keys.flatMap(checkCharacters);
  if (letters[0]) return [letters[0]];
  if (keys.every((key) => key.length >= MIN_KEY_LENGTH)) return [];
  return [
    problem(
      'error',
      'short',
      'must have at least 32 characters in each key (in the environment a comma separates keys)',
      '的每个密钥至少 32 个字符（环境变量中以逗号分隔多个密钥）',
      {
        en: `Generate one: node -p "crypto.randomBytes(32).toString('base64url')"`,
        zh: `请生成新的密钥：node -p "crypto.randomBytes(32).toString('base64url')"`,
      },
    ),
  ];
}

/** Whether a login goes to the real QQ, and not to a sandbox on this machine. */
export function isRealQQ(graphUrl: string | undefined): boolean {
  return !graphUrl || !URL.canParse(graphUrl) || !isLoopbackHost(new URL(graphUrl).hostname);
}

/**
 * Finds what can never work in configuration values, and what QQ probably refuses: one set of rules for the router,
 * the client and `doctor`. White space around a value does not count, because it is cut off.
 *
 * @param environment - `production`: whether the application runs in production
 */
export function findConfigurationProblems(
  values: ConfigurationValues,
  { production = false }: { production?: boolean } = {},
): ConfigurationProblem[] {
  const [appId, appKey, redirectUri, graphUrl] = [
    values.appId?.trim(),
    values.appKey?.trim(),
    values.redirectUri?.trim(),
    values.graphUrl?.trim(),
  ];
  const realQQ = isRealQQ(graphUrl);
  const named = (option: ConfigurationOption, found: Found[]): ConfigurationProblem[] =>
    found.map((one) => ({ ...one, option, id: `${prefixes[option]}_${one.id}` }));
  return [
    ...named('appId', appId ? checkAppId(appId, realQQ) : []),
    ...named('appKey', appKey ? checkAppKey(appKey, appId, realQQ) : []),
    ...named('redirectUri', redirectUri ? checkRedirectUri(redirectUri, realQQ) : []),
    ...named('graphUrl', graphUrl ? checkGraphUrl(graphUrl, production) : []),
    ...named('scope', checkScope((values.scope ?? []).map((name) => name.trim()))),
    ...named('encryptionKey', checkEncryptionKeys((values.encryptionKeys ?? []).map((key) => key.trim()))),
  ];
}
