import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import { startSite } from '../support/site.js';

/** The built module, as a browser gets it. */
const built = readFileSync('dist/browser/index.js', 'utf8');
interface BrowserModule {
  fetchUser: (options?: { basePath?: string }) => Promise<unknown>;
  logout: (options?: { basePath?: string }) => Promise<void>;
  loginWithPopup: (options?: { signal?: AbortSignal }) => Promise<unknown>;
}
const { fetchUser, loginWithPopup, logout } = (await import(
  `data:text/javascript,${encodeURIComponent(built)}`
)) as BrowserModule;

describe('the built browser module', () => {
  it('is smaller than 6,000 bytes, and 2,000 compressed', () => {
    expect(Buffer.byteLength(built)).toBeLessThan(6_000);
    expect(gzipSync(built).byteLength).toBeLessThan(2_000);
  });

  it('needs no other file', () => {
    expect(built).not.toMatch(/\bimport\b|\brequire\b|sourceMappingURL/);
    expect([...built.matchAll(/^export (?:async )?\w+ (\w+)/gm)].map(([, name]) => name)).toEqual([
      'fetchUser',
      'logout',
      'loginWithPopup',
    ]);
  });

  it('uses no API that browsers reserve for secure contexts', () => {
    expect(built).not.toMatch(/randomUUID|\.subtle|serviceWorker|\.locks|clipboard|cookieStore/);
  });

  it('is served by the router as client.js, a cacheable file', async () => {
    await using site = await startSite({ qq: { basePath: '/qq(1)' } });
    const script = await request(site.url).get('/qq(1)/client.js').expect(200);
    expect(script.text).toBe(built);
    expect(script.headers).toMatchObject({ 'cache-control': 'public, max-age=3600', etag: expect.any(String) });
    await request(site.url)
      .get('/qq(1)/client.js')
      .set('If-None-Match', script.headers.etag ?? '')
      .expect(304);
  });

  it('has no effect when it is imported, also in Node', () => {
    const script = "import('express-qq-connect/browser').then((module) => console.log(Object.keys(module).join()))";
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString();
    expect(output.trim()).toBe('fetchUser,loginWithPopup,logout');
  });

  it('has types with documentation for editors', () => {
    const types = readFileSync('dist/browser/index.d.ts', 'utf8');
    expect(types).toContain('loginWithPopup(options?: PopupOptions): Promise<QQUser | undefined>');
    expect(types).toContain('@defaultValue');
    expect(types).not.toMatch(/^import\b/m);
  });
});

function answering(status: number, body?: unknown) {
  const answer = jest.fn<typeof fetch>(async () =>
    Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status })),
  );
  jest.spyOn(globalThis, 'fetch').mockImplementation(answer);
  return answer;
}

describe('the functions of the browser module', () => {
  beforeAll(() => void Object.assign(globalThis, { location: new URL('https://www.example.com/page') }));

  const user = { appId: '100000042', openid: 'A0', nickname: '小明' };

  it('return the user, and undefined if the user is not logged in', async () => {
    const asked = answering(200, user);
    expect(await fetchUser()).toEqual(user);
    expect(asked.mock.calls[0]?.[0]).toBe('/auth/qq/user?optional=1');
    answering(200, null);
    expect(await fetchUser()).toBeUndefined();
    answering(401, { error: 'login_required' });
    expect(await fetchUser()).toBeUndefined();
  });

  it.each([403, 404, 500, 503])('throw when the site answers %d', async (status) => {
    answering(status, {});
    await expect(fetchUser()).rejects.toThrow(`/auth/qq/user?optional=1 responded with status ${status}`);
    await expect(logout()).rejects.toThrow(`/auth/qq/logout responded with status ${status}`);
  });

  it('throw an error with the URL if the site cannot be reached', async () => {
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(fetchUser()).rejects.toThrow('/auth/qq/user?optional=1 could not be read');
    await expect(logout()).rejects.toThrow('/auth/qq/logout could not be read');
  });

  it('request JSON below another basePath', async () => {
    const asked = answering(204);
    await logout({ basePath: '/members/qq' });
    expect(asked).toHaveBeenCalledWith('/members/qq/logout', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { accept: 'application/json' },
    });
  });

  it('treat a logout of a logged-out user as a success', async () => {
    answering(401, { error: 'login_required' });
    await expect(logout()).resolves.toBeUndefined();
  });

  it('open no window for a signal that is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const page = { location: { pathname: '/', search: '', hash: '' }, open: jest.fn() };
    Object.assign(globalThis, page);
    await expect(loginWithPopup({ signal })).rejects.toThrow('too late');
    expect(page.open).not.toHaveBeenCalled();
  });
});
