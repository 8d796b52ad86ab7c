import { error, info, ok, warn } from './check.js';
import { checkLetters } from './value.js';
import type { Bilingual } from '../../protocol/error-codes.js';
import type { Check } from './check.js';

/** What a check of the console's values depends on. */
export interface Surroundings {
  /** Whether the login goes to the real QQ, and not to a sandbox on this machine. */
  readonly realQQ: boolean;
  /** Whether the values may be missing here, as only a site somewhere else is looked at. */
  readonly elsewhere: boolean;
}

/** Says that a value is not there: an error, or a note where only a site somewhere else is looked at. */
export function missing(id: string, variable: string, what: Bilingual, elsewhere: boolean): Check {
  if (elsewhere) {
    const en = `${variable} is not set here: nothing to compare the site with.`;
    return info(`${id}_missing`, { en, zh: `这里没有设置 ${variable}，没有可与网站对比的值。` });
  }
  const found = { en: `${variable} is missing.`, zh: `缺少 ${variable}。` };
  const fix = { en: `Set it to ${what.en}.`, zh: `请设为${what.zh}。` };
  return error(`${id}_missing`, found, fix);
}

/** Checks the APP ID. Only one made of digits is printed: anything else might be the APP Key. */
export function checkAppId(value: string | undefined, { realQQ, elsewhere }: Surroundings): Check[] {
  if (!value) {
    const what = {
      en: 'the APP ID on connect.qq.com (应用管理); without one start with the sandbox: npx express-qq-connect sandbox',
      zh: ' QQ 互联“应用管理”里的 APP ID；还没有的话先用沙箱：npx express-qq-connect sandbox',
    };
    return [missing('app_id', 'QQ_APP_ID', what, elsewhere)];
  }
  const letters = checkLetters('app_id', 'QQ_APP_ID', value);
  if (letters.length > 0) return letters;
  if (/^tencent\d+$/i.test(value)) {
    const found = { en: 'QQ_APP_ID begins with “tencent”.', zh: 'QQ_APP_ID 前面带了 “tencent”。' };
    const fix = { en: 'Leave only the digits: that form is for mobile apps.', zh: '只留数字：那是移动应用里的写法。' };
    return [error('app_id_form', found, fix)];
  }
  if (!/^\d+$/.test(value))
    return realQQ ? [oddAppId()] : [ok('app_id', { en: 'QQ_APP_ID is set.', zh: '已设置 QQ_APP_ID。' })];
  if (realQQ && value === '100000001') {
    const found = { en: 'QQ_APP_ID is the sandbox’s 100000001.', zh: 'QQ_APP_ID 是沙箱默认的 100000001。' };
    const fix = {
      en: 'Set QQ_GRAPH_URL to the sandbox’s address, or QQ_APP_ID to the APP ID on connect.qq.com.',
      zh: '请把 QQ_GRAPH_URL 设为沙箱的地址，或换成 QQ 互联上的 APP ID。',
    };
    return [warn('app_id_sandbox', found, fix)];
  }
  return [ok('app_id', { en: `QQ_APP_ID is ${value.slice(0, 20)}.`, zh: `QQ_APP_ID 是 ${value.slice(0, 20)}。` })];
}

function oddAppId(): Check {
  const found = {
    en: 'QQ_APP_ID is not made of digits, as every APP ID seen so far.',
    zh: 'QQ_APP_ID 不是纯数字，而见过的 APP ID 都是。',
  };
  const fix = {
    en: 'Compare it with connect.qq.com (应用管理): has it been mixed up with the APP Key?',
    zh: '请与 QQ 互联“应用管理”核对：是不是和 APP Key 填反了？',
  };
  return warn('app_id_form', found, fix);
}

/** Checks the APP Key, which is a secret: no finding holds any of it. */
export function checkAppKey(
  value: string | undefined,
  appId: string | undefined,
  { realQQ, elsewhere }: Surroundings,
): Check[] {
  if (!value) {
    const what = { en: 'the APP Key that belongs to the APP ID', zh: '该 APP ID 的 APP Key' };
    return [missing('app_key', 'QQ_APP_KEY', what, elsewhere)];
  }
  const letters = checkLetters('app_key', 'QQ_APP_KEY', value);
  if (letters.length > 0) return letters;
  if (value === appId || (realQQ && /^\d{5,12}$/.test(value))) {
    const found = { en: 'QQ_APP_KEY looks like an APP ID.', zh: 'QQ_APP_KEY 看起来是 APP ID。' };
    const fix = {
      en: 'Copy the APP Key, which stands below the APP ID on connect.qq.com.',
      zh: '请复制 QQ 互联上 APP ID 下面的 APP Key，不要填反。',
    };
    return [error('app_key_is_app_id', found, fix)];
  }
  if (realQQ && !/^[0-9a-z]{32}$/i.test(value)) {
    const found = {
      en: 'QQ_APP_KEY is not of the usual form, 32 letters and digits.',
      zh: 'QQ_APP_KEY 不是常见的 32 位字母和数字。',
    };
    const fix = {
      en: 'Check that it was copied whole from connect.qq.com, and that it is not the sandbox’s.',
      zh: '请核对是否从 QQ 互联完整复制，是不是误用了沙箱的 APP Key。',
    };
    return [warn('app_key_form', found, fix)];
  }
  return [ok('app_key', { en: 'QQ_APP_KEY is set (not shown).', zh: '已设置 QQ_APP_KEY（不显示）。' })];
}
