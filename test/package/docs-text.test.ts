import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { qqErrorCodes } from '../../src/client.js';
import { readOptions } from '../../src/express/options.js';
import { createServices } from '../../src/express/services.js';
import {
  QQConfigurationError,
  QQRequestError,
  QQResponseError,
  QQTransportError,
  isQQConnectError,
  qqConnect,
} from '../../src/index.js';
import { codeBlocks, documents, englishDocuments, inChinese, proseOf } from '../support/code-blocks.js';
import type { LocalizedText } from '../../src/client.js';
import type { QQConnectOptions } from '../../src/index.js';

const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<'scripts' | 'bin', object>;
const pages = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const others = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'example-app/README.md',
  'example-app/README.zh-CN.md',
];
const linking = [...documents(), ...pages, ...others.filter((file) => existsSync(file))];

/** A heading's fragment, as the sites that show Markdown make it. */
function fragmentOf(heading: string): string {
  const words = heading.replace(/`|\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function fragments(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => fragmentOf(heading));
}

function brokenLinks(file: string): string[] {
  const targets = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/i.test(target)) return false;
    const [path = '', fragment] = target.split('#');
    const linked = path === '' ? file : normalize(join(dirname(file), decodeURI(path)));
    if (!existsSync(linked)) return true;
    return fragment !== undefined && !fragments(linked).includes(decodeURI(fragment));
  });
}

function sourceOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
}

describe('the documents', () => {
  it.each(englishDocuments())('%s exists in Chinese, with the same code', (file) => {
    // Comments, texts of a diagram and values to replace are in the language of the page.
    const translatable = /(?<!:)\/\/.*$|#.*$|(?<== *)[^=\n]*[\u4e00-\u9fff].*$|(?<==)(?:your|at least) .*$/gm;
    const code = (document: string): string[] =>
      codeBlocks(document)
        .filter(({ language }) => language !== 'mermaid')
        .map(({ language, text }) => `${language}\n${text.replaceAll(translatable, '')}`);
    expect(code(inChinese(file))).toEqual(code(file));
  });

  it.each(englishDocuments())('%s has the same sections and tables in Chinese', (file) => {
    const shape = (document: string): string[] =>
      [...proseOf(document).matchAll(/^(#+ |\|| *- | *\d+\. )/gm)].map(([, start = '']) => start.trim());
    expect(shape(inChinese(file))).toEqual(shape(file));
  });

  it.each(linking)('%s links to existing files and headings', (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });

  it.each(documents())('%s links to its other language', (file) => {
    const other = file.endsWith('.zh-CN.md') ? file.replace('.zh-CN', '') : inChinese(file);
    expect(proseOf(file)).toContain(`](${other.replace(/^.*\//, '')})`);
  });

  it.each(linking)('%s names no private path and no unknown host', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/\/work\/|\/tmp\/|github\.com\/(your|owner|user)/i);
  });
});

