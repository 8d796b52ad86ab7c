import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

type Headers = (siteOrigin: string) => Record<string, string>;

const refused: [string, Headers][] = [
  ['Sec-Fetch-Site: cross-site', () => ({ 'Sec-Fetch-Site': 'cross-site' })],
  ['Sec-Fetch-Site: same-site, a sibling domain', () => ({ 'Sec-Fetch-Site': 'same-site' })],
  ['Sec-Fetch-Site: cross-site beside our Origin', (origin) => ({ 'Sec-Fetch-Site': 'cross-site', Origin: origin })],
  ['an empty Sec-Fetch-Site', () => ({ 'Sec-Fetch-Site': '' })],
  ['two values of Sec-Fetch-Site', () => ({ 'Sec-Fetch-Site': 'same-origin, cross-site' })],
  ['the Origin of another site', () => ({ Origin: 'https://evil.example' })],
  ['Origin: null, as from a sandboxed frame', () => ({ Origin: 'null' })],
  ['an Origin on another port', (origin) => ({ Origin: origin.replace(/\d+$/, '1') })],
  ['an Origin with another scheme', (origin) => ({ Origin: origin.replace('http:', 'https:') })],
  ['an Origin that ends like ours', (origin) => ({ Origin: origin.replace('//', '//evil.') })],
  ['an Origin that begins like ours', (origin) => ({ Origin: `${origin}.evil.example` })],
  ['an empty Origin', () => ({ Origin: '' })],
];

const accepted: [string, Headers][] = [
  ['Sec-Fetch-Site: same-origin', () => ({ 'Sec-Fetch-Site': 'same-origin' })],
  ['Sec-Fetch-Site: none', () => ({ 'Sec-Fetch-Site': 'none' })],
  ['our own Origin', (origin) => ({ Origin: origin })],
  ['neither of the two headers, so no browser', () => ({})],
];

describe.each(['logout', 'refresh'])('a POST to %s with', (route) => {
  let site: WatchedSite;
  let visitor: Visitor;
  beforeAll(async () => {
    site = await startWatchedSite();
    visitor = new Visitor(site);
    await visitor.login();
  });
  afterAll(async () => site.close());

  it.each(refused)('%s is refused and changes nothing', async (_how, headers) => {
    const asked = site.sandbox.requests.length;
    const response = await visitor.agent.post(`/auth/qq/${route}`).set(headers(site.url));
    expect(response.status).toBe(403);
    expect(response.text).toContain('ERR_QQ_CROSS_SITE');
    expect(site.sandbox.requests).toHaveLength(asked);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it.each(accepted)('%s is carried out', async (_how, headers) => {
    const own = new Visitor(site);
    await own.login();
    const response = await own.agent.post(`/auth/qq/${route}`).set(headers(site.url));
    expect(response.status).toBe(route === 'logout' ? 303 : 200);
  });

  it.each(['get', 'put', 'delete'] as const)(
    'the method %s in its place is 405 and changes nothing',
    async (method) => {
      const response = await visitor.agent[method](`/auth/qq/${route}`);
      expect([response.status, response.headers.allow]).toEqual([405, 'POST']);
      expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
    },
  );
});

describe('the user as JSON', () => {
  it('is for this site alone: no header lets another one read it', async () => {
    await using site = await startWatchedSite();
    const visitor = new Visitor(site);
    await visitor.login();
    const response = await visitor.agent.get('/auth/qq/user').set('Origin', 'https://evil.example');
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).not.toHaveProperty('raw');
  });
});
