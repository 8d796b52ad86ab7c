import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GUIDE, filesOf } from '../support/code-blocks.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import type { DocumentedApp } from '../support/documented-app.js';

describe('the worked example of account linking', () => {
  let app: DocumentedApp;
  beforeAll(async () => {
    app = await startDocumentedApp(filesOf(`${GUIDE}/account-linking.md`), { env: { DATABASE: ':memory:' } });
  });
  afterAll(async () => app[Symbol.asyncDispose]());

  /** Chooses who logs in at QQ next: personas of the sandbox, by their place. */
  const atQQ = (place: number): void => app.sandbox.nextUser(app.sandbox.users[place]?.openid ?? '');
  async function registered(name: string): Promise<DocumentReader> {
    const reader = new DocumentReader(app.url);
    const page = await reader.visit('/register', { name, email: `${name}@example.com`, password: 'a password' });
    expect(JSON.parse(page.body)).toMatchObject({ name, hasQQ: 0 });
    return reader;
  }

  it('binds a QQ to an account that exists, and logs in with it', async () => {
    const reader = await registered('binder');
    atQQ(0);
    const bound = await reader.visit('/account/bind-qq', {});
    expect(bound.url.pathname).toBe('/account');
    expect(JSON.parse(bound.body)).toMatchObject({ name: 'binder', hasQQ: 1 });

    atQQ(0);
    const elsewhere = new DocumentReader(app.url);
    const landed = await elsewhere.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(landed.body)).toMatchObject({ name: 'binder', hasPassword: 1, hasQQ: 1 });
  });

  it('refuses a QQ that is bound to another account, which stays logged in as it was', async () => {
    const owner = await registered('owner');
    atQQ(1);
    await owner.visit('/account/bind-qq', {});

    const second = await registered('second');
    atQQ(1);
    const refused = await second.visit('/account/bind-qq', {});
    expect(refused.status).toBe(409);
    expect(refused.body).toContain('bound to another account');
    expect(JSON.parse((await second.visit('/account')).body)).toMatchObject({ name: 'second', hasQQ: 0 });
    expect(JSON.parse((await owner.visit('/account')).body)).toMatchObject({ name: 'owner', hasQQ: 1 });
  });

  it('refuses a second QQ for one account', async () => {
    const reader = await registered('collector');
    atQQ(2);
    await reader.visit('/account/bind-qq', {});
    atQQ(3);
    const refused = await reader.visit('/account/bind-qq', {});
    expect(refused.status).toBe(409);
    expect(refused.body).toContain('another QQ');
    expect(JSON.parse((await reader.visit('/account')).body)).toMatchObject({ name: 'collector' });
  });

  it('binds only who asked for it: another login in the same browser gets its own account', async () => {
    const reader = await registered('absent');
    atQQ(4);
    const landed = await reader.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(landed.body)).toMatchObject({ name: '青柠', hasPassword: 0, hasQQ: 1 });
    const back = new DocumentReader(app.url);
    const own = await back.visit('/login', { email: 'absent@example.com', password: 'a password' });
    expect(JSON.parse(own.body)).toMatchObject({ name: 'absent', hasQQ: 0 });
  });

  it('unbinds, but not the last way in', async () => {
    const byQQ = new DocumentReader(app.url);
    atQQ(5);
    await byQQ.visit('/auth/qq/login?returnTo=/account');
    const refused = await byQQ.visit('/account/unbind-qq', {});
    expect(refused.status).toBe(409);
    expect(refused.body).toContain('only way in');
    expect(JSON.parse((await byQQ.visit('/account')).body)).toMatchObject({ hasQQ: 1 });

    const binder = new DocumentReader(app.url);
    await binder.visit('/login', { email: 'binder@example.com', password: 'a password' });
    const unbound = await binder.visit('/account/unbind-qq', {});
    expect(JSON.parse(unbound.body)).toMatchObject({ name: 'binder', hasQQ: 0 });
  });

  it('answers a wrong password and a taken address with a status of its own', async () => {
    const reader = await registered('careful');
    expect((await reader.visit('/login', { email: 'careful@example.com', password: 'wrong' })).status).toBe(401);
    expect((await reader.visit('/login', { email: 'unknown@example.com', password: 'wrong' })).status).toBe(401);
    const again = { name: 'careful', email: 'careful@example.com', password: 'other' };
    expect((await reader.visit('/register', again)).status).toBe(409);
  });
});
