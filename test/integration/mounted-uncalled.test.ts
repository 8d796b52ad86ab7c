import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import express5 from 'express';
import request from 'supertest';
import { qqAvatars } from '../../src/avatars.js';
import { qqConnect, qqErrorHandler, requireQQUser } from '../../src/index.js';
import type { ErrorRequestHandler, RequestHandler } from 'express';

const express4 = createRequire(import.meta.url)('express4') as typeof express5;
const makers = { qqConnect, requireQQUser, qqErrorHandler, qqAvatars };

describe.each([
  ['5', express5],
  ['4', express4],
])('mounted without its brackets on Express %s', (_version, framework) => {
  it.each(Object.entries(makers))('%s says so, and leaves no request unanswered', async (name, maker) => {
    const app = framework();
    app.use(maker as unknown as RequestHandler);
    const tell: ErrorRequestHandler = (error: Error & { hint: { en: string; zh: string } }, _req, res, _next) =>
      void res.status(500).json([error.message, error.hint.en, error.hint.zh]);
    app.use(tell);
    const [message, en, zh] = (await request(app).get('/')).body as string[];
    expect(message).toBe(`${name} is mounted without being called`);
    expect(en).toContain(`${name}()`);
    expect(zh).toContain(`${name}()`);
  });
});
