// ESM under `node --experimental-vm-modules`; swc only strips the types, `npm run types` checks them.
const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build', '<rootDir>/bench'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^#connections$': '<rootDir>/src/transport/connections.ts' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};

// The parts beside the login: the avatars, the sandbox, the command line, other frameworks.
const parts =
  'test/(?:unit|contract|integration)/(?:avatar|sandbox|cli(?!ent)|text-protocol|passport|better-auth|browser|foreign)[^/]*\\.test\\.ts$';

/** A project for each kind of test. */
const project = (displayName, ...folders) => ({
  ...shared,
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
});

/** @type {import('jest').Config} */
export default {
  projects: [
    { ...project('fast', 'unit', 'contract', 'integration'), testPathIgnorePatterns: [parts] },
    { ...shared, displayName: 'parts', testRegex: [parts] },
    project('attack', 'attack'),
    // Redis, PostgreSQL, Chromium and processes: one file after another, as each of them takes all cores.
    project('machine', 'machine', 'e2e', 'package'),
    project('nightly', 'nightly'),
  ],
  testTimeout: 20_000,
  // Jest would leave one of two cores idle.
  maxWorkers: '100%',
};
