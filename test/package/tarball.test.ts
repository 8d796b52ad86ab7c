import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const TYPES_FOR_CONSUMERS = ['@types/express', '@types/express-session', '@types/node'];
const PASSPORT = ['passport', 'passport-qq', '@types/passport', '@types/passport-oauth2', '@types/passport-qq'];

function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

describe('the packed tarball', () => {
  let folder: string;
  let installed: string;
  let tarballFile: string;
  let files: string[];

  beforeAll(() => {
    if (!existsSync('dist/index.js')) throw new Error('dist is missing: run `npm run build` first, as `npm test` does');
    folder = mkdtempSync(join(tmpdir(), 'consumer-'));
    const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], '.');
    const [tarball] = JSON.parse(packed.slice(packed.indexOf('['))) as {
      filename: string;
      files: { path: string }[];
    }[];
    if (!tarball) throw new Error('npm packed nothing');
    files = tarball.files.map(({ path }) => path);
    tarballFile = join(folder, tarball.filename);
    installed = join(folder, 'node_modules', 'express-qq-connect');
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', tarballFile, '--strip-components=1', '-C', installed], folder);
    // What `npm install` would bring: the production dependencies and the peers, and nothing else.
    for (const name of [
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
      ...TYPES_FOR_CONSUMERS,
      ...PASSPORT,
    ]) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      if (!existsSync(link)) symlinkSync(resolve('node_modules', name), link);
    }
    cpSync('test/package/consumers', folder, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what users need and nothing else', () => {
    const allowed =
      /^(dist\/[\w./-]+\.(js|d\.ts)|dist\/sandbox\/[\w/-]+\.(png|css)|docs\/(guide\/)?[\w.-]+\.md|package\.json|README\.md|README\.zh-CN\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'docs/guide/README.md', 'README.zh-CN.md', 'LICENSE', 'dist/cli.js']),
    );
  });

  it('has every door that package.json promises', () => {
    const doors = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    for (const door of doors) expect(existsSync(join(installed, door))).toBe(true);
  });

  it('imports nothing that a production install lacks', () => {
    const bare = new Set<string>();
    for (const path of readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.js') && !path.endsWith('.d.ts')) continue;
      const text = readFileSync(join(installed, 'dist', path), 'utf8');
      const imports = text.matchAll(
        /^\s*(?:import|export)\b[^;'"]*from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
      );
      for (const [, from, effect, dynamic] of imports) {
        const name = /^(?:@[\w-]+\/)?[\w-][\w.-]*/.exec(from ?? effect ?? dynamic ?? '')?.[0];
        if (name !== undefined && name !== 'node') bare.add(name);
      }
    }
    const known = [
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
      'express-qq-connect',
    ];
    expect([...bare].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('logs in from an ESM application', () => {
    const said = JSON.parse(run(process.execPath, ['login.mjs'], join(folder, 'esm'))) as {
      user: { nickname: string; openid: string };
      doors: string[];
    };
    expect(said.user.openid).toMatch(/^[0-9A-F]{32}$/);
    expect(said.doors).toEqual(['function', 'function', 'function', 'function']);
  });

  it('logs in from a CommonJS application', () => {
    const said = JSON.parse(run(process.execPath, ['--no-warnings', 'login.cjs'], join(folder, 'commonjs'))) as {
      user: { openid: string };
    };
    expect(said.user.openid).toMatch(/^[0-9A-F]{32}$/);
  });

  it('runs without its peers', () => {
    const project = join(folder, 'without-peers');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    run('npm', ['install', '--omit=peer', '--prefer-offline', '--no-audit', '--no-fund', tarballFile], project);
    expect(readdirSync(join(project, 'node_modules'))).not.toContain('express');
    const entryPoints = ['client', 'sandbox', 'passport', 'better-auth', 'text-protocol'];
    const load = entryPoints.map((name) => `require('express-qq-connect/${name}')`).join(', ');
    const print = `console.log([${load}].map((entryPoint) => Object.keys(entryPoint).length > 0).join())`;
    const loaded = run(process.execPath, ['--no-warnings', '-e', print], project);
    expect(loaded.trim()).toBe(entryPoints.map(() => 'true').join());
    const cli = run(process.execPath, ['node_modules/express-qq-connect/dist/cli.js', 'explain', '100010'], project);
    expect(cli).toContain('100010');
  }, 120_000);

  interface Project {
    files: Record<string, string>;
    moduleResolution?: string;
    type?: string;
    typescript?: string;
    strictest?: boolean;
  }

  /** Compiles a user's project, and returns the errors in its own files and in this package's types. */
  function compile({
    files,
    moduleResolution = 'nodenext',
    type = 'module',
    typescript = 'typescript',
    strictest,
  }: Project): string[] {
    const project = mkdtempSync(join(folder, 'typescript-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
    const modules: Record<string, string> = { bundler: 'esnext', node10: 'commonjs' };
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
      types: ['node'],
      module: modules[moduleResolution] ?? moduleResolution,
      moduleResolution,
      skipLibCheck: false,
      esModuleInterop: true,
      ...(strictest && { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }),
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    let said = '';
    try {
      run(process.execPath, [resolve('node_modules', typescript, 'bin/tsc'), '-p', '.'], project);
    } catch (error) {
      said = (error as { stdout: string }).stdout;
    }
    // The types of dependencies have tests of their own.
    return said.split('\n').filter((line) => /^([\w-]+\.ts|tsconfig|error|.*express-qq-connect\/)/.test(line));
  }

  const source = (name: string): string => readFileSync(`test/package/consumers/typescript/${name}`, 'utf8');

  it.each<[string, Partial<Project>]>([
    ['nodenext from CommonJS', { type: 'commonjs' }],
    ['a bundler', { moduleResolution: 'bundler' }],
    ['nodenext, with TypeScript 5.4 and the strictest options', { typescript: 'typescript-5.4', strictest: true }],
    ['node10, with TypeScript 5.4', { typescript: 'typescript-5.4', moduleResolution: 'node10', type: 'commonjs' }],
  ])(
    'gives its types, req.qqUser among them, to a TypeScript project that resolves as %s',
    (_title, project) => {
      const files = { 'app.ts': source('app.ts'), 'entry-points.ts': source('entry-points.ts') };
      expect(compile({ ...project, files })).toEqual([]);
    },
    240_000,
  );

  it('compiles what was written for @types/passport-qq', () => {
    const text = source('passport-qq.ts');
    expect(compile({ files: { 'before.ts': text } })).toEqual([]);
    expect(
      compile({ files: { 'after.ts': text.replaceAll("'passport-qq'", "'express-qq-connect/passport'") } }),
    ).toEqual([]);
  }, 240_000);

  it('is clean to publint and to arethetypeswrong', () => {
    run(process.execPath, [resolve('node_modules/publint/src/cli.js'), '--strict', installed], '.');
    run(
      process.execPath,
      [resolve('node_modules/@arethetypeswrong/cli/dist/index.js'), '--profile', 'esm-only', tarballFile],
      '.',
    );
  });
});
