import { once } from 'node:events';
import { createServer } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../support/programs.js';
import { failToStart, startExample } from './example.js';
import type { AddressInfo } from 'node:net';

describe('the example application at its start', () => {
  it('prints its address and that of the console, answers there, and ends with status 0', async () => {
    const example = await startExample();
    try {
      const [address, console] = example.output().match(/https?:\/\/[\w.:/]+/g) ?? [];
      expect(address).toBe(example.url);
      expect(await (await fetch(console ?? '')).text()).toContain('QQ 沙箱控制台');
      const response = await fetch(example.url);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('/auth/qq/login');
      expect(response.headers.get('set-cookie')).toBeNull();
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';",
      );
      expect(response.headers.get('x-powered-by')).toBeNull();
    } finally {
      expect(await example.stop()).toBe(0);
      expect(await readdir(join(example.directory, '.data'))).toContain('sessions.db');
      await example.close();
    }
  });

  it('says that its port is taken, and how to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, output } = await failToStart({ PORT: String(port), SANDBOX_PORT: String(await freePort()) });
    other.close();
    expect(code).toBe(1);
    expect(output).toContain(
      `Port ${port} is taken by another program. Stop that one, or choose a port: PORT=3000 npm start`,
    );
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('takes another port for the sandbox where its own is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const example = await startExample({ SANDBOX_PORT: String(port) });
    try {
      const login = await fetch(`${example.url}/auth/qq/login`, { redirect: 'manual' });
      expect(login.headers.get('location')).not.toContain(`:${port}/`);
      expect((await fetch(login.headers.get('location') ?? '')).status).toBe(200);
    } finally {
      other.close();
      await example.close();
    }
  });

  it.each([
    ['several processes without Redis', { WEB_CONCURRENCY: '2' }, 'WEB_CONCURRENCY needs REDIS_URL'],
    ['a port that is no number', { PORT: '3000x' }, 'PORT must be a number from 1 to 65535.'],
    ['production without an APP ID', { NODE_ENV: 'production' }, 'QQ_APP_ID is not set.'],
    ['the real QQ without a session secret', { QQ_APP_ID: '100000042' }, 'SESSION_SECRET is not set.'],
    ['the real QQ without the rest', { QQ_APP_ID: '100000042', SESSION_SECRET: 'of this test' }, 'appKey (QQ_APP_KEY)'],
    [
      'a Redis that is not there',
      { REDIS_URL: 'redis://:hidden@127.0.0.1:1' },
      'Redis cannot be reached (ECONNREFUSED)',
    ],
  ])('refuses %s in words', async (_name, settings, words) => {
    const { code, output } = await failToStart({ SANDBOX_PORT: String(await freePort()), ...settings });
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(output).not.toMatch(/^\s+at /m);
    expect(output).not.toContain('hidden');
  });

  it('goes to the real QQ with secure cookies when it is told the values of the console', async () => {
    const example = await startExample({
      QQ_APP_ID: '100000042',
      QQ_APP_KEY: 'made-up-app-key',
      QQ_REDIRECT_URI: 'https://www.example.com/auth/qq/callback',
      SESSION_SECRET: 'a secret of this test',
    });
    try {
      expect(example.output()).toContain('https://www.example.com\n');
      const login = await fetch(`${example.url}/auth/qq/login`, { redirect: 'manual' });
      expect(login.headers.get('location')).toMatch(/^https:\/\/graph\.qq\.com\/oauth2\.0\/authorize\?/);
      expect(login.headers.get('set-cookie')).toMatch(/^__Host-qq_login_.*; Secure/);
      expect(login.headers.get('content-security-policy')).toContain("form-action 'self' https://graph.qq.com;");
    } finally {
      await example.close();
    }
  });
});
