// ESM under `node --experimental-vm-modules`; swc only strips the types, `npm run types` checks them.
const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build', '<rootDir>/bench'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};

/** A project for each kind of test: what runs in one process, attacks on it, and what needs more of the machine. */
const project = (displayName, ...folders) => ({
  ...shared,
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
});

/** @type {import('jest').Config} */
export default {
  projects: [
    project('fast', 'unit', 'contract', 'integration'),
    project('attack', 'attack'),
    // Redis, PostgreSQL, Chromium and processes: one file after another, as each of them takes all cores.
    project('machine', 'machine', 'e2e', 'package'),
    project('nightly', 'nightly'),
  ],
  testTimeout: 20_000,
  // Jest would leave one of two cores idle.
  maxWorkers: '100%',
};
