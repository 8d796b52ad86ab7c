import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startUpstream } from '../support/upstream.js';
import { Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { QQConnectEvent } from '../../src/index.js';
import type { Upstream } from '../support/upstream.js';

const WRONG_KEY = JSON.stringify({ error: 100009, error_description: 'client secret is illegal' });
const QZUSER = JSON.stringify({
  ret: 0,
  msg: '',
  is_lost: 0,
  nickname: 'qzuser',
  figureurl: 'http://qzapp.qlogo.cn/qzapp/111111/942FEA70050EEAFBD4DCE2C1FC775E56/30',
});

let upstream: Upstream;
let warnings: ReturnType<typeof collectWarnings>;
beforeEach(async () => {
  upstream = await startUpstream();
  warnings = collectWarnings();
});
afterEach(async () => {
  warnings[Symbol.dispose]();
  await upstream.close();
});

const production = { before: (app: { set(name: string, value: string): unknown }) => app.set('env', 'production') };

describe('a failure that means wrong configuration', () => {
  it('causes one warning in production, with the number and what to do', async () => {
    await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
    upstream.always('token', WRONG_KEY);
    for (let time = 0; time < 2; time += 1) expect((await new Visitor(site).login()).status).toBe(500);
    expect([...warnings]).toMatchObject([{ code: 'QQ_CONFIGURATION' }]);
    expect(warnings[0]?.message).toMatch(/100009.*APP Key/s);
  });

  it('causes a warning without the text of the callback, which the browser sent', async () => {
    await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
    const visitor = new Visitor(site);
    const callback = await visitor.toCallback();
    const state = callback.searchParams.get('state') ?? '';
    await visitor.agent.get(`/auth/qq/callback?error=100010&error_description=a+text&state=${state}`);
    expect(warnings[0]?.message).toMatch(/callback: QQ answered 100010\. /);
    expect(warnings[0]?.message).not.toContain('a text');
  });

  it('causes no warning where QQ only fails for the moment', async () => {
    await using site = await startSite({ ...production, qq: { graphUrl: upstream.url } });
    upstream.always('token', JSON.stringify({ error: 100032, error_description: 'busy' }));
    await new Visitor(site).login();
    expect([...warnings]).toEqual([]);
  });

  it('names the APP ID where QQ cannot parse oauth_consumer_key', async () => {
    await using site = await startSite({ qq: { graphUrl: upstream.url } });
    upstream.always(
      'user_info',
      JSON.stringify({ ret: 1, msg: "1 error(s) decoding:\n\n* cannot parse 'oauth_consumer_key' as uint" }),
    );
    const response = await new Visitor(site).login();
    expect(response.text).toContain('QQ_APP_ID');
    expect(warnings[0]?.message).toContain('QQ_APP_ID');
  });
});

describe("QQ's placeholder profile", () => {
  it('is no nickname and no avatar, and causes an event and a warning', async () => {
    const events: QQConnectEvent[] = [];
    await using site = await startSite({ qq: { graphUrl: upstream.url, onEvent: (event) => void events.push(event) } });
    upstream.always('user_info', QZUSER);
    const visitor = new Visitor(site);
    await visitor.login();
    const user = await visitor.agent.get('/auth/qq/user');
    expect(user.body).toMatchObject({ nickname: '' });
    expect(user.body).not.toHaveProperty('avatarUrl');
    expect(user.body).not.toHaveProperty('figureurl');
    expect(events.map(({ type }) => type)).toEqual(['login_started', 'profile_placeholder', 'login_succeeded']);
    expect([...warnings]).toMatchObject([{ code: 'QQ_PROFILE_PLACEHOLDER' }]);
  });

  it('does not replace the profile of a user', async () => {
    await using site = await startSite({ qq: { graphUrl: upstream.url } });
    const visitor = new Visitor(site);
    await visitor.login();
    const before = await visitor.agent.get('/auth/qq/user');
    upstream.always('user_info', QZUSER);
    expect((await visitor.agent.post('/auth/qq/refresh')).body).toEqual(before.body);
  });
});

describe('the clock', () => {
  it.each([
    ['behind', 3_600_000],
    ['ahead of', -3_600_000],
  ])('causes one warning where it is an hour %s that of QQ', async (where, aheadMs) => {
    await using site = await startSite({ qq: { graphUrl: upstream.url } });
    const date = new Date(Date.now() + aheadMs).toUTCString();
    const body = upstream.usual('token') as (request: object) => string;
    upstream.always('token', (request) => ({ headers: { date }, body: body(request) }));
    for (let time = 0; time < 2; time += 1) await new Visitor(site).login();
    expect([...warnings]).toMatchObject([{ code: 'QQ_CLOCK' }]);
    expect(warnings[0]?.message).toMatch(`60 minutes ${where}`);
  });
});

describe('a POST to the callback', () => {
  it('is refused with the request to send instead', async () => {
    await using site = await startSite();
    const response = await new Visitor(site).agent.post('/auth/qq/callback').set('Accept', 'application/json').send({});
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('GET, HEAD');
    expect(response.text).toContain('location.search');
  });
});
