import { createRequire } from 'node:module';
import { expect, it, jest } from '@jest/globals';

const require = createRequire(import.meta.url);
jest.unstable_mockModule('express', () => ({ default: require('express4') as unknown }));

it("the sandbox's console works on Express 4", async () => {
  const { startSandbox } = await import('../../src/sandbox.js');
  await using sandbox = await startSandbox();
  const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.url}/sandbox/faults`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers,
      redirect: 'manual',
    });
  expect((await post({ endpoint: 'me', fault: 'http_500' })).status).toBe(303);
  expect((await post({ endpoint: 'me', fault: 'boom' })).status).toBe(400);
  expect((await post({ endpoint: 'x'.repeat(5_000) })).status).toBe(413);
  expect((await post({ clear: '1' }, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  const page = await fetch(sandbox.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<code>me</code> <span>http_500</span>');
  expect((await fetch(`${sandbox.url}/oauth2.0/me`)).status).toBe(500);
  expect(sandbox.requests.map(({ path }) => path)).toEqual(['/oauth2.0/me']);
});
