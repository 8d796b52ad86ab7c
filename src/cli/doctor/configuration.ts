import { findConfigurationProblems, isRealQQ } from '../../protocol/configuration.js';
import { QQ_GRAPH_URL, isLoopbackHost } from '../../protocol/endpoints.js';
import { printable } from '../terminal.js';
import { error, info, ok, warn } from './check.js';
import type { ConfigurationOption, ConfigurationProblem } from '../../protocol/configuration.js';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Environment } from '../terminal.js';
import type { Check } from './check.js';

const variables: Record<ConfigurationOption, string> = {
  appId: 'QQ_APP_ID',
  appKey: 'QQ_APP_KEY',
  redirectUri: 'QQ_REDIRECT_URI',
  graphUrl: 'QQ_GRAPH_URL',
  scope: 'scope',
  encryptionKey: 'QQ_ENCRYPTION_KEY',
};
const MIN_SECRET_LENGTH = 32;

/** Returns where logins go, as the router reads it; `undefined` for a value that the router refuses. */
export function graphUrlOf({ QQ_GRAPH_URL: value }: Environment): URL | undefined {
  if (!value) return new URL(QQ_GRAPH_URL);
  const isRefused = findConfigurationProblems({ graphUrl: value }).some(({ level }) => level === 'error');
  return isRefused ? undefined : new URL(value.trim());
}

function asCheck({ level, id, text, fix }: ConfigurationProblem, name: string): Check {
  const found = { en: `${name} ${text.en}.`, zh: `${name} ${text.zh}。` };
  return level === 'error' ? error(id, found, fix) : warn(id, found, fix);
}

/** Reports a value that is not there: an error, or a note if only a site on another machine is checked. */
function missing(id: string, variable: string, what: LocalizedText, elsewhere: boolean): Check {
  if (elsewhere) {
    const en = `${variable} is not set here: there is nothing to compare the site with.`;
    return info(`${id}_missing`, { en, zh: `这里没有设置 ${variable}，无法与网站的值比较。` });
  }
  const found = { en: `${variable} is missing.`, zh: `缺少 ${variable}。` };
  return error(`${id}_missing`, found, { en: `Set it to ${what.en}.`, zh: `请设为${what.zh}。` });
}

/**
 * Checks the variables of the login by the rules of the router, and for what only a look at all of them shows. No
 * finding contains a secret.
 *
 * @param elsewhere - the values may be missing here, because only a site on another machine is checked
 */
export function checkConfiguration(env: Environment, elsewhere: boolean): Check[] {
  const problems = findConfigurationProblems(
    {
      appId: env.QQ_APP_ID,
      appKey: env.QQ_APP_KEY,
      redirectUri: env.QQ_REDIRECT_URI,
      graphUrl: env.QQ_GRAPH_URL,
      encryptionKeys: env.QQ_ENCRYPTION_KEY ? env.QQ_ENCRYPTION_KEY.split(',') : [],
    },
    { production: env.NODE_ENV === 'production' },
  );
  const realQQ = isRealQQ(env.QQ_GRAPH_URL?.trim());
  /** The problems of an option, or else what there is to say of a value without any. */
  const checked = (option: ConfigurationOption, fine: () => Check[]): Check[] => {
    const found = problems.filter((problem) => problem.option === option);
    return found.length > 0 ? found.map((problem) => asCheck(problem, variables[option])) : fine();
  };
  return [
    ...checked('appId', () => checkAppId(env.QQ_APP_ID?.trim(), elsewhere)),
    ...checked('appKey', () => checkAppKey(env.QQ_APP_KEY?.trim(), elsewhere)),
    ...checkRedirectUri(env.QQ_REDIRECT_URI?.trim(), realQQ, elsewhere),
    ...checked('graphUrl', () => checkGraphUrl(graphUrlOf(env) ?? new URL(QQ_GRAPH_URL))),
    ...checked('encryptionKey', () => []),
    ...checkSessionSecret(env.SESSION_SECRET),
  ];
}

