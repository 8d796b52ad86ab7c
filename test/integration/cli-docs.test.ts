import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { call } from './cli-terminal.js';

describe.each([
  ['docs/cli.md', 'en'],
  ['docs/cli.zh-CN.md', 'zh'],
])('%s', (file, language) => {
  const text = readFileSync(file, 'utf8');

  it('shows what explain prints', async () => {
    const { stdout } = await call(['explain', '-22', '--lang', language]);
    expect(text).toContain(`\`\`\`text\n${stdout}\`\`\``);
  });

  it('names the options of all commands, and no others', async () => {
    const helps = await Promise.all(
      ['doctor', 'explain', 'sandbox', 'text-server'].map(async (command) => (await call([command, '--help'])).stdout),
    );
    const has = new Set(helps.join('').match(/--[a-z][a-z-]*/g));
    expect(new Set(text.match(/--[a-z][a-z-]*(?=[ `])/g))).toEqual(has);
  });
});
