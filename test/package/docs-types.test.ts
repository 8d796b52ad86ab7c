import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { codeBlocks, consumerProject, englishDocuments } from '../support/code-blocks.js';

// What a page has shown before, or what its reader has: blocks may use it without saying so again.
const AROUND_THE_BLOCKS = `
import type { Express } from 'express';
import type { Store } from 'express-session';
declare module 'express-session' {
  interface SessionData { grant: any; nickname: string }
}
declare global {
  namespace Express {
    interface User { id: string }
    interface Request { user?: any; logout(done: (error?: unknown) => void): void }
  }
  const app: Express;
  const store: Store;
  const express: typeof import('express');
  const session: typeof import('express-session');
  const qqConnect: typeof import('express-qq-connect').qqConnect;
  const requireQQUser: typeof import('express-qq-connect').requireQQUser;
  const qqErrorHandler: typeof import('express-qq-connect').qqErrorHandler;
  const isQQConnectError: typeof import('express-qq-connect').isQQConnectError;
  const sandbox: import('express-qq-connect/sandbox').Sandbox;
  function findOrCreateAccount(appId: string, openid: string): Promise<{ id: number; isNew: boolean }>;
}
`;
// Not installed here; the blocks that use them are checked for everything else.
const NOT_INSTALLED = `
declare module 'helmet';
declare module 'cors';
declare module 'morgan';
`;

const EXPRESS_4_TYPES = {
  express: ['./node_modules/@types/express4'],
  'express-serve-static-core': ['./node_modules/@types/express4/node_modules/@types/express-serve-static-core'],
};

/** The examples in the comments of the source, by their places. */
function examples(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const text = readFileSync(`src/${path}`, 'utf8');
    for (const [index, [, example = '']] of [...text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].entries()) {
      found[`src/${path.replace(/\.ts$/, '')}-${index}.ts`] = `${example.replace(/^ *\* ?/gm, '')}export {};\n`;
    }
  }
  return found;
}

describe('the code in the documents', () => {
  it.each([
    ['Express 5', {}],
    ['Express 4', EXPRESS_4_TYPES],
  ])(
    'compiles against the built package with the types of %s',
    (_version, types) => {
      const files: Record<string, string> = { 'around.d.ts': AROUND_THE_BLOCKS, 'not-installed.d.ts': NOT_INSTALLED };
      let count = 0;
      for (const file of englishDocuments()) {
        const page = file.replace(/\W+/g, '-');
        for (const { language, line, text, name } of codeBlocks(file)) {
          if (!/^[cm]?[jt]s$/.test(language)) continue;
          count += 1;
          // A block without imports must not share its names with others; named ones may import one another.
          const code = /^\s*(import|export) |require\(/m.test(text) ? text : `${text}export {};\n`;
          // What an application or a page imports is run by the other tests; JavaScript for a database has no types.
          const runOnly = name !== undefined && !/^(?:app[\w-]*|main|passport)\./.test(name);
          const path = name ?? `line-${line}.${language === 'ts' ? 'ts' : 'js'}`;
          files[`${page}/${path}`] = runOnly ? `// @ts-nocheck\n${code}` : code;
        }
      }
      expect(count).toBeGreaterThan(20);
      const inSource = examples();
      expect(Object.keys(inSource).length).toBeGreaterThan(5);
      Object.assign(files, inSource);
      const compilerOptions = {
        strict: true,
        allowJs: true,
        checkJs: true,
        noEmit: true,
        experimentalDecorators: true, // NestJS has no others
        target: 'es2023',
        lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
        module: 'nodenext',
        types: ['node'],
        paths: { grant: ['./grant.d.ts'], ...types }, // grant's own types leave grant.express() out
        skipLibCheck: true,
      };
      const folder = consumerProject({
        ...files,
        'grant.d.ts': 'declare const grant: any; export default grant;',
        'package.json': JSON.stringify({ type: 'module' }),
        'tsconfig.json': JSON.stringify({ compilerOptions, include: ['**/*'], exclude: ['node_modules'] }),
      });
      let said = '';
      try {
        execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], {
          cwd: folder,
          encoding: 'utf8',
        });
      } catch (error) {
        said = (error as { stdout: string }).stdout;
      }
      rmSync(folder, { recursive: true, force: true });
      // Most of our readers write JavaScript, which has no types to leave out.
      const errors = said.split('\n').filter((line) => !/\.[cm]?js\(\d+,\d+\): error TS70/.test(line));
      expect(errors.join('\n')).toBe('');
    },
    120_000,
  );

  it('becomes an API reference without a warning', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['node_modules/typedoc/bin/typedoc', '--emit', 'none', '--pretty', 'false'],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(status === 0 ? '' : stdout + stderr).toBe('');
  }, 120_000);
});
