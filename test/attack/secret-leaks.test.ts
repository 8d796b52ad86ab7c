import { describe, expect, it } from '@jest/globals';
import { APP, Visitor } from '../support/site.js';
import { startWatchedSite } from './support/watched-site.js';
import type { Express } from 'express';

const leaky: [string, string, (app: Express) => void][] = [
  [
    'client_secret in the page at /leak',
    'a page',
    (app) => app.get('/leak', (_req, res) => void res.send(`key: ${APP.appKey}`)),
  ],
  [
    'code in the headers of /leak',
    'a header',
    (app) => app.get('/leak', (req, res) => void res.set('X-Code', req.originalUrl).send('')),
  ],
  [
    'code in error, inspected',
    'the cause of an error',
    (app) =>
      app.get('/leak', (req) => {
        throw new Error('outside', { cause: Object.assign(new Error('inside'), { url: req.originalUrl }) });
      }),
  ],
  [
    'cookie in console.log',
    'a log line',
    (app) =>
      app.get('/leak', (req, res) => {
        console.log({ headers: { nested: { cookie: req.headers.cookie } } });
        res.send('');
      }),
  ],
  [
    'access_token in the session store',
    'a session',
    (app) =>
      app.get('/leak', (req, res, next) => {
        req.qqConnect.accessToken().then((token) => {
          Object.assign(req.session, { token });
          res.send('');
        }, next);
      }),
  ],
];

describe('the collector that every attack passes through', () => {
  it.each(leaky)('finds the %s, so that %s which leaks fails a test', async (found, _what, routes) => {
    await using site = await startWatchedSite({ routes });
    const visitor = new Visitor(site);
    await visitor.login();
    await site.learn();
    expect(site.watch.leaks()).toEqual([]);
    await visitor.agent.get('/leak?code=A0B1C2D3E4F5061728394A5B6C7D8E9F');
    await site.learn();
    expect(site.watch.leaks()).toContain(found);
  });
});
