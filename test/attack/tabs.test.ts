import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '../support/site.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const pages = Array.from({ length: 10 }, (_, index) => `/private?tab=${index}`);

const orders: [string, (callbacks: URL[]) => URL[]][] = [
  ['in the order they were opened', (callbacks) => callbacks],
  ['the newest first', (callbacks) => callbacks.toReversed()],
  ['from the middle outwards', (callbacks) => callbacks.toSorted((a, b) => a.search.localeCompare(b.search))],
];

describe('a person with several tabs', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it.each(orders)('logs in in both of two tabs, finished %s', async (_order, arrange) => {
    const visitor = new Visitor(site);
    const callbacks = [await visitor.toCallback(pages[0]), await visitor.toCallback(pages[1])];
    for (const callback of arrange(callbacks)) {
      const response = await visitor.callback(callback);
      expect(response.status).toBe(302);
      expect(response.headers.location).toBe(pages[callbacks.indexOf(callback)]);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it.each(orders)('logs in in all of ten tabs, finished %s', async (_order, arrange) => {
    const visitor = new Visitor(site);
    const callbacks: URL[] = [];
    for (const page of pages) callbacks.push(await visitor.toCallback(page));
    for (const callback of arrange(callbacks)) {
      const response = await visitor.callback(callback);
      expect(response.headers.location).toBe(pages[callbacks.indexOf(callback)]);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it('logs in in ten tabs that are opened and finished at the same moment', async () => {
    const visitor = new Visitor(site);
    const callbacks = await Promise.all(pages.map(async (page) => visitor.toCallback(page)));
    const responses = await Promise.all(callbacks.map(async (callback) => visitor.callback(callback)));
    expect(responses.map(({ headers }) => headers.location)).toEqual(pages);
    expect((await visitor.agent.get('/private')).status).toBe(200);
  });

  it('logs in after a double click on the button, whichever of the two logins is finished', async () => {
    for (const finished of [0, 1]) {
      const visitor = new Visitor(site);
      const clicks = await Promise.all([visitor.toCallback('/private'), visitor.toCallback('/private')]);
      const response = await visitor.callback(clicks[finished] ?? clicks[0]);
      expect(response.headers.location).toBe('/private');
      expect((await visitor.agent.get('/private')).status).toBe(200);
    }
  });

  it('is not disturbed by a tab that was left at QQ', async () => {
    const visitor = new Visitor(site);
    const abandoned = await visitor.toCallback('/private?tab=abandoned');
    await visitor.login('/private');
    expect((await visitor.agent.get('/private')).status).toBe(200);
    const late = await visitor.callback(abandoned);
    expect(late.headers.location).toBe('/private?tab=abandoned');
  });

  it('keeps the data of their session in every tab', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ basket: ['tea'] });
    for (const callback of [await visitor.toCallback('/'), await visitor.toCallback('/')]) {
      await visitor.callback(callback);
      expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: ['tea'] });
    }
  });
});
