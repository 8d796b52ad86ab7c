// The attacks again, on an application that has Express 4: the package, the sandbox and the sites import that one here.
import { createRequire } from 'node:module';
import { expect, it, jest } from '@jest/globals';
import type express from 'express';

const express4 = createRequire(import.meta.url)('express4') as typeof express;
jest.unstable_mockModule('express', () => ({
  default: express4,
  Router: express4.Router,
  json: express4.json,
  text: express4.text,
  urlencoded: express4.urlencoded,
}));

it('is Express 4 that is attacked here', async () => {
  const { default: found } = await import('express');
  expect(found).toBe(express4);
  expect('del' in found.application).toBe(true); // app.del went with Express 5
});

await import('./tabs.test.js');
await import('./repeated-callback.test.js');
await import('./prefetch.test.js');
await import('./cancel.test.js');
await import('./callback-state.test.js');
await import('./callback-query.test.js');
await import('./login-csrf.test.js');
await import('./session-fixation.test.js');
await import('./cross-site-post.test.js');
await import('./session-cookie.test.js');
await import('./session-missing.test.js');
await import('./page-headers.test.js');
