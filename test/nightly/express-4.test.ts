// The attacks again, on an application that has Express 4: the package, the sandbox and the sites import that one here.
import { createRequire } from 'node:module';
import { describe, expect, it, jest } from '@jest/globals';
import { okayapiSuite } from '../fixtures/avatar-okayapi-suite.js';
import { avatarRouterSuite } from '../fixtures/avatar-router-suite.js';
import type express from 'express';

const express4 = createRequire(import.meta.url)('express4') as typeof express;
jest.unstable_mockModule('express', () => ({
  default: express4,
  Router: express4.Router,
  json: express4.json,
  text: express4.text,
  urlencoded: express4.urlencoded,
}));

it('is Express 4', async () => {
  const { default: found } = await import('express');
  expect(found).toBe(express4);
  expect('del' in found.application).toBe(true); // app.del went with Express 5
});

await import('../attack/callback.test.js');
await import('../attack/repeated-callback.test.js');
await import('../attack/cross-site.test.js');
await import('../attack/session.test.js');
await import('../attack/pages.test.js');
await import('../integration/login.test.js');
await import('../integration/guard.test.js');
await import('../integration/router.test.js');
await import('../integration/session.test.js');

const { tools } = await import('../fixtures/avatar-host.js');
describe('the avatar router', () => avatarRouterSuite(tools));
describe('the okayapi form', () => okayapiSuite(tools));
