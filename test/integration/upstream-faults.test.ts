import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isQQConnectError } from '../../src/index.js';
import { APP, Visitor, startSite } from '../support/site.js';
import { contents } from '../support/store.js';
import { MADE_UP, hang, reset, startUpstream } from '../support/upstream.js';
import type { QQConnectError } from '../../src/index.js';
import type { Site } from '../support/site.js';
import type { Upstream, UpstreamAnswer, UpstreamEndpoint } from '../support/upstream.js';

const { accessToken, appId, openid, nickname } = MADE_UP;
const GENEROUS_MS = 8_000;

type Step = 'token' | 'me' | 'user_info';
interface Expected {
  code: string;
  action: QQConnectError['action'];
  qqCode?: number;
}

const good = { access_token: accessToken, client_id: appId, openid, ret: 0, nickname };
const body = (changes: object): string => JSON.stringify({ ...good, ...changes });
const noAnswer: Expected = { code: 'ERR_QQ_INVALID_RESPONSE', action: 'try_later' };
const noOpenid: Expected = { code: 'ERR_QQ_OPENID_MISSING', action: 'try_later' };
const said = (qqCode: number, action: Expected['action']): Expected => ({ code: 'ERR_QQ_RESPONSE', action, qqCode });

const everywhere: [string, UpstreamAnswer, Expected][] = [
  ['says no in JSONP', 'callback( {"error":100016,"error_description":"x"} );\n', said(100016, 'login_again')],
  ['says no in JSON', body({ error: 100008, error_description: 'x' }), said(100008, 'fix_configuration')],
  ['says no in a form', `error=100060&error_description=x&openid=${openid}`, said(100060, 'refuse_user')],
  ['says a positive ret', body({ ret: 1002, msg: 'x' }), said(1002, 'login_again')],
  ['says a positive ret in a string', body({ ret: '1001', msg: 'x' }), said(1001, 'try_later')],
  ['says a negative ret', body({ ret: -22, msg: 'x' }), said(-22, 'fix_configuration')],
  ['returns an undocumented error code', body({ ret: 2021, msg: 'x' }), said(2021, 'login_again')],
  ['answers 500', { status: 500, body: body({}) }, { code: 'ERR_QQ_HTTP_STATUS', action: 'try_later' }],
  ['answers a page', '<html><body>502</body></html>', noAnswer],
  ['answers nothing', '', noAnswer],
  ['answers half of it', body({}).slice(0, -8), noAnswer],
  ['resets the connection', reset, { code: 'ERR_QQ_NETWORK', action: 'try_later' }],
  ['hangs', hang, { code: 'ERR_QQ_TIMEOUT', action: 'try_later' }],
  ['answers too much', body({ padding: 'x'.repeat(70_000) }), { code: 'ERR_QQ_BODY_TOO_LARGE', action: 'try_later' }],
];
const identity: [string, UpstreamAnswer, Expected][] = [
  ['has an empty openid', body({ openid: '' }), noOpenid],
  ['has a number for the openid', body({ openid: 12345678 }), noOpenid],
  ['has null for the openid', body({ openid: null }), noOpenid],
  ['has an openid in damaged JSON', body({}).replace(/}$/, ',}'), noAnswer],
];
const onlyMe: [string, UpstreamAnswer, Expected][] = [
  ['has no openid', body({ openid: undefined }), noOpenid],
  ['is of another application', body({ client_id: '9' }), { code: 'ERR_QQ_CLIENT_ID_MISMATCH', action: 'login_again' }],
];
const table: [Step, UpstreamEndpoint[], typeof everywhere][] = [
  ['token', [], [...everywhere, ...identity]],
  ['me', ['token'], [...everywhere, ...identity, ...onlyMe]],
  ['user_info', [], everywhere],
];

describe.each(table)('when the upstream fails at %s, the user is not logged in', (step, before, faults) => {
  let upstream: Upstream;
  let site: Site;
  let errors: unknown[];
  let visitor: Visitor;

  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startSite({
      qq: { graphUrl: upstream.url, timeoutMs: 1_000 },
      routes: (app) =>
        app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
          errors.push(error);
          next(error);
        }),
    });
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });

  beforeEach(async () => {
    errors = [];
    visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ cart: ['tea'] });
    await visitor.login();
    for (const endpoint of before) upstream.always(endpoint, body({ openid: undefined }));
  });
  afterEach(async () => {
    for (const endpoint of ['token', 'me', 'user_info'] as const) upstream.always(endpoint, upstream.usual(endpoint));
  });

  it.each(faults)('where it %s', async (_what, answer, expected) => {
    const visible = (await visitor.agent.get('/session')).body as object;
    const stored = await contents(site.store);
    expect(visible).toMatchObject({ cart: ['tea'], qqConnect: { logins: { [APP.appId]: { openid } } } });
    upstream.always(step, answer);
    const stranger = new Visitor(site);

    const started = Date.now();
    const [asUser, asStranger] = await Promise.all([visitor.login(), stranger.login()]);
    expect(Date.now() - started).toBeLessThan(GENEROUS_MS);

    for (const response of [asUser, asStranger]) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.text).toContain(expected.code);
      expect(response.headers['set-cookie']).toBeUndefined(); // a reload then shows the cause again
    }
    expect(errors).toHaveLength(2);
    for (const error of errors) {
      expect(isQQConnectError(error)).toBe(true);
      expect(error).toMatchObject({ ...expected, step, hint: { en: expect.any(String), zh: expect.any(String) } });
      expect('qqCode' in (error as QQConnectError)).toBe('qqCode' in expected);
    }
    expect((await stranger.agent.get('/auth/qq/user')).status).toBe(401);
    expect((await visitor.agent.get('/session')).body).toEqual(visible);
    expect((await visitor.agent.get('/auth/qq/user')).body).toMatchObject({ openid, nickname });
    expect(await contents(site.store)).toEqual(stored);
  });
});