// Only an APP ID of up to 12 digits is printed: anything else may be the APP Key.
function checkAppId(value: string | undefined, elsewhere: boolean): Check[] {
  if (!value) {
    const what = {
      en: 'the APP ID on connect.qq.com (应用管理); without one start with the sandbox: npx express-qq-connect sandbox',
      zh: ' QQ 互联“应用管理”中的 APP ID；没有 APP ID 时，请先使用沙箱：npx express-qq-connect sandbox',
    };
    return [missing('app_id', 'QQ_APP_ID', what, elsewhere)];
  }
  const [en, zh] = /^\d{1,12}$/.test(value)
    ? [`QQ_APP_ID is ${value}.`, `QQ_APP_ID 是 ${value}。`]
    : ['QQ_APP_ID is set.', '已设置 QQ_APP_ID。'];
  return [ok('app_id', { en, zh })];
}

function checkAppKey(value: string | undefined, elsewhere: boolean): Check[] {
  if (!value) {
    const what = { en: 'the APP Key that belongs to the APP ID', zh: '该 APP ID 的 APP Key' };
    return [missing('app_key', 'QQ_APP_KEY', what, elsewhere)];
  }
  return [ok('app_key', { en: 'QQ_APP_KEY is set (not shown).', zh: '已设置 QQ_APP_KEY（不显示）。' })];
}

function checkRedirectUri(value: string | undefined, realQQ: boolean, elsewhere: boolean): Check[] {
  if (value) return checkWrittenUri(value, 'QQ_REDIRECT_URI', realQQ);
  const what = { en: 'the redirect URI (回调地址) registered at QQ', zh: '在 QQ 互联填写的回调地址' };
  return [missing('redirect_uri', 'QQ_REDIRECT_URI', what, elsewhere)];
}

/**
 * Checks the redirect URI of a variable, or the one that a site sends. One with an error is not printed: it may hold a
 * password, or be something else altogether.
 *
 * @param name - what it is called in the findings
 */
export function checkWrittenUri(value: string, name: string, realQQ: boolean): Check[] {
  const rules = (graphUrl?: string): ConfigurationProblem[] =>
    findConfigurationProblems({ redirectUri: value, graphUrl });
  const problems = rules(realQQ ? undefined : 'http://127.0.0.1');
  const found = problems.map((problem) => asCheck(problem, name));
  if (problems.some(({ level }) => level === 'error')) return found;
  const fine = ok('redirect_uri', { en: `${name} is ${printable(value)}`, zh: `${name} 是 ${printable(value)}` });
  const notes = !realQQ && rules().length > problems.length ? [sandboxNote()] : [];
  return [...(found.length > 0 ? found : [fine]), ...notes];
}

function sandboxNote(): Check {
  const en = 'It works with the sandbox. The real QQ requires https, a registered domain and no port.';
  return info('redirect_uri_sandbox', {
    en,
    zh: '该地址可用于沙箱。真实的 QQ 要求 https、在 QQ 互联填写的域名，且不带端口。',
  });
}

function checkGraphUrl(url: URL): Check[] {
  const origin = printable(url.origin);
  if (isLoopbackHost(url.hostname) || url.origin === QQ_GRAPH_URL) {
    return [ok('graph_url', { en: `Logins go to ${origin}.`, zh: `登录发往 ${origin}。` })];
  }
  const found = { en: `QQ_GRAPH_URL is ${origin}.`, zh: `QQ_GRAPH_URL 是 ${origin}。` };
  const fix = {
    en: 'Remove it unless that is a server of your own, because it receives the APP Key.',
    zh: '请删除它，除非该服务器由你运行：应用会向它发送 APP Key。',
  };
  return [warn('graph_url_other', found, fix)];
}

// Not a variable of this package, but the name that most applications give the secret of express-session.
function checkSessionSecret(value: string | undefined): Check[] {
  // express-session refuses to start without one.
  if (!value || value.length >= MIN_SECRET_LENGTH) return [];
  const en = `SESSION_SECRET is shorter than ${MIN_SECRET_LENGTH} characters: sessions could be forged.`;
  const found = { en, zh: `SESSION_SECRET 短于 ${MIN_SECRET_LENGTH} 个字符：会话可能被伪造。` };
  const command = `node -p "crypto.randomBytes(32).toString('base64url')"`;
  return [warn('session_secret_weak', found, { en: `Generate one: ${command}`, zh: `请生成新的：${command}` })];
}
