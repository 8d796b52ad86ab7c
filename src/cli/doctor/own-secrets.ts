import { error, info, ok, warn } from './check.js';
import { isPlaceholder } from './value.js';
import type { Environment } from '../terminal.js';
import type { Check } from './check.js';

const LONG_ENOUGH = 32;
const NEW_KEY = {
  en: `Make a new one: node -p "crypto.randomBytes(32).toString('base64url')"`,
  zh: `生成一个新的：node -p "crypto.randomBytes(32).toString('base64url')"`,
};

/** Checks the keys that the application makes for itself. No finding holds any of them. */
export function checkOwnSecrets(env: Environment, realQQ: boolean): Check[] {
  return [...checkEncryptionKey(env), ...checkSessionSecret(env.SESSION_SECRET, realQQ)];
}

function checkEncryptionKey({ QQ_ENCRYPTION_KEY: value, QQ_APP_KEY: appKey }: Environment): Check[] {
  if (!value) {
    const en =
      'QQ_ENCRYPTION_KEY is not set: tokens and the login cookie are sealed with a key derived from the APP Key.';
    return [
      info('encryption_key', { en, zh: '没有设置 QQ_ENCRYPTION_KEY：用 APP Key 派生的密钥加密 token 和登录 Cookie。' }),
    ];
  }
  const keys = value.split(',');
  if (keys.some((key) => key.trim() === '')) {
    const found = { en: 'QQ_ENCRYPTION_KEY has an empty entry in its list.', zh: 'QQ_ENCRYPTION_KEY 的列表里有空项。' };
    const fix = {
      en: 'Separate the keys by one comma, with none at either end.',
      zh: '密钥之间用一个逗号隔开，首尾不要逗号。',
    };
    return [error('encryption_key_empty', found, fix)];
  }
  const weak = keys.some((key) => key.length < LONG_ENOUGH || isPlaceholder(key) || key === appKey);
  if (!weak) {
    const count = keys.length;
    const en = `QQ_ENCRYPTION_KEY is set (${count === 1 ? 'one key' : `${count} keys: the first seals, all open`}).`;
    return [
      ok('encryption_key', { en, zh: `已设置 QQ_ENCRYPTION_KEY（${count} 个密钥，第一个用于加密，全部可解密）。` }),
    ];
  }
  const found = {
    en: `A key in QQ_ENCRYPTION_KEY is shorter than ${LONG_ENOUGH} characters, a placeholder, or the APP Key itself.`,
    zh: `QQ_ENCRYPTION_KEY 里有密钥短于 ${LONG_ENOUGH} 个字符、是占位符，或就是 APP Key。`,
  };
  return [warn('encryption_key_weak', found, NEW_KEY)];
}

// Not a variable of this package, but the name that most applications give the secret of express-session.
function checkSessionSecret(value: string | undefined, realQQ: boolean): Check[] {
  if (value === undefined || (value === '' && !realQQ)) return [];
  if (value === '') {
    const found = { en: 'SESSION_SECRET is empty.', zh: 'SESSION_SECRET 是空的。' };
    return [error('session_secret_empty', found, NEW_KEY)];
  }
  if (value.length >= LONG_ENOUGH && !isPlaceholder(value)) {
    return [
      ok('session_secret', { en: 'SESSION_SECRET is set (not shown).', zh: '已设置 SESSION_SECRET（不显示）。' }),
    ];
  }
  const found = {
    en: `SESSION_SECRET is a placeholder or shorter than ${LONG_ENOUGH} characters: sessions could be forged.`,
    zh: `SESSION_SECRET 是占位符或短于 ${LONG_ENOUGH} 个字符：会话可能被伪造。`,
  };
  return [warn('session_secret_weak', found, NEW_KEY)];
}
