import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`src/${name}`, 'utf8'))
  .join('\n');

/** The names in the first cells of the table below a heading. */
function firstCells(file: string, heading: RegExp): string[] {
  const [, section = ''] = readFileSync(file, 'utf8').split(heading);
  const [table = ''] = section.split(/^## /m);
  return [...table.matchAll(/^\| (`.*?) *\|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
}

describe.each([
  ['docs/reference.md', /^## Warnings$/m, /^## Events$/m],
  ['docs/reference.zh-CN.md', /^## 警告$/m, /^## 事件$/m],
])('%s', (file, warnings, events) => {
  it('describes every code of a warning in the source, and no other', () => {
    const literal = [...source.matchAll(/\b(?:[wW]arn|warnOnce)\(\s*'(QQ_\w+)'/g)].map(([, code]) => code);
    const options = [...source.matchAll(/^ {2}\w+: '(QQ_[A-Z_]+)',$/gm)].map(([, code]) => code);
    const codes = new Set([...literal, ...options, 'QQ_SCOPE']);
    expect(codes.size).toBeGreaterThan(15);
    expect(firstCells(file, warnings).toSorted()).toEqual([...codes].toSorted());
  });

  it('describes every type of event, and no other', () => {
    const types = [...source.matchAll(/\{ type: '(\w+)'[;} ]/g)].map(([, type]) => type);
    const declared = new Set(types.filter((type) => /^(login_|profile_|refresh|logged_)/.test(type ?? '')));
    expect(declared.size).toBeGreaterThan(5);
    expect(firstCells(file, events).toSorted()).toEqual([...declared].toSorted());
  });
});
