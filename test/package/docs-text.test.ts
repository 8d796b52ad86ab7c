import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { codeBlocks, documents, englishDocuments, inChinese, proseOf } from '../support/code-blocks.js';

const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<'scripts' | 'bin', object>;
const pages = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const others = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'example-app/README.md',
  'example-app/README.zh-CN.md',
];
const linking = [...documents(), ...pages, ...others.filter((file) => existsSync(file))];

/** A heading's fragment, as the sites that show Markdown make it. */
function fragmentOf(heading: string): string {
  const words = heading.replace(/`|\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function fragments(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => fragmentOf(heading));
}

function brokenLinks(file: string): string[] {
  const targets = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/i.test(target)) return false;
    const [path = '', fragment] = target.split('#');
    const linked = path === '' ? file : normalize(join(dirname(file), decodeURI(path)));
    if (!existsSync(linked)) return true;
    return fragment !== undefined && !fragments(linked).includes(decodeURI(fragment));
  });
}

function sourceOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
}

describe('the documents', () => {
  it.each(englishDocuments())('%s is there in Chinese, with the same code', (file) => {
    // Comments, texts of a diagram and values to replace are in the language of the page.
    const translatable = /(?<!:)\/\/.*$|#.*$|(?<== *)[^=\n]*[\u4e00-\u9fff].*$|(?<==)(?:your|at least) .*$/gm;
    const code = (document: string): string[] =>
      codeBlocks(document)
        .filter(({ language }) => language !== 'mermaid')
        .map(({ language, text }) => `${language}\n${text.replaceAll(translatable, '')}`);
    expect(code(inChinese(file))).toEqual(code(file));
  });

  it.each(englishDocuments())('%s has the same sections and tables in Chinese', (file) => {
    const shape = (document: string): string[] =>
      [...proseOf(document).matchAll(/^(#+ |\|| *- | *\d+\. )/gm)].map(([, start = '']) => start.trim());
    expect(shape(inChinese(file))).toEqual(shape(file));
  });

  it.each(linking)('%s links to what is there', (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });

  it.each(documents())('%s leads to its other language', (file) => {
    const other = file.endsWith('.zh-CN.md') ? file.replace('.zh-CN', '') : inChinese(file);
    expect(proseOf(file)).toContain(`](${other.replace(/^.*\//, '')})`);
  });

  it.each(linking)('%s names no private path and no unknown host', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/\/work\/|\/tmp\/|github\.com\/(your|owner|user)/i);
  });
});

describe('what the documents say to type', () => {
  const lines = documents().flatMap((file) =>
    codeBlocks(file)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n')),
  );
  const commands = [...new Set(lines.flatMap((line) => line.split(' && ')))];
  const known = [
    /^npm (ci|start|test|init -y)$/,
    /^npm install (--save-dev )?([\w@/.-]+ ?)+$/,
    /^(NODE_DEBUG=qq-connect )?node (--env-file=\.env )?[\w.-]+\.mjs$/,
    /^curl -d '[^']+' http:\/\/127\.0\.0\.1:8000$/,
    /^node --experimental-vm-modules node_modules\/jest\/bin\/jest\.js$/,
    /^npx playwright (install chromium|test e2e)$/,
    /^npx express-qq-connect (sandbox|doctor|explain|text-server)( .*)?$/,
    /^npm run [\w:]+( -- [\w.-]+)?$/,
  ];

  it('are commands that are there', () => {
    expect(commands.filter((command) => !known.some((pattern) => pattern.test(command)))).toEqual([]);
    const ran = commands.flatMap((command) => /^npm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(ran.filter((script) => !Object.keys(scripts).includes(script))).toEqual([]);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
    expect(Object.keys(bin)).toEqual(['express-qq-connect']);
  });

  it('are commands and options of our own that are there', () => {
    const ours = lines.flatMap(
      (line) => /npx express-qq-connect ([\w-]+)(.*)/.exec(line)?.slice(1, 3).join('\n') ?? [],
    );
    expect(ours.length).toBeGreaterThan(2);
    for (const line of new Set(ours)) {
      const [command = '', rest = ''] = line.split('\n');
      const help = execFileSync(process.execPath, ['dist/cli.js', command, '--help'], { encoding: 'utf8' });
      for (const option of rest.match(/--[\w-]+/g) ?? []) expect(help).toContain(option);
    }
  });

  it('are environment variables that are read', () => {
    const read = ['src/express', 'src/avatars', 'src/protocol'].map(sourceOf).join('\n');
    for (const file of documents()) {
      const own = [...readFileSync(file, 'utf8').matchAll(/\bQQ_(?!MOBILE_)[A-Z_]+[A-Z]\b/g)].map(([name]) => name);
      // The codes of warnings begin like variables.
      for (const name of own) expect(read).toContain(`'${name}'`);
    }
  });
});
