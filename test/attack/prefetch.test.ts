import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { setCookies } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const prefetches: [string, Record<string, string>][] = [
  ['Sec-Purpose: prefetch', { 'Sec-Purpose': 'prefetch' }],
  ['Sec-Purpose: prefetch;prerender', { 'Sec-Purpose': 'prefetch;prerender' }],
  ['Sec-Purpose: prefetch;anonymous-client-ip', { 'Sec-Purpose': 'prefetch;anonymous-client-ip' }],
  ['Purpose: prefetch', { Purpose: 'prefetch' }],
  ['Purpose: preview', { Purpose: 'preview' }],
  ['X-Moz: prefetch', { 'X-Moz': 'prefetch' }],
  ['X-Purpose: preview', { 'X-Purpose': 'preview' }],
];

describe('a browser that fetches in advance', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(prefetches)('begins no login with %s', async (_name, headers) => {
    const visitor = new Visitor(site);
    const response = await visitor.agent.get('/auth/qq/login').set(headers);
    expect([response.status, response.text, setCookies(response)]).toEqual([503, '', []]);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it.each(prefetches)('uses up neither state nor code with %s', async (_name, headers) => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    const asked = site.sandbox.requests.length;
    const early = await visitor.callback(callback).set(headers);
    expect([early.status, setCookies(early)]).toEqual([503, []]);
    expect(site.sandbox.requests).toHaveLength(asked);
    const real = await visitor.callback(callback);
    expect(real.headers.location).toBe('/private');
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('uses nothing up with HEAD either', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.head('/auth/qq/login');
    expect([login.status, setCookies(login)]).toEqual([204, []]);
    const callback = await visitor.toCallback('/private');
    const asked = site.sandbox.requests.length;
    const head = await visitor.agent.head(callback.pathname + callback.search);
    expect([head.status, setCookies(head)]).toEqual([204, []]);
    expect(site.sandbox.requests).toHaveLength(asked);
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });
});
