// Lets a child process of a test run TypeScript: node --import ./typescript.mjs worker.ts
import '../../../scripts/typescript.mjs';
