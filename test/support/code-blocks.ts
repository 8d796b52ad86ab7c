import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A fenced block of a document. */
export interface CodeBlock {
  file: string;
  /** The line of its first line of code, from 1. */
  line: number;
  /** `''` for a block without one. */
  language: string;
  text: string;
  /** The file that the block is, where its first line is a comment with a name: `// app.mjs`, or `// app.mjs, run with: …`. */
  name: string | undefined;
}

/** The folder of the guide. */
export const GUIDE = 'docs/guide';

/** The documents whose blocks are held to what they say: the README and the guide, in both languages. */
export function documents(): string[] {
  const guide = readdirSync(GUIDE).filter((name) => name.endsWith('.md'));
  return ['README.md', 'README.zh-CN.md', ...guide.map((name) => `${GUIDE}/${name}`)];
}

/** The same document in Chinese. */
export function inChinese(file: string): string {
  return file.replace(/(\.zh-CN)?\.md$/, '.zh-CN.md');
}

/** The English documents. */
export function englishDocuments(): string[] {
  return documents().filter((file) => !file.endsWith('.zh-CN.md'));
}

/** Reads the fenced blocks of a document. */
export function codeBlocks(file: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, fence = '', language = ''] = /^( *`{3,})(\S*)/.exec(line) ?? [];
    if (!open && fence !== '') open = { fence, language, line: index + 2, lines: [] };
    else if (open?.fence === fence) {
      const text = `${open.lines.join('\n')}\n`;
      const name = /^(?:\/\/|<!--) ([\w./-]+\.(?:[cm]?[jt]sx?|html|vue))(?:[,，].*)?(?: -->)?$/.exec(
        open.lines[0] ?? '',
      )?.[1];
      blocks.push({ file, line: open.line, language: open.language, text, name });
      open = undefined;
    } else open?.lines.push(line.slice(open.fence.indexOf('`')));
  }
  if (open) throw new Error(`${file}:${open.line}: the block is never closed`);
  return blocks;
}

/** The text of a document without its fenced blocks. */
export function proseOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/^( *)```[\s\S]*?^\1```$/gm, '');
}

/** Makes a folder that looks like a user's project: every package of ours installed, this one from `dist`. */
export function consumerProject(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'documented-')));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync('node_modules')) {
    if (!name.startsWith('.')) symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  symlinkSync(resolve('.'), join(modules, 'express-qq-connect'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The files that the blocks of a document are. */
export function filesOf(file: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name, text, line } of codeBlocks(file)) {
    if (name === undefined) continue;
    if (files[name] !== undefined) throw new Error(`${file}:${line}: ${name} is there twice`);
    files[name] = text;
  }
  return files;
}
