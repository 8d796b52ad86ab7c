import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe.each(['README.md', 'README.zh-CN.md'])('the pictures of %s', (file) => {
  const text = readFileSync(file, 'utf8');
  const pictures = [...text.matchAll(/srcset="(.*)">\n {2}<img alt="(.*)" src="(.*)">/g)].map(
    ([, dark = '', alt = '', light = '']) => ({ dark, alt, light }),
  );

  it('are described, and exist in the language of the page, light and dark', () => {
    expect(pictures.map(({ light }) => light.replace(/^docs\/images\/(\w+)-.*$/, '$1'))).toEqual([
      'login',
      'console',
      'doctor',
    ]);
    const language = file === 'README.md' ? 'en' : 'zh';
    for (const { light, dark, alt } of pictures) {
      expect(light).toMatch(new RegExp(`-${language}-light\\.webp$`));
      expect(dark).toBe(light.replace('-light', '-dark'));
      expect(alt.length).toBeGreaterThan(30);
    }
  });

  it('have at most 120 kB each', () => {
    const sizes = pictures
      .flatMap(({ light, dark }) => [light, dark])
      .map((name) => [name, statSync(name).size] as const);
    expect(sizes.filter(([, size]) => size > 120_000)).toEqual([]);
  });
});
