import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** All that a file of `dist` loads at once, itself included: other packages, and parts of `src` by their folder. */
function loadedBy(door: string): { packages: string[]; parts: string[] } {
  const packages = new Set<string>();
  const parts = new Set<string>();
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, part = ''] of text.matchAll(/^\/\/ src\/((?:express\/avatars|[\w-]+)\/)/gm)) parts.add(part);
    for (const [, from = ''] of text.matchAll(/^(?:import|export|\} from)\b[^'"]*["']([^'"]+)["'];$/gm)) {
      if (from.startsWith('.')) follow(join(dirname(file), from));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  follow(join('dist', door));
  return { packages: [...packages].sort(), parts: [...parts].sort() };
}

describe('what a door loads before anybody logs in', () => {
  it('is Express alone for the middleware, and neither avatars nor the sandbox', () => {
    const { packages, parts } = loadedBy('index.js');
    expect(packages).toEqual(['cookie', 'express', 'lru-cache']);
    expect(parts).toEqual(['client/', 'express/', 'lock/', 'protocol/', 'transport/']);
  });

  it('is no Express for the client', () => {
    expect(loadedBy('client.js')).toEqual({ packages: [], parts: ['client/', 'protocol/', 'transport/'] });
  });

  it('is the sandbox alone for the sandbox', () => {
    expect(loadedBy('sandbox.js')).toEqual({ packages: ['express'], parts: ['sandbox/'] });
  });

  it('is little for the lock in Redis', () => {
    expect(loadedBy('redis.js')).toEqual({ packages: [], parts: ['lock/', 'protocol/'] });
  });
});
