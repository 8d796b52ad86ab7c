import { describeQQErrorCode, qqErrorCodes } from '../../protocol/error-codes.js';
import { readArguments } from '../arguments.js';
import { printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { asText, listAsText, unknownAsText } from './text.js';
import type { AskedLanguage } from '../language.js';
import type { Terminal } from '../terminal.js';

const CODE = /^-?\d{1,9}$/;

/**
 * Prints what QQ's error codes mean and what to do about them.
 *
 * @param argv - the arguments after `express-qq-connect explain`: any number of codes, and `--json`
 * @returns the exit status: 0, or 1 where a code is not known
 */
export function runExplain(argv: readonly string[], terminal: Terminal, language: AskedLanguage): number {
  const { codes, json } = readCodes(argv);
  const found = codes.map((code) => describeQQErrorCode(code) ?? code);
  const status = found.some((entry) => typeof entry === 'number') ? 1 : 0;
  if (json) {
    const answer = codes.length === 0 ? [...qqErrorCodes.values()] : found.map(asJson);
    terminal.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
    return status;
  }
  const languages = language === 'both' ? (['zh', 'en'] as const) : [language];
  if (codes.length === 0) {
    terminal.stdout.write(languages.map((each) => listAsText(each, terminal)).join('\n'));
    return 0;
  }
  for (const [index, entry] of found.entries()) {
    const unknown = typeof entry === 'number';
    const texts = languages.map((each) => (unknown ? unknownAsText(entry, each) : asText(entry, each, terminal)));
    const output = unknown ? terminal.stderr : terminal.stdout;
    output.write(`${index > 0 && !unknown ? '\n' : ''}${texts.join('\n')}`);
  }
  return status;
}

function readCodes(argv: readonly string[]): { codes: number[]; json: boolean } {
  // parseArgs takes -22 for two options; a number is never one.
  const isNegative = (argument: string): boolean => /^-\d+$/.test(argument);
  const { values, positionals } = readArguments({
    args: argv.map((argument) => (isNegative(argument) ? ` ${argument}` : argument)),
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const codes = positionals.map((positional) => {
    const code = positional.trim();
    if (CODE.test(code)) return Number(code);
    throw new UsageError({
      en: `${printable(code)} is not an error code: QQ's are numbers, such as 100010 or -22.`,
      zh: `${printable(code)} 不是错误码：QQ 的错误码是数字，如 100010 或 -22。`,
    });
  });
  return { codes, json: values.json };
}

function asJson(entry: unknown): unknown {
  return typeof entry === 'number' ? { code: entry, unknown: true } : entry;
}