describe('commands and variables in the documents', () => {
  const lines = documents().flatMap((file) =>
    codeBlocks(file)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n')),
  );
  const commands = [...new Set(lines.flatMap((line) => line.split(' && ')))];
  const known = [
    /^npm (ci|start|test|init -y)$/,
    /^npm install (--save-dev )?([\w@/.-]+ ?)+$/,
    /^(NODE_DEBUG=qq-connect )?node (--env-file=\.env )?[\w.-]+\.mjs$/,
    /^curl -d '[^']+' http:\/\/127\.0\.0\.1:8000$/,
    /^node --experimental-vm-modules node_modules\/jest\/bin\/jest\.js$/,
    /^npx vite public --port 5173$/,
    /^npx playwright (install chromium|test e2e)$/,
    /^npx express-qq-connect (sandbox|doctor|explain|text-server)( .*)?$/,
    /^npm run [\w:]+( -- [\w.-]+)?$/,
  ];

  it('are existing commands', () => {
    expect(commands.filter((command) => !known.some((pattern) => pattern.test(command)))).toEqual([]);
    const ran = commands.flatMap((command) => /^npm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(ran.filter((script) => !Object.keys(scripts).includes(script))).toEqual([]);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
    expect(Object.keys(bin)).toEqual(['express-qq-connect']);
  });

  it('are existing commands and options of express-qq-connect', () => {
    const ours = lines.flatMap(
      (line) => /npx express-qq-connect ([\w-]+)(.*)/.exec(line)?.slice(1, 3).join('\n') ?? [],
    );
    expect(ours.length).toBeGreaterThan(2);
    for (const line of new Set(ours)) {
      const [command = '', rest = ''] = line.split('\n');
      const help = execFileSync(process.execPath, ['dist/cli.js', command, '--help'], { encoding: 'utf8' });
      for (const option of rest.match(/--[\w-]+/g) ?? []) expect(help).toContain(option);
    }
  });

  it('are environment variables that the source reads', () => {
    const read = ['src/express', 'src/avatars', 'src/protocol'].map(sourceOf).join('\n');
    for (const file of documents()) {
      const own = [...readFileSync(file, 'utf8').matchAll(/\bQQ_(?!MOBILE_)[A-Z_]+[A-Z]\b/g)].map(([name]) => name);
      // The codes of warnings begin like variables.
      for (const name of own) expect(read).toContain(`'${name}'`);
    }
  });
});

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

  it('names the two commands that start and test the project, as CI runs them', () => {
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

  it('contains every option, and no other', () => {
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

  it('states the defaults and the environment variables of the source', () => {
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

  it('contains every error code of this package, with its kind, status and action', () => {
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

  it('contains every route', () => {
    const options: QQConnectOptions = {
      appId: '1',
      appKey: 'k',
      redirectUri: 'https://www.example.com/auth/qq/callback',
    };
    const paths = Object.values(createServices(readOptions(options)).paths);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) expect(rows(file).some(([route = '']) => route.includes(path))).toBe(true);
  });

  it('contains every field of the user', () => {
    const fields = [
      ...(/export interface QQUser [\s\S]*?^}/m.exec(source('src/protocol'))?.[0] ?? '').matchAll(/^ {2}(\w+)\??:/gm),
    ].map(([, name = '']) => name);
    const documented = rows(file).flatMap(([names = '']) => names.split(', '));
    expect(documented).toEqual(expect.arrayContaining(fields));
  });
});

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

const MARK = /<!-- The table is generated: UPDATE_DOCS=1 npm run jest -- docs-text -->\n[\s\S]*$/;
// Prettier would pad the columns to the widest cell.
const START = '<!-- prettier-ignore-start -->';
const END = '<!-- prettier-ignore-end -->';
const heads = { en: ['code', 'action', 'meaning', 'what to do'], zh: ['错误码', 'action', '含义', '处理建议'] };

function table(language: keyof LocalizedText): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = [...qqErrorCodes.values()].map(({ code, action, meaning, hint }) =>
    [String(code), `\`${action}\``, cell(meaning[language]), cell(hint[language])].join(' | '),
  );
  return [heads[language].join(' | '), '--- | --- | --- | ---', ...rows].map((row) => `| ${row} |\n`).join('');
}

describe('the page of error codes', () => {
  it.each([
    ['docs/guide/error-codes.md', 'en'],
    ['docs/guide/error-codes.zh-CN.md', 'zh'],
  ] as const)('%s contains every code with the texts of the package', (file, language) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(MARK);
    const [mark = ''] = MARK.exec(text)?.[0].split('\n') ?? [];
    const generated = text.replace(MARK, () => `${mark}\n\n${START}\n\n${table(language)}\n${END}\n`);
    if (process.env.UPDATE_DOCS) writeFileSync(file, generated);
    else expect(text).toBe(generated);
  });
});

/** The names in the first cells of the table below a heading. */
function firstCells(file: string, heading: RegExp): string[] {
  const [, section = ''] = readFileSync(file, 'utf8').split(heading);
  const [table = ''] = section.split(/^## /m);
  return [...table.matchAll(/^\| (`.*?) *\|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
}

describe.each([
  ['docs/reference.md', /^## Warnings$/m, /^## Events$/m],
  ['docs/reference.zh-CN.md', /^## 警告$/m, /^## 事件$/m],
])('%s', (file, warnings, events) => {
  it('describes every code of a warning in the source, and no other', () => {
    const literal = [...sourceOf('src').matchAll(/\b(?:[wW]arn|warnOnce)\(\s*'(QQ_\w+)'/g)].map(([, code]) => code);
    const options = [...sourceOf('src').matchAll(/^ {2}\w+: '(QQ_[A-Z_]+)',$/gm)].map(([, code]) => code);
    const codes = new Set([...literal, ...options, 'QQ_SCOPE']);
    expect(codes.size).toBeGreaterThan(15);
    expect(firstCells(file, warnings).toSorted()).toEqual([...codes].toSorted());
  });

  it('describes every type of event, and no other', () => {
    const types = [...sourceOf('src').matchAll(/\{ type: '(\w+)'[;} ]/g)].map(([, type]) => type);
    const declared = new Set(types.filter((type) => /^(login_|profile_|refresh|logged_)/.test(type ?? '')));
    expect(declared.size).toBeGreaterThan(5);
    expect(firstCells(file, events).toSorted()).toEqual([...declared].toSorted());
  });
});

const inNode = (code: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });

describe('the documentation site', () => {
  it('contains every document in its menu, and no other', () => {
    const code = `import { files, notOnTheSite } from './site/pages.mjs';
      console.log(JSON.stringify([...files(), ...notOnTheSite]));`;
    const documents = [
      ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
      ...readdirSync('example-app').map((name) => `example-app/${name}`),
      ...readdirSync('.'),
    ].filter((name) => name.endsWith('.md'));
    expect((JSON.parse(inNode(code)) as string[]).sort()).toEqual(documents.sort());
  });

  it('is created from documents whose links lead to a page or a file', () => {
    execFileSync(process.execPath, ['site/content.mjs'], { stdio: 'pipe' });
    const pages = readdirSync('site/content', { recursive: true, encoding: 'utf8' });
    expect(pages).toEqual(expect.arrayContaining(['index.md', 'zh/index.md', 'guide/index.md', 'zh/reference.md']));
  });
});
