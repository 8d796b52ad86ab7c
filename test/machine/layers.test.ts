import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

/** Runs the check over a project of these files alone. */
function check(files: Record<string, string>): { status: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  for (const name of ['tsconfig.json', 'package.json', 'scripts/check-layers.mjs']) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'src'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const script = ['scripts/check-layers.mjs'];
  const { status, stdout, stderr } = spawnSync(process.execPath, script, { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return { status, said: stdout + stderr };
}

const leaf = 'export const one = 1;\n';

const violations = [
  ['an upward arrow', 'protocol-points-down', 'src/protocol/up.ts', "export { one } from '../client/leaf.js';\n"],
  [
    'an upward arrow of types only',
    'protocol-points-down',
    'src/protocol/type.ts',
    "export type { One } from '../client/one.js';\n",
  ],
  [
    'an arrow into the sandbox',
    'express-points-down',
    'src/express/a.ts',
    "export { one } from '../sandbox/leaf.js';\n",
  ],
  [
    'an arrow out of the sandbox',
    'sandbox-points-down',
    'src/sandbox/a.ts',
    "export { one } from '../client/leaf.js';\n",
  ],
  ['a cycle', 'no-cycle', 'src/client/egg.ts', "export { two } from './hen.js';\nexport const one = 1;\n"],
  [
    'Express below its layer',
    'only-express-and-avatars-import-express',
    'src/client/e.ts',
    "export { Router } from 'express';\n",
  ],
  ['I/O in the protocol', 'protocol-does-no-io', 'src/protocol/io.ts', "export { readFile } from 'node:fs';\n"],
  ['axios outside the transport', 'axios-only-in-transport', 'src/client/x.ts', "export { default } from 'axios';\n"],
  [
    'an entry point imported from inside',
    'doors-are-not-imported',
    'src/client/door.ts',
    "export { one } from '../index.js';\n",
  ],
] as const;

describe('the layer check', () => {
  let broken: ReturnType<typeof check>;
  beforeAll(() => {
    broken = check({
      'src/index.ts': leaf,
      'src/client/leaf.ts': leaf,
      'src/client/one.ts': 'export type One = 1;\n',
      'src/client/hen.ts': "export { one } from './egg.js';\nexport const two = 2;\n",
      'src/sandbox/leaf.ts': leaf,
      ...Object.fromEntries(violations.map(([, , path, text]) => [path, text])),
    });
  });

  it('accepts imports of lower layers', () => {
    const fine = check({ 'src/protocol/a.ts': leaf, 'src/client/b.ts': "export { one } from '../protocol/a.js';\n" });
    expect(fine).toMatchObject({ status: 0, said: expect.stringContaining('2 modules, 0 violations') });
  });

  it.each(violations)('reports %s', (...[, rule, path]) => {
    expect(broken.said).toContain(`${rule}: ${path}`);
    expect(broken.status).toBe(1);
  });

  it('reports a cycle of folders, also where no file is in a cycle', () => {
    const { status, said } = check({
      'src/express/login/a.ts': "export { one } from '../session/b.js';\n",
      'src/express/session/b.ts': leaf,
      'src/express/session/c.ts': "export { two } from '../login/d.js';\n",
      'src/express/login/d.ts': 'export const two = 2;\n',
    });
    expect(said).toContain('no-folder-cycle: express/login → express/session → express/login');
    expect(status).toBe(1);
  });

  it('fails if it found no module', () => {
    const { status, said } = check({ 'test/a.ts': leaf });
    expect(said).toContain('no module was seen');
    expect(status).toBe(1);
  });
});
