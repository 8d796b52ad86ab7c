import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  QQConfigurationError,
  QQRequestError,
  QQResponseError,
  QQTransportError,
  isQQConnectError,
  qqConnect,
} from '../../src/index.js';
import { readOptions } from '../../src/express/options.js';
import { createServices } from '../../src/express/services.js';
import type { QQConnectOptions } from '../../src/index.js';

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  engines: { node: string };
}

const languages = ['README.md', 'README.zh-CN.md'];
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const source = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');

/** The rows of the tables in a README and its reference page, as lists of cells without their code marks. */
function rows(file: string): string[][] {
  const reference = file.replace('README', 'docs/reference');
  const lines = (readFileSync(file, 'utf8') + readFileSync(reference, 'utf8')).match(/^ *\|.*\|$/gm) ?? [];
  return lines.map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|')),
  );
}

function rowOf(file: string, first: RegExp): string[] {
  const row = rows(file).find(([cell = '']) => first.test(cell));
  if (!row) throw new Error(`${file}: no row begins with ${String(first)}`);
  return row;
}

describe.each(languages)('%s', (file) => {
  const text = readFileSync(file, 'utf8');
  const facts = (first: RegExp): string => rowOf(file, first)[1] ?? '';

  it('says in two commands how to start and how to test, and they are the ones that are run', () => {
    expect(text).toContain('\nnpm ci && npm start\n');
    expect(text).toContain('\nnpm ci && npm test\n');
    const ci = readFileSync('.ci/run', 'utf8');
    expect(ci).toMatch(/^npm ci\b[^\n]*\nnpm test$/m);
  });

  it('states the versions of package.json', () => {
    expect(facts(/^Node\.js$/)).toBe(manifest.engines.node);
    expect(facts(/^Express$/)).toBe(manifest.peerDependencies.express);
    expect(facts(/^express-session$/)).toBe(manifest.peerDependencies['express-session']);
  });

  it('counts the production dependencies', () => {
    const names = Object.keys(manifest.dependencies);
    const said = facts(/^(production dependencies|生产依赖)$/);
    const [direct, all] = said.match(/\d+/g) ?? [];
    expect(Number(direct)).toBe(names.length);
    for (const name of names) expect(said).toContain(name);
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; peer?: boolean; optional?: boolean }>;
    };
    const inAll = Object.entries(packages).filter(
      ([path, { dev, devOptional, peer, optional }]) => path !== '' && !dev && !devOptional && !peer && !optional,
    );
    expect(Number(all)).toBe(inAll.length);
  });

  it('states the size of the package within a tenth, and that of the browser module', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [{ size } = { size: 0 }] = JSON.parse(packed.slice(packed.indexOf('['))) as { size: number }[];
    const said = Number(/(\d+) kB/.exec(facts(/^(package|包体积)$/))?.[1]) * 1000;
    expect({ size, withinATenth: Math.abs(said - size) <= size / 10 }).toEqual({ size, withinATenth: true });
    const limit = Number(/(\d+) kB/.exec(facts(/^(browser module|浏览器模块)$/))?.[1]) * 1000;
    expect(statSync('dist/browser/index.js').size).toBeLessThan(limit);
  });

  it('has every option, and no other', () => {
    const declared = [
      ...(/export interface QQConnectClientOptions [\s\S]*?^}/m.exec(source('src/client'))?.[0] ?? '').matchAll(
        /^ {2}(\w+)\??:/gm,
      ),
      ...(/export interface QQConnectOptions [\s\S]*?^}/m.exec(source('src/express'))?.[0] ?? '').matchAll(
        /^ {2}(\w+)\??:/gm,
      ),
    ].map(([, name]) => name);
    const table = rows(file);
    const start = table.findIndex(([first]) => first === 'option' || first === '选项');
    const documented = table.slice(start + 2, start + 2 + declared.length).map(([name]) => name);
    expect(documented.toSorted()).toEqual(declared.toSorted());
    expect(table[start + 2 + declared.length]?.length).not.toBe(4);
    for (const name of declared) {
      let said = '';
      try {
        qqConnect({ [name ?? '']: Symbol('wrong') });
      } catch (error) {
        said = (error as Error).message;
      }
      expect(said).not.toContain('no such option');
    }
  });

  it('states the defaults and the environment variables that are true', () => {
    const required = { appId: '1', appKey: 'k', redirectUri: 'https://www.example.com/auth/qq/callback' };
    const resolved = readOptions(required);
    const { client } = resolved;
    const actual: Record<string, unknown> = { ...resolved, graphUrl: client.graphUrl, timeoutMs: client.timeoutMs };
    for (const name of ['graphUrl', 'basePath', 'display', 'defaultReturnTo', 'logout', 'tokens']) {
      expect(rowOf(file, new RegExp(`^${name}$`))[2]).toBe(`'${String(actual[name])}'`);
    }
    expect(rowOf(file, /^timeoutMs$/)[2]).toBe(String(actual.timeoutMs));
    expect(rowOf(file, /^allowedReturnOrigins$/)[2]).toBe(JSON.stringify(actual.allowedReturnOrigins));
    expect(client.buildAuthorizationUrl({ state: 's' }).searchParams.get('scope')).toBe('get_user_info');
    expect(rowOf(file, /^scope$/)[2]).toBe("['get_user_info']");
    const environment = [...source('src/express').matchAll(/^ {2}(\w+): '(QQ_[A-Z_]+)',$/gm)];
    expect(environment).toHaveLength(5);
    for (const [, option, variable] of environment) {
      expect(rowOf(file, new RegExp(`^${option ?? ''}$`))[1]).toBe(variable);
    }
  });

  it('has every error code of ours, with its kind, status and action', () => {
    const hint = { en: '', zh: '' };
    const make = (code: string): unknown => {
      if (/^ERR_QQ_(CONFIGURATION|SESSION_MISSING|SESSION_LOST|ROUTER_MISSING)$/.test(code)) {
        return new QQConfigurationError('', hint, code as 'ERR_QQ_CONFIGURATION');
      }
      const inFile = (name: string): boolean =>
        new RegExp(`^ {2}${code}:`, 'm').test(readFileSync(`src/protocol/errors/${name}-error.ts`, 'utf8'));
      if (inFile('transport')) return new QQTransportError(code as 'ERR_QQ_TIMEOUT', '', { step: 'api' });
      if (inFile('response')) return new QQResponseError('', { code: code as 'ERR_QQ_HTTP_STATUS', step: 'api' });
      return new QQRequestError(code as 'ERR_QQ_CANCELLED', '');
    };
    const codes = new Set(source('src/protocol/errors').match(/\bERR_QQ_[A-Z_]+\b/g));
    const documented = rows(file).filter(([, code = '']) => code.startsWith('ERR_QQ_'));
    expect(documented.map(([, code]) => code).toSorted()).toEqual([...codes].toSorted());
    let currentKind = '';
    for (const [kind = '', code = '', status, action] of documented) {
      currentKind = kind || currentKind;
      if (code === 'ERR_QQ_RESPONSE') continue; // by QQ's number
      const error = make(code);
      if (!isQQConnectError(error)) throw new Error(`${code} is no error of ours`);
      expect([currentKind, code, status, action]).toEqual([error.kind, error.code, String(error.status), error.action]);
    }
  });

  it('has every route', () => {
    const options: QQConnectOptions = {
      appId: '1',
      appKey: 'k',
      redirectUri: 'https://www.example.com/auth/qq/callback',
    };
    const paths = Object.values(createServices(readOptions(options)).paths);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) expect(rows(file).some(([route = '']) => route.includes(path))).toBe(true);
  });

  it('has every field of the user', () => {
    const fields = [
      ...(/export interface QQUser [\s\S]*?^}/m.exec(source('src/protocol'))?.[0] ?? '').matchAll(/^ {2}(\w+)\??:/gm),
    ].map(([, name = '']) => name);
    const documented = rows(file).flatMap(([names = '']) => names.split(', '));
    expect(documented).toEqual(expect.arrayContaining(fields));
  });
});
