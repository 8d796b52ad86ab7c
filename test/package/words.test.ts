import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

// Words that hide who acts, or that the project's glossary replaces.
const FORBIDDEN = /\b(?:whoever|nobody|somebody|judge[sd]?|judging|landIn|telling)\b|没有人登录|扮演|认识人|令牌|替身/i;
// How the text protocol's simulator names a user whom no other user can add as a friend.
const OPTION_VALUE = /'nobody'|nobody: 3/g;

const folders = ['src', 'example-app', 'scripts', 'test', 'bench', 'docs'];
const files = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:[cm]?[jt]sx?|md)$/.test(name) && !/node_modules|words\.test\.ts$|^api\//.test(name))
      .map((name) => `${folder}/${name}`),
  ),
];

describe('sources, tests and documents', () => {
  it('use none of the words that the glossary replaces', () => {
    const offenders = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const [word] = FORBIDDEN.exec(line.replaceAll(OPTION_VALUE, '')) ?? [];
          return word === undefined ? [] : [`${file}:${index + 1}: ${word}`];
        }),
    );
    expect(offenders).toEqual([]);
  });

  it('are found by this test', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'src/index.ts', 'test/integration/login.test.ts']));
  });
});
