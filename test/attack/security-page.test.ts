import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const folders = ['../attack/', '../integration/', '../machine/', '../unit/'].map(
  (folder) => new URL(folder, import.meta.url),
);

describe('SECURITY.md', () => {
  it('names for each guarantee a test that there is', () => {
    const named = [...page.matchAll(/`([\w/-]+(?:\.test)?\.ts)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'callback.ts');
    expect(named.length).toBeGreaterThan(30);
    for (const name of named)
      expect([name, folders.some((folder) => existsSync(new URL(name, folder)))]).toEqual([name, true]);
  });

  it('names every attack', () => {
    const meta = ['security-page.test.ts', 'leak-watch.test.ts'];
    const attacks = readdirSync(new URL('../attack/', import.meta.url)).filter((name) => name.endsWith('.test.ts'));
    for (const name of attacks) if (!meta.includes(name)) expect([name, page.includes(name)]).toEqual([name, true]);
  });
});
