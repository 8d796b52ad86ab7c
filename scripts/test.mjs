// The whole truth: types, lint, layers, build, then every test. Says at the end what had to be skipped.
// `--nightly` runs the property-based tests and floods at full size.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nightly = process.argv.includes('--nightly');
const folder = mkdtempSync(join(tmpdir(), 'express-qq-connect-'));
const results = join(folder, 'results.json');
const skippedLog = join(folder, 'skipped');
const env = {
  ...process.env,
  SKIPPED_LOG: skippedLog,
  ...(nightly && { FUZZ_RUNS: '100000', NIGHTLY: 'true' }),
};

function run(what, args) {
  console.log(`\n— ${what}`);
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) console.error(`✗ ${what} failed`);
  return status === 0;
}

const bin = (name) => join('node_modules', ...name.split('/'));
const checks = [
  ['types', [bin('typescript/bin/tsc'), '-p', 'tsconfig.json']],
  ['types of the browser module', [bin('typescript/bin/tsc'), '-p', 'src/browser/tsconfig.json']],
  ['lint', [bin('eslint/bin/eslint.js'), '.']],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['layers', ['scripts/check-layers.mjs']],
  ['build', ['scripts/build.mjs']],
  ['build the example', [bin('typescript/bin/tsc'), '-p', 'tsconfig.example.json']],
];
const jest = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  bin('jest/bin/jest.js'),
  '--json',
  `--outputFile=${results}`,
];

const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };

/** Runs the tests of some projects, and adds their numbers up. */
function runTests(what, projects, ...options) {
  rmSync(results, { force: true });
  const succeeded = run(what, [...jest, ...options, '--selectProjects', ...projects]);
  const report = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
  for (const name of Object.keys(counts)) counts[name] += report[name] ?? 0;
  return succeeded;
}

let passed = true;
for (const [what, args] of checks) passed = run(what, args) && passed;
const patience = nightly ? ['--testTimeout=1200000'] : [];
passed = runTests('tests', ['fast', 'parts', 'attack'], ...patience) && passed;
passed =
  runTests('tests with Redis, PostgreSQL, Chromium and processes', ['machine'], '--runInBand', ...patience) && passed;
if (nightly) passed = runTests('nightly tests', ['nightly'], ...patience) && passed;

const { numPassedTests, numFailedTests, numPendingTests } = counts;
const skipped = existsSync(skippedLog) ? [...new Set(readFileSync(skippedLog, 'utf8').trim().split('\n'))] : [];
rmSync(folder, { recursive: true, force: true });

if (numPassedTests === 0) console.error('\n✗ no test was run');
if (skipped.length > 0) console.log(`\nSkipped on this machine:\n${skipped.map((line) => `- ${line}`).join('\n')}`);
console.log(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
process.exitCode = passed && numPassedTests > 0 ? 0 : 1;
