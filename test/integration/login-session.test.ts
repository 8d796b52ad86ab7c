import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import { WatchedStore, contents, ids } from '../support/store.js';
import type { SessionData } from 'express-session';
import type { Site } from '../support/site.js';

/** A door that somebody waits at. */
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

  it('is stored after its tokens, and before the earlier one goes', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    const callback = await visitor.toCallback();
    store.log.length = 0;
    await visitor.callback(callback);
    expect(store.log.slice(0, 3)).toEqual(['set record', 'set session', 'destroy session']);
  });

  const failures: [string, (operation: string, id: string) => boolean][] = [
    ['the tokens cannot be stored', (operation, id) => operation === 'set' && id.startsWith('qqt_')],
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

  it('logs nobody in who had no login before, if it cannot be stored', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    store.before = (operation, id) => {
      if (operation === 'set' && !id.startsWith('qqt_')) throw new Error('full');
    };
    expect((await visitor.callback(callback)).status).toBe(503);
    store.before = () => undefined;
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
    expect(await ids(store)).toEqual({ sessions: [], records: [] });
  });

  it('keeps its tokens if the store took it all the same, and then could neither say so nor give it up', async () => {
    /** Loses its connection between doing something to a session and saying so. */
    class LosingStore extends WatchedStore {
      isLosing = false;

      override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
        const isLost = this.isLosing && !id.startsWith('qqt_');
        super.set(id, data, (error) => callback?.(isLost ? new Error('connection lost') : error));
      }

      override destroy(id: string, callback?: (error?: unknown) => void): void {
        if (this.isLosing && !id.startsWith('qqt_')) callback?.(new Error('no connection'));
        else super.destroy(id, callback);
      }
    }
    const losing = new LosingStore();
    await using other = await startSite({ store: losing });
    const visitor = new Visitor(other);
    const callback = await visitor.toCallback();
    losing.isLosing = true;
    expect((await visitor.callback(callback)).status).toBe(503);
    const stored = Object.values(await contents(losing)).flatMap(({ qqConnect }) => qqConnect?.tokens?.record ?? []);
    expect(stored).toHaveLength(1);
    expect((await ids(losing)).records).toEqual(stored);
  });
});
