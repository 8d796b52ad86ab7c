import type { LocalizedText } from './error-codes.js';

/** The options that {@link findConfigurationProblems} checks. */
export type ConfigurationOption = 'appId' | 'appKey' | 'redirectUri' | 'graphUrl' | 'scope' | 'encryptionKey';

/** What is wrong with a value. It never contains the value, which may be a secret in the wrong place. */
export interface ConfigurationProblem {
  option: ConfigurationOption;
  /** `error`: can never work. `warning`: QQ probably refuses it, or it is not for production. */
  level: 'error' | 'warning';
  /** Names the problem for programs, `redirect_uri_port` for example. */
  id: string;
  /** Continues a sentence that begins with the name of the option or of its variable. */
  text: LocalizedText;
  fix: LocalizedText;
}

/** A problem of a value, without its option. `id` is without the option's prefix. */
export type Found = Omit<ConfigurationProblem, 'option'>;

const QUOTES = /["“”„«»`]|^['‘’]|['‘’]$/;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufffd]/u;
const PLACEHOLDER =
  /^<.*>$|^\$\{?\w+\}?$|^(?:todo|tbd|placeholder)$|^change[-_ ]?(?:me|it)|^your[-_ ]|填写|替换|你的|您的/i;
const COPY_AGAIN = {
  en: 'Copy the value again, without anything before or after it.',
  zh: '请重新复制，前后不能有多余的字符。',
};

/** Makes a {@link Found}. */
export function problem(level: Found['level'], id: string, en: string, zh: string, fix: LocalizedText): Found {
  return { level, id, text: { en, zh }, fix };
}

/** Finds what is wrong with the characters of a value, for every option. */
export function checkCharacters(value: string): Found[] {
  if (QUOTES.test(value)) {
    return [
      problem('error', 'quotes', 'must not contain quotation marks', '不能包含引号', {
        en: 'Remove them. Docker’s --env-file, systemd and some shells keep quotation marks as part of the value.',
        zh: '请去掉引号：docker --env-file、systemd 等会把引号当作值的一部分。',
      }),
    ];
  }
  if (/\s/.test(value) || INVISIBLE.test(value)) {
    return [
      problem(
        'error',
        'blanks',
        'must not contain a blank, a line break or an invisible character',
        '不能包含空格、换行或不可见字符',
        COPY_AGAIN,
      ),
    ];
  }
  return [];
}

/** Finds out whether a value was never filled in. */
export function checkPlaceholder(value: string, realQQ: boolean): Found[] {
  if (!realQQ || !PLACEHOLDER.test(value)) return [];
  return [
    problem('error', 'placeholder', 'must not be a placeholder', '仍是占位符', {
      en: 'Set the real value, from the QQ Connect console (应用管理).',
      zh: '请填写 QQ 互联“应用管理”中的实际值。',
    }),
  ];
}

/** Returns what the first of several checks finds, so that one mistake is reported once. */
export function first(...checks: (() => Found[])[]): Found[] {
  for (const check of checks) {
    const found = check();
    if (found.length > 0) return found;
  }
  return [];
}
