import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, consumerProject, filesOf } from '../support/code-blocks.js';

const executablePath = chromiumFor('docs-testing.test.ts');

function runIn(folder: string, args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 100_000,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CI: 'true' },
  });
  rmSync(folder, { recursive: true, force: true });
  return { status, output: stdout + stderr };
}

describe('the tests in the guide', () => {
  it('pass under a Jest that runs ECMAScript modules', () => {
    const { 'e2e/login.spec.mjs': _browser, ...files } = filesOf(`${GUIDE}/testing-your-app.md`);
    const folder = consumerProject({ ...files, 'package.json': '{ "private": true }' });
    const { output } = runIn(folder, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js']);
    expect(output).toMatch(/Tests: +5 passed, 5 total/);
  }, 120_000);

  it('pass under a Jest that runs CommonJS', () => {
    const { 'app.cjs': _app, ...files } = filesOf(`${GUIDE}/commonjs-and-jest.md`);
    const folder = consumerProject({ ...files, 'package.json': '{ "private": true }' });
    const { output } = runIn(folder, ['node_modules/jest/bin/jest.js']);
    expect(output).toMatch(/Tests: +1 passed, 1 total/);
  }, 120_000);

  (executablePath === undefined ? it.skip : it)(
    'pass in a real browser under Playwright',
    () => {
      const use = { launchOptions: { executablePath, args: ['--no-sandbox'] } };
      const folder = consumerProject({
        ...filesOf(`${GUIDE}/testing-your-app.md`),
        'playwright.config.mjs': `export default ${JSON.stringify({ use })};\n`,
      });
      const { output } = runIn(folder, ['node_modules/@playwright/test/cli.js', 'test', 'e2e']);
      expect(output).toContain('2 passed');
    },
    120_000,
  );
});
