import { UsageError } from './usage-error.js';
import type { Environment } from './terminal.js';

/** A language of the output. */
export type Language = 'zh' | 'en';

/** The value of `--lang`: one language, or each text in both. */
export type AskedLanguage = Language | 'both';

function localeOf(env: Environment): string {
  const locale = [env.LC_ALL, env.LC_MESSAGES, env.LANG].find(Boolean);
  return locale ?? Intl.DateTimeFormat().resolvedOptions().locale; // Windows sets none of them
}

/** The language of the environment: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, else that of the system. */
export function languageOf(env: Environment): Language {
  return /^zh/i.test(localeOf(env)) ? 'zh' : 'en';
}

/**
 * Removes `--lang` from the arguments, at any position, because each command accepts it.
 *
 * @throws UsageError for another language
 */
export function takeLanguage(argv: readonly string[]): { rest: string[]; asked: AskedLanguage | undefined } {
  const rest: string[] = [];
  let asked: AskedLanguage | undefined;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (argument === '--') return { rest: [...rest, ...argv.slice(index)], asked };
    if (argument === '--lang') asked = readLanguage(argv[(index += 1)]);
    else if (argument.startsWith('--lang=')) asked = readLanguage(argument.slice('--lang='.length));
    else rest.push(argument);
  }
  return { rest, asked };
}

function readLanguage(value: string | undefined): AskedLanguage {
  if (value === 'zh' || value === 'en' || value === 'both') return value;
  throw new UsageError({ en: '--lang takes zh, en or both.', zh: '--lang 只接受 zh、en 或 both。' });
}
