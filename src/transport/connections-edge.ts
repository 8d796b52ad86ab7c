import type { Connections } from './connections.js';

/** For runtimes without `node:http`: `fetch`, whose connections the runtime manages. */
export const connections: Connections = {
  settings: { adapter: 'fetch', fetchOptions: { redirect: 'manual' } },
  pooled: {},
  single: {},
  metClosing: () => false,
};
