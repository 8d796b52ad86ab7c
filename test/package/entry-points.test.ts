import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** Everything that a file of `dist` imports statically: other packages, and folders of `dist`. */
function loadedBy(entryPoint: string): { packages: string[]; folders: string[] } {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?:[^;'"]*? from )?'([^']+)';$/gm)) {
      if (from === '#connections') follow('dist/transport/connections.js');
      else if (from.startsWith('.')) follow(join(dirname(file), from));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  follow(join('dist', entryPoint));
  const folders = [...seen].map((file) => relative('dist', dirname(file)).split(sep)[0] ?? '');
  return { packages: [...packages].sort(), folders: [...new Set(folders)].filter((name) => name !== '').sort() };
}

describe('the entry point', () => {
  it('index.js loads neither the sandbox nor the commands', () => {
    const { packages, folders } = loadedBy('index.js');
    expect(packages).toEqual(['axios', 'cookie', 'express', 'ipaddr.js', 'lru-cache', 'openid-client', 'valibot']);
    expect(folders).toEqual(['attempt', 'avatars', 'client', 'express', 'lock', 'protocol', 'transport']);
  });

  it.each([
    ['client.js', []],
    ['passport.js', ['passport']],
    ['better-auth.js', ['better-auth']],
  ])('%s loads neither Express nor the framework', (file, own) => {
    const { packages, folders } = loadedBy(file);
    expect(
      packages.filter((name) => !['axios', 'cookie', 'lru-cache', 'openid-client', 'valibot'].includes(name)),
    ).toEqual([]);
    const shared = ['attempt', 'client', 'protocol', 'transport', ...own];
    expect(folders.filter((name) => !shared.includes(name))).toEqual([]);
  });

  it('sandbox.js loads nothing of the login, and no package but lru-cache', () => {
    expect(loadedBy('sandbox.js')).toEqual({ packages: ['lru-cache'], folders: ['sandbox'] });
  });

  it('text-protocol.js loads nothing of the login', () => {
    expect(loadedBy('text-protocol.js')).toEqual({
      packages: ['axios'],
      folders: ['protocol', 'text-protocol', 'transport'],
    });
  });

  it('redis.js loads no other package', () => {
    expect(loadedBy('redis.js')).toEqual({ packages: [], folders: ['lock', 'protocol'] });
  });
});
