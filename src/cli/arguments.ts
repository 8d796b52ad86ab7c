import { parseArgs } from 'node:util';
import { printable } from './terminal.js';
import { UsageError } from './usage-error.js';
import type { ParseArgsConfig } from 'node:util';
import type { LocalizedText } from '../protocol/error-codes.js';

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

/**
 * Reads a command's arguments.
 *
 * @throws UsageError for an option that does not exist, lacks its value, or has one too many
 */
export function readArguments<T extends ParseArgsConfig>(config: T): Parsed<T> {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const text = code?.startsWith('ERR_PARSE_ARGS_') === true ? describe(code, printable(message)) : undefined;
    if (!text) throw error;
    throw new UsageError(text);
  }
}

function describe(code: string, message: string): LocalizedText {
  const what = /'([^' ]+)/.exec(message)?.[1] ?? '';
  const messages: Record<string, LocalizedText> = {
    ERR_PARSE_ARGS_UNKNOWN_OPTION: { en: `There is no option ${what}.`, zh: `没有 ${what} 这个选项。` },
    ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: { en: `Unexpected argument: ${what}`, zh: `多余的参数：${what}` },
    ERR_PARSE_ARGS_INVALID_OPTION_VALUE: {
      en: `Option ${what} has no value, or has one that it does not accept.`,
      zh: `选项 ${what} 缺少值，或不接受值。`,
    },
  };
  return messages[code] ?? { en: message, zh: message };
}
