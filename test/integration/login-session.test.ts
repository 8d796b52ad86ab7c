import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import { sessionCookie } from '../support/token-site.js';
import type { SessionOptions } from 'express-session';
import type { Site } from '../support/site.js';

/** A promise that a test resolves. */
function gate() {
  let open: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  return {
    arrived,
    open: () => open(),
    async pass() {
      arrive();
      await opened;
    },
  };
}

describe('the session of a login', () => {
  let store: WatchedStore;
  let site: Site;
  beforeEach(async () => {
    store = new WatchedStore();
    site = await startSite({ store });
  });
  afterEach(() => site.close());

  it('is stored before the redirect leaves, however slow the store', async () => {
    const login = await fetch(`${site.url}/auth/qq/login?returnTo=/private`, { redirect: 'manual' });
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const callback = await new Visitor(site).atQQ(login.headers.get('location') ?? '');
    const slow = gate();
    store.before = async (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) await slow.pass();
    };
    let answered = false;
    // fetch is there as soon as the headers are, and so is a browser.
    const response = fetch(callback, { redirect: 'manual', headers: { cookie } }).then((result) => {
      answered = true;
      return result;
    });
    await slow.arrived;
    await fetch(`${site.url}/`); // a whole exchange later
    expect(answered).toBe(false);
    expect((await ids(store)).sessions).toEqual([]);
    slow.open();
    const { headers } = await response;
    expect(headers.get('location')).toBe('/private');
    const session = headers.getSetCookie().find((line) => line.startsWith('connect.sid')) ?? '';
    expect((await fetch(`${site.url}/private`, { headers: { cookie: session } })).status).toBe(200);
  });

  it.each<[string, Partial<SessionOptions>]>([
    ['the usual options', {}],
    ['rolling', { rolling: true }],
    ['resave', { resave: true }],
    ['saveUninitialized', { saveUninitialized: true }],
    ["unset: 'destroy'", { unset: 'destroy' }],
  ])(
    'is stored once, before the earlier one is destroyed and the redirect is sent, with %s',
    async (_what, session) => {
      const once = new WatchedStore();
      await using other = await startSite({ store: once, session });
      const visitor = new Visitor(other);
      await visitor.agent.post('/session').send({ cart: ['tea'] });
      const callback = await visitor.toCallback();
      once.log.length = 0;
      const response = await visitor.callback(callback);
      expect(sessionCookie(response)).toContain('connect.sid');
      await new Promise((resolve) => setImmediate(resolve));
      const written = once.log.filter((what) => !what.startsWith('get'));
      expect(written).toEqual(['set session', 'destroy session']);
      expect((await visitor.agent.get('/private')).status).toBe(200);
    },
  );

  it('is not written a second time after the response, which would undo a logout', async () => {
    const visitor = new Visitor(site);
    store.before = async (operation) => {
      if (operation === 'set') await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await visitor.login();
    expect((await visitor.agent.post('/auth/qq/logout').set('accept', 'application/json')).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await ids(store)).sessions).toEqual([]);
  });

  it('is not stored before onLogin has finished, even if the application answers the request first', async () => {
    const inOnLogin = gate();
    const slow = new WatchedStore();
    await using other = await startSite({
      store: slow,
      before: (app) =>
        app.use('/auth/qq/callback', (_req, res, next) => {
          void inOnLogin.arrived.then(() => res.status(503).send('the application’s own timeout'));
          next();
        }),
      qq: {
        onLogin: async () => {
          await inOnLogin.pass();
          throw new Error('refused');
        },
      },
    });
    const visitor = new Visitor(other);
    const response = await visitor.login();
    expect(response.status).toBe(503);
    expect((await ids(slow)).sessions).toEqual([]);
    inOnLogin.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await ids(slow)).sessions).toEqual([]);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  });

  const failures: [string, (operation: string, id: string) => boolean][] = [
    ['the new session cannot be stored', (operation, id) => operation === 'set' && !id.startsWith('qqt_')],
    ['the earlier session cannot be destroyed', (operation, id) => operation === 'destroy' && !id.startsWith('qqt_')],
  ];

  it.each(failures)('stays as it was if %s', async (_what, fails) => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    const before = await contents(store);
    const callback = await visitor.toCallback();
    let failed = 0;
    store.before = (operation, id) => {
      if (failed > 0 || !fails(operation, id)) return;
      failed += 1;
      throw Object.assign(new Error('top secret of the store'), { code: 'ECONNREFUSED' });
    };
    const response = await visitor.callback(callback);
    expect(failed).toBe(1);
    expect(response.status).toBe(503);
    expect(response.text).toContain('ERR_QQ_SESSION_STORE');
    expect(response.text).toContain('ECONNREFUSED');
    expect(response.text).not.toContain('top secret');
    expect(await contents(store)).toEqual(before);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ cart: ['tea'], qqConnect: {} });
  });

  it('leaves a new user logged out if the session cannot be stored', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    store.before = (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) throw new Error('full');
    };
    expect((await visitor.callback(callback)).status).toBe(503);
    store.before = () => undefined;
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    expect(await ids(store)).toMatchObject({ sessions: [], records: [] });
  });
});
