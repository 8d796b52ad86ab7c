// Writes docs/fault-matrix.md from a run of every fault at every step.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'test/attack/upstream.test.ts',
  ],
  { stdio: 'inherit', env: { ...process.env, FAULT_MATRIX: 'write' } },
);
process.exitCode = status ?? 1;
