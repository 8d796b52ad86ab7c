import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { qqErrorCodes } from '../../src/client.js';
import type { LocalizedText } from '../../src/client.js';

const MARK = /<!-- The table is generated: UPDATE_DOCS=1 npm run jest -- docs-error-codes -->\n[\s\S]*$/;
// Prettier would pad the columns to the widest cell.
const START = '<!-- prettier-ignore-start -->';
const END = '<!-- prettier-ignore-end -->';
const heads = { en: ['code', 'action', 'meaning', 'what to do'], zh: ['错误码', 'action', '含义', '怎么办'] };

function table(language: keyof LocalizedText): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = [...qqErrorCodes.values()].map(({ code, action, meaning, hint }) =>
    [String(code), `\`${action}\``, cell(meaning[language]), cell(hint[language])].join(' | '),
  );
  return [heads[language].join(' | '), '--- | --- | --- | ---', ...rows].map((row) => `| ${row} |\n`).join('');
}

describe('the page of error codes', () => {
  it.each([
    ['docs/guide/error-codes.md', 'en'],
    ['docs/guide/error-codes.zh-CN.md', 'zh'],
  ] as const)('%s has every code, as the package explains it', (file, language) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(MARK);
    const [mark = ''] = MARK.exec(text)?.[0].split('\n') ?? [];
    const generated = text.replace(MARK, () => `${mark}\n\n${START}\n\n${table(language)}\n${END}\n`);
    if (process.env.UPDATE_DOCS) writeFileSync(file, generated);
    else expect(text).toBe(generated);
  });
});
