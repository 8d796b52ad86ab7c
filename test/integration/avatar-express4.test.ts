import { createRequire } from 'node:module';
import { describe, expect, it, jest } from '@jest/globals';
import { okayapiSuite } from '../fixtures/avatar-okayapi-suite.js';
import { avatarRouterSuite } from '../fixtures/avatar-router-suite.js';

const require = createRequire(import.meta.url);
// `express` is version 5 in this repository and `express4` the other one that the package works with.
jest.unstable_mockModule('express', () => ({ default: require('express4') as unknown }));
const { tools } = await import('../fixtures/avatar-host.js');

describe('the avatar router on Express 4', () => {
  it('really is on Express 4', async () => {
    expect((await import('express')).default).toBe(require('express4'));
  });
  avatarRouterSuite(tools);
});

describe('the okayapi form on Express 4', () => okayapiSuite(tools));
