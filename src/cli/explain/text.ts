import { qqErrorCodes } from '../../protocol/error-codes.js';
import { paintFor, wrap } from '../terminal.js';
import type { QQErrorAction, QQErrorCodeEntry } from '../../protocol/error-codes.js';
import type { Language } from '../language.js';
import type { Paint, Terminal } from '../terminal.js';

const actions: Readonly<Record<QQErrorAction, Readonly<Record<Language, string>>>> = {
  login_again: { zh: '重新登录', en: 'log in again' },
  fix_configuration: { zh: '修改应用的配置', en: "fix the application's configuration" },
  try_later: { zh: '稍后再试', en: 'try later' },
  refuse_user: { zh: 'QQ 拒绝该用户', en: 'QQ refuses this user' },
};

const messages = {
  zh: {
    meaning: '含义',
    action: '处理',
    hint: '建议',
    retryRead: '；腾讯内部的某个步骤失败：读取类请求可以先重试一次',
    unknown: (code: number) => `本工具的错误码表中没有 ${code}。直接运行 explain 可列出表中的全部错误码。`,
    success: '0 表示成功，不是错误码。',
  },
  en: {
    meaning: 'Meaning',
    action: 'Action ',
    hint: 'To do  ',
    retryRead: '; a step failed at Tencent: a read can be retried once first',
    unknown: (code: number) =>
      `The error code ${code} is not in the table. Run explain without a code to list the table.`,
    success: '0 is success, not an error code.',
  },
} as const;

/** An action, with its name in the API. */
function actionAsText(action: QQErrorAction, language: Language): string {
  const text = actions[action][language];
  return language === 'zh' ? `${text}（${action}）` : `${text} (${action})`;
}

/** One code, on a few lines. */
export function asText(entry: QQErrorCodeEntry, language: Language, terminal: Terminal): string {
  const { meaning, action, hint, retryRead } = messages[language];
  const paint = paintFor(terminal);
  const row = (label: string, text: string): string =>
    `  ${paint('dim', label)}  ${wrap(text, language === 'zh' ? 8 : 11, terminal)}`;
  const what = actionAsText(entry.action, language);
  return [
    paint('bold', String(entry.code)),
    row(meaning, entry.meaning[language]),
    row(action, `${what}${entry.retryRead ? retryRead : ''}`),
    row(hint, entry.hint[language]),
    '',
  ].join('\n');
}

/** A code that is not in the table. */
export function unknownAsText(code: number, language: Language): string {
  return `${code === 0 ? messages[language].success : messages[language].unknown(code)}\n`;
}

/** Each code on a line, by what to do about it. */
export function listAsText(language: Language, terminal: Terminal): string {
  const paint: Paint = paintFor(terminal);
  const entries = [...qqErrorCodes.values()];
  const groups = (Object.keys(actions) as QQErrorAction[]).map((action) => [
    paint('bold', wrap(actionAsText(action, language), 0, terminal)),
    ...entries
      .filter((entry) => entry.action === action)
      .map(({ code, meaning }) => `  ${String(code).padStart(6)}  ${wrap(meaning[language], 10, terminal)}`),
    '',
  ]);
  return groups.flat().join('\n');
}
