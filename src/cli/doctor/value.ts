import { error } from './check.js';
import type { Check } from './check.js';

const QUOTES = /["'`“”‘’]/;
const PLACEHOLDER =
  /^<.*>$|^\$\{?\w+\}?$|^(?:x{3,}|\*{3,}|\.{3}|todo|tbd|none|null|undefined|placeholder)$|^change[-_ ]?(?:me|it)|^(?:your|my|the|qq)?[-_ ]?(?:qq[-_ ]?)?app[-_ ]?(?:id|key)(?:[-_ ]?here)?$|^your[-_ ]|^(?:a[-_ ]?)?secret$|填写|替换|你的|您的/i;

/** Whether a value was never filled in: `your_app_id`, `<APP ID>`, `${QQ_APP_KEY}`. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Finds what is wrong with the letters of a value, whatever it stands for. The value is never named. */
export function checkLetters(id: string, variable: string, value: string): Check[] {
  if (isPlaceholder(value)) {
    const found = { en: `${variable} is a placeholder.`, zh: `${variable} 还是占位符，没有填写。` };
    return [error(`${id}_placeholder`, found, { en: 'Put the real value in.', zh: '请换成真实的值。' })];
  }
  if (QUOTES.test(value)) {
    const found = { en: `${variable} has quotation marks in it.`, zh: `${variable} 的值里有引号。` };
    const fix = {
      en: 'Take them out. Docker’s --env-file, systemd and some shells keep quotation marks as part of the value.',
      zh: '请去掉引号：docker --env-file、systemd 等会把引号当成值的一部分。',
    };
    return [error(`${id}_quotes`, found, fix)];
  }
  // eslint-disable-next-line no-control-regex -- invisible characters are what this looks for
  if (/[\s\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/.test(value)) {
    const found = {
      en: `${variable} has blanks, line breaks or invisible characters in it.`,
      zh: `${variable} 的值里有空格、换行或看不见的字符。`,
    };
    const fix = {
      en: 'Copy the value again, without anything before or after it.',
      zh: '请重新复制，前后都不要多出字符。',
    };
    return [error(`${id}_blanks`, found, fix)];
  }
  return [];
}
