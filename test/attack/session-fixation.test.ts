import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { APP, Visitor } from '../support/site.js';
import { sessionCookie } from './support/cookies.js';
import { startWatchedSite } from './support/watched-site.js';
import type { WatchedSite } from './support/watched-site.js';

describe('an attacker who knows the session id of the victim before the login', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it('does not know it afterwards, and the planted one is dead', async () => {
    const planted = sessionCookie(await request(site.url).post('/session').send({ planted: true }));
    expect(planted).not.toBe('');
    const victim = new Visitor(site);
    victim.agent.jar.setCookie(planted);
    const response = await victim.login();
    const fresh = sessionCookie(response);
    expect(fresh).not.toBe('');
    expect(fresh).not.toBe(planted);
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(200);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', planted)).status).toBe(401);
    const body: unknown = (await request(site.url).get('/session').set('Cookie', planted)).body;
    expect(body).not.toHaveProperty('planted');
  });

  it('learns nothing from it after a second login either', async () => {
    const victim = new Visitor(site);
    const first = sessionCookie(await victim.login());
    const second = sessionCookie(await victim.login());
    expect(second).not.toBe(first);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', first)).status).toBe(401);
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', second)).status).toBe(200);
  });

  it('cannot make up an id: only those that the application signed count', async () => {
    const victim = new Visitor(site);
    victim.agent.jar.setCookie('connect.sid=s%3Achosen-by-the-attacker.0000000000000000000000000000');
    const fresh = sessionCookie(await victim.login());
    expect(fresh).not.toContain('chosen-by-the-attacker');
    expect((await victim.agent.get('/auth/qq/user')).status).toBe(200);
  });

  it('finds the session destroyed after a logout', async () => {
    const victim = new Visitor(site);
    const stolen = sessionCookie(await victim.login());
    await victim.agent.post('/auth/qq/logout');
    expect((await request(site.url).get('/auth/qq/user').set('Cookie', stolen)).status).toBe(401);
  });
});

describe('the data of a session', () => {
  let site: WatchedSite;
  beforeAll(async () => {
    site = await startWatchedSite();
  });
  afterAll(async () => site.close());

  it('moves along at a login, and again when the same user logs in', async () => {
    const visitor = new Visitor(site);
    await visitor.agent.post('/session').send({ basket: 1 });
    await visitor.login();
    await visitor.login();
    expect((await visitor.agent.get('/session')).body).toMatchObject({ basket: 1 });
  });

  it('does not move along to another QQ user of the same browser', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    await visitor.agent.post('/session').send({ letter: 'private' });
    site.sandbox.nextUser(site.sandbox.users[1]?.openid ?? '');
    await visitor.login();
    expect((await visitor.agent.get('/private')).body).toEqual({ openid: site.sandbox.users[1]?.openid });
    expect((await visitor.agent.get('/session')).body).not.toHaveProperty('letter');
  });

  it('and its id stay as they were when a login fails at any step', async () => {
    await using refusing = await startWatchedSite({
      qq: {
        onLogin: ({ req }) => {
          if (req.get('x-refuse')) throw Object.assign(new Error('not welcome'), { status: 403 });
        },
      },
    });
    const visitor = new Visitor(refusing);
    const before = sessionCookie(await visitor.login());
    await visitor.agent.post('/session').send({ basket: 2 });
    refusing.sandbox.nextUser(refusing.sandbox.users[1]?.openid ?? '');
    const callback = await visitor.toCallback();
    const response = await visitor.callback(callback).set('X-Refuse', 'yes');
    expect(response.status).toBe(403);
    expect(sessionCookie(response)).toBe('');
    const kept = await request(refusing.url).get('/session').set('Cookie', before);
    expect(kept.body).toMatchObject({
      basket: 2,
      qqConnect: { logins: { [APP.appId]: { openid: refusing.sandbox.users[0]?.openid } } },
    });
  });
});
