// Runs TypeScript without a build: node --import ./scripts/typescript.mjs example-app/main.ts
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
