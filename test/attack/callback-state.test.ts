import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import { later } from '../support/clock.js';
import { cookiesSetBy } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

const CODE = 'A0B1C2D3E4F5061728394A5B6C7D8E9F';

describe('a callback whose state is', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  /** Expects the page that says what happened and begins again with one click; QQ must not have been asked. */
  async function expectRefusal(visitor: Visitor, path: string, code: string): Promise<void> {
    const asked = site.asked('token');
    const response = await visitor.agent.get(path).set('Accept-Language', 'en');
    expect(response.status).toBe(400);
    expect(response.text).toContain(code);
    expect(response.text).toMatch(/<a href="\/auth\/qq\/login[^"]*">Log in with QQ again<\/a>/);
    expect(cookiesSetBy(response)).toEqual([]);
    expect(site.asked('token')).toBe(asked);
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(401);
  }

  it.each([
    ['missing, as some phones drop it', `?code=${CODE}`, 'ERR_QQ_STATE_MISSING'],
    ['missing, with nothing else there', '', 'ERR_QQ_STATE_MISSING'],
    ['empty', `?code=${CODE}&state=`, 'ERR_QQ_STATE_MISSING'],
    ['wrong', `?code=${CODE}&state=${'a'.repeat(43)}`, 'ERR_QQ_STATE_UNKNOWN'],
    ['wrong and short', `?code=${CODE}&state=1`, 'ERR_QQ_STATE_UNKNOWN'],
    ['wrong and very long', `?code=${CODE}&state=${'a'.repeat(3000)}`, 'ERR_QQ_STATE_UNKNOWN'],
    ['an array', `?code=${CODE}&state[]=a`, 'ERR_QQ_STATE_MISSING'],
    ['an object', `?code=${CODE}&state[a]=b`, 'ERR_QQ_STATE_MISSING'],
    ['the name of a property', `?code=${CODE}&state=__proto__`, 'ERR_QQ_STATE_UNKNOWN'],
    ['written in capitals', `?code=${CODE}&STATE=a`, 'ERR_QQ_STATE_MISSING'],
  ])('%s is refused', async (_how, query, code) => {
    await expectRefusal(new Visitor(site), `/auth/qq/callback${query}`, code);
  });

  it('repeated is refused, also where the right one is among them, and the right one still works', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback('/private');
    const state = callback.searchParams.get('state') ?? '';
    for (const states of [
      [state, 'x'],
      ['x', state],
      [state, state],
    ]) {
      const query = states.map((value) => `state=${value}`).join('&');
      await expectRefusal(visitor, `/auth/qq/callback?code=${CODE}&${query}`, 'ERR_QQ_STATE_UNKNOWN');
    }
    expect((await visitor.callback(callback)).headers.location).toBe('/private');
  });

  it('right but for one character is refused', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const state = callback.searchParams.get('state') ?? '';
    for (const wrong of [state.slice(1), `${state}a`, state.toUpperCase(), `${state}%20`, `%20${state}`]) {
      await expectRefusal(visitor, `/auth/qq/callback?code=${CODE}&state=${wrong}`, 'ERR_QQ_STATE_UNKNOWN');
    }
  });

  it('older than ten minutes is refused, even if the browser still sends its cookie', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login');
    const callback = await visitor.atQQ(login.headers.location ?? '');
    const cookies = cookiesSetBy(login).join('; ');
    await later(9 * 60_000, async () => {
      const inTime = await new Visitor(site).callback(callback).set('Cookie', cookies);
      expect(inTime.status).toBe(302);
    });
    const second = await visitor.agent.get('/auth/qq/login');
    const late = await visitor.atQQ(second.headers.location ?? '');
    const asked = site.asked('token');
    await later(601_000, async () => {
      const response = await new Visitor(site).callback(late).set('Cookie', cookiesSetBy(second).join('; '));
      expect(response.status).toBe(400);
      expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
    });
    expect(site.asked('token')).toBe(asked);
  });

  it('that of a login at another application is refused', async () => {
    await using other = await startSite({
      sandbox: { apps: [{ appId: '100000043', appKey: 'another-made-up-app-key-0123' }] },
      qq: { appId: '100000043', appKey: 'another-made-up-app-key-0123' },
    });
    const elsewhere = new Visitor(other);
    const login = await elsewhere.agent.get('/auth/qq/login');
    const foreign = await elsewhere.atQQ(login.headers.location ?? '');
    const visitor = new Visitor(site);
    const response = await visitor.callback(foreign).set('Cookie', cookiesSetBy(login).join('; '));
    expect(response.status).toBe(400);
    expect(response.text).toContain('ERR_QQ_STATE_UNKNOWN');
  });

  it('unknown leaves a logged-in user logged in', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    for (const query of ['', `?code=${CODE}`, `?code=${CODE}&state=${'b'.repeat(43)}`]) {
      expect((await visitor.agent.get(`/auth/qq/callback${query}`)).status).toBe(400);
    }
    expect((await visitor.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('unknown is told to onEvent, so that an attack shows in the metrics', async () => {
    const before = site.events.length;
    await new Visitor(site).agent.get(`/auth/qq/callback?code=${CODE}&state=${'c'.repeat(43)}`);
    expect(site.events.slice(before)).toEqual([
      { type: 'login_failed', durationMs: expect.any(Number), code: 'ERR_QQ_STATE_UNKNOWN', step: 'callback' },
    ]);
  });

  it('random: 256 bits, URL-safe, at most 64 characters, never the same twice', async () => {
    const states = new Set<string>();
    for (let login = 0; login < 50; login += 1) {
      const { headers } = await new Visitor(site).agent.get('/auth/qq/login');
      const state = new URL(headers.location ?? '').searchParams.get('state') ?? '';
      expect(state).toMatch(/^[A-Za-z0-9_-]{43}$/);
      states.add(state);
    }
    expect(states.size).toBe(50);
  });
});
