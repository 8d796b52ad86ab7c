// Lets a child process of a test run TypeScript: node --import ./typescript.mjs worker.ts
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
