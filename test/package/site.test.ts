import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const inNode = (code: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });

describe('the documentation site', () => {
  it('has every document in its menu, and no other', () => {
    const code = `import { files, notOnTheSite } from './site/pages.mjs';
      console.log(JSON.stringify([...files(), ...notOnTheSite]));`;
    const documents = [
      ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
      ...readdirSync('example-app').map((name) => `example-app/${name}`),
      ...readdirSync('.'),
    ].filter((name) => name.endsWith('.md'));
    expect((JSON.parse(inNode(code)) as string[]).sort()).toEqual(documents.sort());
  });

  it('is made of documents whose links lead to a page or a file', () => {
    execFileSync(process.execPath, ['site/content.mjs'], { stdio: 'pipe' });
    const pages = readdirSync('site/content', { recursive: true, encoding: 'utf8' });
    expect(pages).toEqual(expect.arrayContaining(['index.md', 'zh/index.md', 'guide/index.md', 'zh/reference.md']));
  });
});
