import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Language } from '../language.js';
import type { Paint } from '../terminal.js';
import type { Check, CheckLevel } from './check.js';

const marks: Readonly<Record<CheckLevel, readonly [sign: string, colour: 'green' | 'dim' | 'yellow' | 'red']>> = {
  ok: ['✓', 'green'],
  info: ['·', 'dim'],
  warn: ['!', 'yellow'],
  error: ['✗', 'red'],
};

/** A finding on its line, and below it what to change. */
export function checkAsText(check: Check, language: Language, paint: Paint): string {
  const [sign, colour] = marks[check.level];
  const line = `${paint(colour, sign)} ${check[language]}\n`;
  return check.fix ? `${line}    → ${check.fix[language]}\n` : line;
}

/** The heading of a group of findings. */
export function headingAsText(heading: LocalizedText, language: Language, paint: Paint): string {
  return `\n${paint('bold', heading[language])}\n`;
}

/** How many findings are to be changed or looked at, in one line. */
export function summaryAsText(checks: readonly Check[], language: Language, paint: Paint): string {
  const count = (level: CheckLevel): number => checks.filter((check) => check.level === level).length;
  const [errors, warnings] = [count('error'), count('warn')];
  const text: LocalizedText =
    errors + warnings === 0
      ? {
          en: 'Nothing to change in what was checked. A login of a user was not tried.',
          zh: '已检查的各项无需修改；没有尝试真实登录。',
        }
      : errors === 0
        ? { en: `! Nothing to change, ${warnings} to look at.`, zh: `! 没有需要修改的地方，${warnings} 处请留意。` }
        : {
            en: `✗ ${errors} to change, ! ${warnings} to look at.`,
            zh: `✗ ${errors} 处需要修改，! ${warnings} 处请留意。`,
          };
  return `\n${paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', text[language])}\n`;
}
