import { existsSync, readFileSync, readdirSync } from 'node:fs';
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
      .filter((name) => /\.(?:[cm]?[jt]sx?|md)$/.test(name) && !/node_modules|repository\.test\.ts$|^api\//.test(name))
      .map((name) => `${folder}/${name}`),
  ),
];

describe('sources, tests and documents', () => {
  it('contain none of the words that the glossary replaces', () => {
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

describe('docs/threat-model.md', () => {
  const page = readFileSync('docs/threat-model.md', 'utf8');
  const named = [...page.matchAll(/`([\w/-]+(?:\.test)?\.ts)`/g)].map(([, name = '']) => name);

  it('names an existing test for each guarantee', () => {
    const places = ['attack', 'integration', 'machine', 'unit', 'nightly'].map((folder) => `test/${folder}`);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !places.some((folder) => existsSync(`${folder}/${name}`)))).toEqual([]);
  });

  it('names every file of test/attack', () => {
    const attacks = readdirSync('test/attack').filter((name) => name.endsWith('.test.ts'));
    expect(attacks.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  const page = readFileSync('CONTRIBUTING.md', 'utf8');
  const inCode = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);

  it('contains each folder of src in its map, and names only existing files and folders', () => {
    const layers = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(layers.map(({ name }) => `src/${name}`).filter((name) => !inCode.includes(name))).toEqual([]);
    const paths = inCode.filter((text) => /^(?:src|test|docs|scripts|example-app|bench)\/[\w./-]*$/.test(text));
    expect(paths.length).toBeGreaterThan(15);
    // Typedoc writes docs/api.
    expect(paths.filter((path) => path !== 'docs/api' && !existsSync(path))).toEqual([]);
  });
});
