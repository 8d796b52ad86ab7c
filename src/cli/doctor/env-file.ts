import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { info, ok, warn } from './check.js';
import type { Environment, Terminal } from '../terminal.js';
import type { Check } from './check.js';

/** The variables of the login. */
export const VARIABLES = [
  'QQ_APP_ID',
  'QQ_APP_KEY',
  'QQ_REDIRECT_URI',
  'QQ_GRAPH_URL',
  'QQ_ENCRYPTION_KEY',
  'SESSION_SECRET',
] as const;

/** The file's text, and the variables that the application would receive. */
export interface Settings {
  readonly env: Environment;
  /** `undefined` where there is no file. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
}

/**
 * Reads the environment and a `.env` as `process.loadEnvFile` would: what is already set wins, even if it is empty.
 *
 * @param path - the given file; by default `.env`, which may be missing
 * @throws UsageError if the given file cannot be read
 */
export function readSettings({ env, cwd }: Terminal, path?: string): Settings {
  const name = path ?? '.env';
  try {
    const text = readFileSync(resolve(cwd, name), 'utf8');
    return { env: { ...parseEnv(text), ...env }, file: { name: printable(name), text } };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    if (path === undefined && code === 'ENOENT') return { env, file: undefined };
    throw new UsageError({
      en: `${printable(name)} cannot be read (${code}).`,
      zh: `无法读取 ${printable(name)}（${code}）。`,
    });
  }
}

/** Reports where the values come from, and which values of the file have no effect. */
export function checkEnvFile(file: Settings['file'], existing: Environment): Check[] {
  if (!file) {
    const en = 'There is no .env in this folder: only the environment is checked.';
    return [info('env_file', { en, zh: '当前目录没有 .env，只检查环境变量。' })];
  }
  const { name, text } = file;
  const written = parseEnv(text);
  const list = VARIABLES.filter((variable) => written[variable] !== undefined).join(', ');
  const en = `${name} sets: ${list}. The application must load it.`;
  return [
    ok('env_file', { en, zh: `${name} 设置了：${list}。应用需自行加载它。` }),
    ...byteOrderMark(file),
    ...VARIABLES.flatMap((variable) => hidden(variable, written[variable], existing[variable], name)),
  ];
}

function byteOrderMark({ name, text }: { name: string; text: string }): Check[] {
  if (!text.startsWith('\uFEFF')) return [];
  const en = `${name} begins with a byte order mark, which becomes part of the name of its first variable.`;
  const fix = { en: 'Save the file as UTF-8 without BOM.', zh: '请把文件另存为“UTF-8 无 BOM”。' };
  return [warn('env_file_bom', { en, zh: `${name} 开头有 BOM，会成为第一个变量名的一部分，使该变量无效。` }, fix)];
}

function hidden(variable: string, inFile: string | undefined, existing: string | undefined, name: string): Check[] {
  if (inFile === undefined || existing === undefined || inFile === existing) return [];
  const empty = existing === '' ? { en: ', as an empty value', zh: '（值为空）' } : { en: '', zh: '' };
  const found = {
    en: `${variable} is also set in the environment${empty.en}, which takes precedence over ${name}.`,
    zh: `环境变量中也有 ${variable}${empty.zh}，它优先于 ${name}。`,
  };
  if (existing !== '') return [info('env_file_hidden', found)];
  return [warn('env_file_hidden', found, { en: `Unset ${variable} there.`, zh: `请取消环境变量 ${variable}。` })];
}
