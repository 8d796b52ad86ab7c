import { closest } from '../protocol/closest.js';
import { help } from './help.js';
import { languageOf, takeLanguage } from './language.js';
import { printable } from './terminal.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';
import type { AskedLanguage, Language } from './language.js';
import type { Terminal } from './terminal.js';

const commands = ['doctor', 'explain', 'sandbox', 'text-server'] as const;
type Command = (typeof commands)[number];

function isCommand(name: string | undefined): name is Command {
  return commands.some((command) => command === name);
}

/**
 * Runs the command line.
 *
 * @param argv - the arguments after `express-qq-connect`
 * @returns the exit status: 0 without an error, 1 with one, 2 for wrong arguments
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  let language = languageOf(terminal.env);
  try {
    const { rest, asked } = takeLanguage(argv);
    if (asked !== undefined && asked !== 'both') language = asked;
    return await dispatch(rest, terminal, language, asked);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const seeHelp = { en: 'See --help.', zh: '用 --help 查看用法。' };
    terminal.stderr.write(`${error.text[language]}\n${seeHelp[language]}\n`);
    return 2;
  }
}

async function dispatch(
  argv: readonly string[],
  terminal: Terminal,
  language: Language,
  asked: AskedLanguage | undefined,
): Promise<number> {
  const [name, ...rest] = argv;
  const print = (text: string): number => {
    terminal.stdout.write(`${text}\n`);
    return 0;
  };
  if (name === undefined || name === '--help' || name === '-h') return print(help.overview[language]);
  if (name === '--version' || name === '-v') return print(packageVersion());
  if (!isCommand(name)) throw unknownCommand(name);
  if (asked === 'both' && name !== 'explain') {
    throw new UsageError({ en: '--lang both is for explain only.', zh: '--lang both 只用于 explain。' });
  }
  if (rest.some((argument) => argument === '--help' || argument === '-h')) {
    return print(help[name][language]);
  }
  return run(name, rest, terminal, { language, asked });
}

// Each command is loaded only when it is called: explain needs no axios.
async function run(
  name: Command,
  argv: readonly string[],
  terminal: Terminal,
  { language, asked }: { language: Language; asked: AskedLanguage | undefined },
): Promise<number> {
  if (name === 'explain') {
    const { runExplain } = await import('./explain/command.js');
    return runExplain(argv, terminal, asked ?? language);
  }
  if (name === 'doctor') {
    const { runDoctor } = await import('./doctor/command.js');
    return runDoctor(argv, terminal, language);
  }
  if (name === 'text-server') {
    const { runTextServer } = await import('./text-server.js');
    return runTextServer(argv, terminal, language);
  }
  const { runSandbox } = await import('./sandbox/command.js');
  return runSandbox(argv, terminal, language);
}

function unknownCommand(name: string): UsageError {
  const shown = printable(name);
  if (name.startsWith('-')) {
    return new UsageError({
      en: `Unknown option ${shown}: options follow the command, as in express-qq-connect doctor --json.`,
      zh: `没有这个选项：${shown}。选项写在命令之后，例如 express-qq-connect doctor --json。`,
    });
  }
  const meant = closest(name, commands);
  return new UsageError({
    en: `There is no command ${shown}. Did you mean ${meant}?`,
    zh: `没有 ${shown} 这个命令。是否要使用 ${meant}？`,
  });
}
