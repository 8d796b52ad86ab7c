import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { reportSkipped } from './programs.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ELSEWHERE = [
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds a Chromium: the one named by CHROMIUM_PATH, or one with a usual name. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined;
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')];
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...candidates, ...ELSEWHERE].find(isExecutable);
}

/**
 * Finds a Chromium for a test file. Without one its tests are skipped, which in CI is a failure.
 */
export function chromiumFor(testFile: string): string | undefined {
  const chromium = findChromium();
  if (chromium !== undefined) return chromium;
  const reason = `chromium: browser tests in ${testFile} were skipped: no Chromium found (apt-get install chromium, or set CHROMIUM_PATH)`;
  reportSkipped(reason);
  return undefined;
}
