import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Language } from '../language.js';
import type { Paint } from '../terminal.js';

/** `info` is a note; only `error` makes the exit status 1. */
export type CheckLevel = 'ok' | 'info' | 'warn' | 'error';

/** What one check found. It contains no secret. */
export interface Check extends LocalizedText {
  readonly level: CheckLevel;
  /** Names the finding for programs; stable across versions. */
  readonly id: string;
  /** What to do. */
  readonly fix?: LocalizedText;
}

/** The value is correct. */
export function ok(id: string, text: LocalizedText): Check {
  return { level: 'ok', id, ...text };
}

/** A note, such as what the command cannot check. */
export function info(id: string, text: LocalizedText): Check {
  return { level: 'info', id, ...text };
}

/** The value may be correct, but often is not. */
export function warn(id: string, text: LocalizedText, fix: LocalizedText): Check {
  return { level: 'warn', id, ...text, fix };
}

/** The value must be changed. */
export function error(id: string, text: LocalizedText, fix: LocalizedText): Check {
  return { level: 'error', id, ...text, fix };
}

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

/** How many findings must be changed or checked, in one line. */
export function summaryAsText(checks: readonly Check[], language: Language, paint: Paint): string {
  const count = (level: CheckLevel): number => checks.filter((check) => check.level === level).length;
  const [errors, warnings] = [count('error'), count('warn')];
  const parts: LocalizedText[] = [];
  if (errors > 0) parts.push({ en: `✗ ${errors} to change.`, zh: `✗ ${errors} 处需要修改。` });
  if (warnings > 0) parts.push({ en: `! ${warnings} to check.`, zh: `! ${warnings} 处需要检查。` });
  if (parts.length === 0) {
    const en = 'Nothing to change in what was checked. A login of a user was not tried.';
    parts.push({ en, zh: '已检查的各项无需修改。doctor 没有实际登录。' });
  }
  const colour = errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green';
  return `\n${paint(colour, parts.map((part) => part[language]).join(' '))}\n`;
}
