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
import { dirname, join, relative, resolve, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EdgeVM } from '@edge-runtime/vm';
import { consumerProject } from '../support/code-blocks.js';
import { isNightly } from '../support/nightly.js';
import { MADE_UP, hang, startUpstream } from '../support/upstream.js';

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

  it('contains the built package and its documents, and no other file', () => {
    const allowed =
      /^(dist\/[\w./-]+\.(js|d\.ts)|dist\/sandbox\/[\w/-]+\.(png|css)|docs\/(guide\/)?[\w.-]+\.md|package\.json|README\.md|README\.zh-CN\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'docs/guide/README.md', 'README.zh-CN.md', 'LICENSE', 'dist/cli.js']),
    );
  });

  it('contains the file of each entry point in package.json', () => {
    const entryPoints = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    for (const file of entryPoints) expect(existsSync(join(installed, file))).toBe(true);
  });

  it('imports only packages that a production install contains', () => {
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
      entryPoints: string[];
    };
    expect(said.user.openid).toMatch(/^[0-9A-F]{32}$/);
    expect(said.entryPoints).toEqual(['function', 'function', 'function', 'function']);
  });

  it('logs in from a CommonJS application', () => {
    const said = JSON.parse(run(process.execPath, ['--no-warnings', 'login.cjs'], join(folder, 'commonjs'))) as {
      user: { openid: string };
    };
    expect(said.user.openid).toMatch(/^[0-9A-F]{32}$/);
  });

  it('runs without its peer dependencies', () => {
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

  const resolutions: [string, Partial<Project>][] = [
    ['nodenext from CommonJS, with the strictest options', { type: 'commonjs', strictest: true }],
    ['node10, with TypeScript 5.4', { typescript: 'typescript-5.4', moduleResolution: 'node10', type: 'commonjs' }],
  ];
  if (isNightly) {
    resolutions.push(
      ['nodenext, with TypeScript 5.4', { typescript: 'typescript-5.4' }],
      ['a bundler', { moduleResolution: 'bundler' }],
    );
  }

  it.each(resolutions)(
    'has types, with req.qqUser and those of @types/passport-qq, for a TypeScript project that resolves as %s',
    (_title, project) => {
      const before = source('passport-qq.ts');
      const files = {
        'app.ts': source('app.ts'),
        'entry-points.ts': source('entry-points.ts'),
        'passport-before.ts': before,
        'passport-after.ts': before.replaceAll("'passport-qq'", "'express-qq-connect/passport'"),
      };
      expect(compile({ ...project, files })).toEqual([]);
    },
    240_000,
  );

  it('passes publint and arethetypeswrong', () => {
    run(process.execPath, [resolve('node_modules/publint/src/cli.js'), '--strict', installed], '.');
    run(
      process.execPath,
      [resolve('node_modules/@arethetypeswrong/cli/dist/index.js'), '--profile', 'esm-only', tarballFile],
      '.',
    );
  });
});

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
    expect(folders).toEqual(['attempt', 'avatars', 'client', 'express', 'lock', 'pages', 'protocol', 'transport']);
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

const CALLBACK = 'https://www.example.com/auth/qq/callback';

const ENTRY = `
import { QQConnectClient } from 'express-qq-connect/client';

globalThis.logIn = async (options, state, toCallback) => {
  const client = new QQConnectClient(options);
  const callback = await toCallback(client.buildAuthorizationUrl({ state }).href);
  const tokens = await client.authorizationCodeGrant(callback, { expectedState: state });
  const refreshed = await client.refreshTokenGrant(tokens.refreshToken);
  return JSON.stringify([await client.fetchUser(refreshed)]);
};
globalThis.describeFailure = (options, code) =>
  new QQConnectClient(options).exchangeCode(code).catch((error) => JSON.stringify([error.code, error.status]));
`;

// In a process of its own: rolldown does not take the values of Jest's realm.
const BUILD = `
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: 'entry.mjs',
  platform: 'browser',
  resolve: { conditionNames: [process.argv[2], 'browser', 'import', 'default'] },
  external: /^node:/,
});
const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
console.log(JSON.stringify({ code: output[0].code, imports: output[0].imports }));
`;

/** Bundles the client as an edge runtime's build does, and returns the code and the modules that it imports. */
function bundleFor(condition: string): { code: string; imports: string[] } {
  const folder = consumerProject({ 'entry.mjs': ENTRY, 'build.mjs': BUILD });
  const output = execFileSync(process.execPath, ['build.mjs', condition], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  return JSON.parse(output) as { code: string; imports: string[] };
}

describe.each(['edge-light', 'workerd', 'browser'])('a bundle of the client for %s', (condition) => {
  it('imports no module of Node.js, logs in, reports a timeout and follows no redirect', async () => {
    const { code, imports } = bundleFor(condition);
    expect(imports).toEqual([]);
    const runtime = new EdgeVM();
    runtime.evaluate(`(() => { ${code} })()`);
    const { logIn, describeFailure } = runtime.context as unknown as Record<
      string,
      (...args: unknown[]) => Promise<string>
    >;
    await using upstream = await startUpstream();
    const { appId, appKey } = MADE_UP;
    const options = { appId, appKey, graphUrl: upstream.url, redirectUri: CALLBACK, timeoutMs: 500 };
    const toCallback = async (url: string): Promise<string> =>
      (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
    const [user] = JSON.parse((await logIn?.(options, 'a-state', toCallback)) ?? '[]') as { nickname?: string }[];
    expect(user?.nickname).toBe(MADE_UP.nickname);

    upstream.next('token', hang);
    expect(await describeFailure?.(options, 'a-code')).toBe('["ERR_QQ_TIMEOUT",504]');
    upstream.next('token', { status: 302, headers: { location: '/elsewhere' } });
    expect(await describeFailure?.(options, 'a-code')).toBe('["ERR_QQ_HTTP_STATUS",502]');
    expect(upstream.asked('other')).toEqual([]);
  }, 60_000);
});
