import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeWithRedis } from '../support/redis.js';
import { SentParameters } from '../support/sent-parameters.js';
import { APP, Visitor } from '../support/site.js';
import { redisStores, stores } from '../support/stores.js';
import { pass, stopDate } from '../support/clock.js';
import { DAY, ask, refreshes, sameBrowser, startTokenSite, tokenOf } from '../support/token-site.js';
import type { Site } from '../support/site.js';
import type { TestStore } from '../support/stores.js';

const FEW = process.env.NIGHTLY === 'true' ? 1_000 : 100;

/** What any session store must do for a login to last. */
function carriesALogin(open: () => Promise<TestStore>, abandoned: number): void {
  let kept: TestStore;
  let site: Site;
  let visitor: Visitor;

  beforeEach(async () => {
    stopDate();
    kept = await open();
    site = await startTokenSite({ store: kept.store, qq: { encryptionKey: 'the-first-key-0123456789-0123456789' } });
    visitor = new Visitor(site);
  });
  afterEach(async () => {
    await site.close();
    await kept[Symbol.asyncDispose]();
    jest.useRealTimers();
  });

  const idsOf = async (): Promise<string[]> => Object.keys(await kept.dump());
  const recordIds = async (): Promise<string[]> => (await idsOf()).filter((id) => id.startsWith('qqt_'));
  const sessionIds = async (): Promise<string[]> => (await idsOf()).filter((id) => !id.startsWith('qqt_'));
  const siteWith = async (...encryptionKey: string[]): Promise<Site> =>
    startTokenSite({
      store: kept.store,
      qq: { encryptionKey, graphUrl: site.sandbox.url, redirectUri: `${site.url}/auth/qq/callback` },
    });

  it('keeps it from the login over refreshes to the logout, and then has only tombstones', async () => {
    expect((await visitor.login()).status).toBe(302);
    expect(await idsOf()).toHaveLength(1);
    const first = await tokenOf(visitor);

    pass(9 * DAY);
    const second = await tokenOf(visitor);
    expect(second).not.toBe(first);
    expect(await tokenOf(visitor)).toBe(second);
    expect(refreshes(site.sandbox)).toHaveLength(1);

    expect(await ask(visitor, '/auth/qq/refresh', 'post')).toMatchObject({ status: 200 });
    await visitor.agent.post('/session').send({ basket: 'full' });
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });

    const earlier = await sessionIds();
    expect((await visitor.login()).status).toBe(302);
    expect(await sessionIds()).toHaveLength(1);
    expect((await sessionIds()).filter((id) => earlier.includes(id))).toEqual([]);
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 'full' });

    expect(await ask(visitor, '/auth/qq/logout', 'post')).toMatchObject({ status: 204 });
    expect(await sessionIds()).toEqual([]);
    for (const id of await recordIds()) expect((await kept.dump())[id]).toContain('"ended":true');
    pass(2 * 3_600 * 1_000);
    expect(await ask(visitor, '/auth/qq/user')).toMatchObject({ status: 401 });
  }, 30_000);

  it('keeps it when keys rotate, and loses only the tokens when a key is lost', async () => {
    await visitor.login();
    const token = await tokenOf(visitor);
    await using rotating = await siteWith(
      'the-second-key-0123456789-0123456789',
      'the-first-key-0123456789-0123456789',
    );
    await using rotated = await siteWith('the-second-key-0123456789-0123456789');

    expect(await ask(sameBrowser(visitor, rotated), '/token')).toMatchObject({
      status: 401,
      body: { action: 'login_again' },
    });
    expect(await ask(sameBrowser(visitor, rotated), '/auth/qq/user')).toMatchObject({ status: 200 });

    expect(await tokenOf(sameBrowser(visitor, rotating))).toBe(token);
    pass(9 * DAY); // whatever writes the record, seals it with the new key
    const renewed = await tokenOf(sameBrowser(visitor, rotating));
    expect(renewed).not.toBe(token);
    expect(await tokenOf(sameBrowser(visitor, rotated))).toBe(renewed);
    expect(await ask(visitor, '/token')).toMatchObject({ status: 401 });
  }, 30_000);

  it('gives a record its end, and returns its tokens no longer afterwards', async () => {
    await visitor.login();
    pass(9 * DAY);
    await tokenOf(visitor);
    const [id = ''] = await recordIds();
    const written = JSON.parse((await kept.dump())[id] ?? '') as { cookie: { expires: string }; sealed: string };
    expect(new Date(written.cookie.expires).getTime()).toBe(Date.now() + 81 * DAY);
    expect(id).toHaveLength(36);
    const late = sameBrowser(visitor);
    pass(81 * DAY);
    expect(await ask(late, '/token')).toMatchObject({ status: 401, body: { action: 'login_again' } });
    expect(refreshes(site.sandbox)).toHaveLength(1);
  }, 30_000);

  it('stores no readable token, code or key', async () => {
    using sent = new SentParameters(site.sandbox);
    await visitor.login();
    const secrets = [APP.appKey, 'the-first-key-0123456789-0123456789', await tokenOf(visitor)];
    pass(9 * DAY);
    secrets.push(await tokenOf(visitor));
    for (const query of sent.queries) {
      secrets.push(
        ...[query.code, query.refresh_token, query.access_token, query.state].filter((one) => one !== undefined),
      );
    }
    expect(secrets.length).toBeGreaterThan(6);
    const dump = JSON.stringify(await kept.dump());
    for (const secret of secrets) {
      for (const written of [secret, Buffer.from(secret).toString('base64url').slice(0, -2), secret.toLowerCase()]) {
        expect(dump).not.toContain(written);
      }
    }
  }, 30_000);

  it(`holds nothing of ${abandoned} logins that were started and abandoned`, async () => {
    const before = await idsOf();
    for (let begun = 0; begun < abandoned; begun += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => fetch(`${site.url}/auth/qq/login`, { redirect: 'manual' })),
      );
      expect(answers.filter(({ status }) => status !== 302)).toEqual([]);
      expect(answers.filter(({ headers }) => headers.get('set-cookie')?.includes('connect.sid'))).toEqual([]);
    }
    expect(await idsOf()).toEqual(before);
  }, 60_000);
}

describe.each(stores)('%s', (_name, open) => carriesALogin(open, FEW));

for (const [name, open] of redisStores) describeWithRedis(name, () => carriesALogin(open, FEW));
