import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { error, ok, warn } from './check.js';
import { printable } from '../terminal.js';
import type { Check } from './check.js';

/** What is installed: versions, `undefined` for a package that is not found. */
export interface Installation {
  readonly node: string;
  readonly express: string | undefined;
  readonly 'express-session': string | undefined;
}

function versionOf(name: string, folder: string): string | undefined {
  try {
    const file = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return undefined; // not installed, or not so that this folder's code could use it
  }
}

/** Looks at what the code in a folder would get. */
export function readInstallation(folder: string): Installation {
  return {
    node: process.versions.node,
    express: versionOf('express', folder),
    'express-session': versionOf('express-session', folder),
  };
}

type Version = readonly [major: number, minor: number, patch: number];

function atLeast(version: string, wanted: Version): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, number] of wanted.entries()) {
    const part = parts[index] ?? 0;
    if (part !== number) return part > number;
  }
  return true;
}

/** Checks Node and the two packages that the application brings itself. */
export function checkInstallation(installed: Installation): Check[] {
  return [
    checkNode(installed.node),
    checkPackage(
      'express',
      installed.express,
      '4.18 or 5',
      (version) => atLeast(version, [4, 18, 0]) && !atLeast(version, [6, 0, 0]),
    ),
    checkPackage(
      'express-session',
      installed['express-session'],
      '1.17.3',
      (version) => atLeast(version, [1, 17, 3]) && !atLeast(version, [2, 0, 0]),
    ),
  ];
}

function checkNode(version: string): Check {
  const fits = atLeast(version, [22, 12, 0]) || (atLeast(version, [20, 19, 0]) && !atLeast(version, [21, 0, 0]));
  if (fits) return ok('node', { en: `Node.js ${version}`, zh: `Node.js ${version}` });
  const found = { en: `Node.js ${version} is too old.`, zh: `Node.js ${version} 版本不够。` };
  const fix = {
    en: 'Install Node.js 20.19 or later in 20, or 22.12 or later.',
    zh: '请安装 Node.js 20.19 以上的 20.x，或 22.12 以上。',
  };
  return error('node', found, fix);
}

function checkPackage(
  name: string,
  version: string | undefined,
  wanted: string,
  fits: (version: string) => boolean,
): Check {
  const id = name.replaceAll('-', '_');
  const install = { en: `npm install ${name}`, zh: `npm install ${name}` };
  if (version === undefined) {
    const found = {
      en: `${name} is not installed where this folder finds it.`,
      zh: `在当前目录找不到 ${name}。`,
    };
    const fix = {
      en: `Call doctor in the application's folder, or install it: ${install.en}`,
      zh: `请在应用的目录里运行 doctor，或安装：${install.zh}`,
    };
    return warn(`${id}_missing`, found, fix);
  }
  const shown = printable(version);
  if (fits(version)) return ok(id, { en: `${name} ${shown}`, zh: `${name} ${shown}` });
  const found = {
    en: `${name} ${shown} does not fit: ${wanted} is needed.`,
    zh: `${name} ${shown} 不合适：需要 ${wanted}。`,
  };
  return error(`${id}_version`, found, install);
}
