import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SentParameters } from '../support/sent-parameters.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { QQConnectEvent } from '../../src/index.js';
import type { Site } from '../support/site.js';

describe('onEvent', () => {
  let site: Site;
  let events: QQConnectEvent[];
  let listen: (event: QQConnectEvent) => void;
  let refuse: boolean;

  beforeAll(async () => {
    site = await startSite({
      qq: {
        onEvent: (event) => listen(event),
        onLogin: () => {
          if (refuse) throw new Error('no beer');
        },
      },
    });
  });
  afterAll(() => site.close());
  beforeEach(() => {
    events = [];
    listen = (event) => void events.push(event);
    refuse = false;
  });
  const durationMs = expect.any(Number);

  it('hears of a login and a logout', async () => {
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    expect(events).toEqual([{ type: 'login_started' }]);
    await visitor.callback(callback);
    expect(events[1]).toEqual({ type: 'login_succeeded', durationMs });
    await visitor.callback(callback); // a reload is no login
    await visitor.agent.post('/auth/qq/logout');
    await visitor.agent.post('/auth/qq/logout');
    expect(events.slice(2)).toEqual([{ type: 'logged_out' }]);
  });

  it('hears of a guard that begins a login', async () => {
    await new Visitor(site).agent.get('/private').set('Accept', 'text/html');
    expect(events).toEqual([{ type: 'login_started' }]);
  });

  it('hears of a cancelled login', async () => {
    site.sandbox.failNext('authorize', 'cancel');
    await new Visitor(site).login();
    expect(events.map(({ type }) => type)).toEqual(['login_started', 'login_cancelled']);
  });

  it('hears of a failed login, with code, step, QQ’s number and duration', async () => {
    site.sandbox.failNext('token', { error: 100020 });
    await new Visitor(site).login();
    expect(events[1]).toEqual({
      type: 'login_failed',
      code: 'ERR_QQ_RESPONSE',
      step: 'token',
      qqCode: 100020,
      durationMs,
    });
    site.sandbox.failNext('user_info', 'http_500');
    await new Visitor(site).login();
    expect(events[3]).toEqual({ type: 'login_failed', code: 'ERR_QQ_HTTP_STATUS', step: 'user_info', durationMs });
  });

  it('hears of a login that onLogin refused, and nothing of the reason', async () => {
    refuse = true;
    await new Visitor(site).login();
    expect(events[1]).toEqual({ type: 'login_failed', code: 'ERR_REFUSED_BY_ON_LOGIN', step: 'session', durationMs });
  });

  it('hears no secret and nothing of who it was', async () => {
    const visitor = new Visitor(site);
    using sentTo = new SentParameters(site.sandbox);
    await visitor.login();
    site.sandbox.failNext('token', 'truncated');
    await visitor.login();
    const heard = JSON.stringify(events);
    const sent = sentTo.queries.flatMap((query) => [query.code, query.access_token, query.openid]);
    for (const secret of [APP.appKey, ...sent]) if (secret !== undefined) expect(heard).not.toContain(secret);
    expect(sent.filter(Boolean).length).toBeGreaterThan(2);
  });

  it('decides nothing when it fails later: a rejected promise ends no process', async () => {
    using warnings = collectWarnings();
    const other = await startSite({ qq: { onEvent: async () => Promise.reject(new Error('metrics are down')) } });
    try {
      expect((await new Visitor(other).login('/private')).headers.location).toBe('/private');
    } finally {
      await other.close();
    }
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_ON_EVENT']);
  });

  it('decides nothing: what a listener throws is a warning', async () => {
    using warnings = collectWarnings();
    listen = () => {
      throw new Error('a secret of the listener');
    };
    expect((await new Visitor(site).login('/private')).headers.location).toBe('/private');
    expect(warnings.map(({ code }) => code)).toEqual(['QQ_ON_EVENT']);
    expect(warnings[0]?.type).toBe('QQConnectWarning');
    expect(warnings[0]?.message).toContain('login_started');
    expect(JSON.stringify(warnings)).not.toContain('a secret');
  });
});
