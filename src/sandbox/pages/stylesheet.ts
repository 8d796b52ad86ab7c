import { readFileSync } from 'node:fs';
import type { SandboxResponse } from '../http/response.js';

/** The stylesheet of every page. */
export const stylesheet: SandboxResponse = {
  type: 'text/css; charset=utf-8',
  body: readFileSync(new URL('./style.css', import.meta.url), 'utf8'),
  headers: { 'Cache-Control': 'no-cache' },
};
