import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const page = readFileSync(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');
const folders = ['../attack/', '../integration/', '../machine/', '../unit/'].map(
  (folder) => new URL(folder, import.meta.url),
);

describe('the threat model', () => {
  it('names an existing test for each guarantee', () => {
    const named = [...page.matchAll(/`([\w/-]+(?:\.test)?\.ts)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(30);
    for (const name of named)
      expect([name, folders.some((folder) => existsSync(new URL(name, folder)))]).toEqual([name, true]);
  });

  it('names every attack', () => {
    const meta = ['threat-model.test.ts', 'secret-leaks.test.ts'];
    const attacks = readdirSync(new URL('../attack/', import.meta.url)).filter((name) => name.endsWith('.test.ts'));
    for (const name of attacks) if (!meta.includes(name)) expect([name, page.includes(name)]).toEqual([name, true]);
  });
});
