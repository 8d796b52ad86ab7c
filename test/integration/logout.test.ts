import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import { ids } from '../support/store.js';
import type { Site } from '../support/site.js';

const PAGE = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe.each(['destroy', 'keep'] as const)("a logout with logout: '%s'", (logout) => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({
      qq: { logout, defaultReturnTo: '/home' },
      routes: (app) =>
        app.post('/own-logout', (req, res, next) => {
          req.qqConnect
            .logout()
            .then(() => res.json({ user: req.qqUser ?? null, session: typeof req.session }))
            .catch(next);
        }),
    });
  });
  afterAll(() => site.close());

  async function loggedIn(): Promise<Visitor> {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    return visitor;
  }

  it('ends the login and its tokens, and leads a page to defaultReturnTo', async () => {
    const visitor = await loggedIn();
    const before = await ids(site.store);
    const response = await visitor.agent.post('/auth/qq/logout').set('Accept', PAGE);
    expect(response.status).toBe(303);
    expect(response.headers.location).toBe('/home');
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    const after = await ids(site.store);
    expect(after.tombstones).toHaveLength(before.tombstones.length + 1);
  });

  it('answers 204 to a program', async () => {
    const visitor = await loggedIn();
    const response = await visitor.agent.post('/auth/qq/logout').set('Accept', 'application/json');
    expect(response.status).toBe(204);
    expect(response.headers['cache-control']).toBe('no-store');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it(`${logout === 'keep' ? 'keeps' : 'ends'} the application’s data`, async () => {
    const visitor = await loggedIn();
    const before = await ids(site.store);
    await visitor.agent.post('/auth/qq/logout');
    const left = (await visitor.agent.get('/session')).body as object;
    const after = await ids(site.store);
    if (logout === 'keep') expect(left).toMatchObject({ cart: ['tea'], qqConnect: { logins: {} } });
    else expect(left).not.toHaveProperty('cart');
    expect(after.sessions).toHaveLength(before.sessions.length - (logout === 'keep' ? 0 : 1));
  });

  it('returns the same response if the user is not logged in', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    expect((await visitor.agent.post('/auth/qq/logout')).status).toBe(303);
    expect((await visitor.agent.get('/session')).body).toHaveProperty('cart', ['tea']);
  });

  it.each(['get', 'put', 'delete', 'head'] as const)('is no %s', async (method) => {
    const visitor = await loggedIn();
    const response = await visitor.agent[method]('/auth/qq/logout');
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('POST');
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('can be had by a handler of the application’s: req.qqConnect.logout()', async () => {
    const visitor = await loggedIn();
    const response = await visitor.agent.post('/own-logout');
    expect(response.body).toEqual({ user: null, session: logout === 'keep' ? 'object' : 'undefined' });
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  it('can be followed by another login in the same browser', async () => {
    const visitor = await loggedIn();
    await visitor.agent.post('/auth/qq/logout');
    await visitor.login();
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });
});
