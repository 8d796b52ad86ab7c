import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { GUIDE, filesOf } from '../support/code-blocks.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import { describeWithMariaDB, startMariaDB } from '../support/mariadb.js';
import type { DocumentedApp } from '../support/documented-app.js';
import type { MariaDBServer } from '../support/mariadb.js';

const files = filesOf(`${GUIDE}/account-linking.md`);
const nicknames = ['林小满', '大熊', '小兔', '阿强', '青柠', '', '误注册', '\u202e  ', '😀'];
const sandbox = { autoApprove: true, users: nicknames.map((nickname) => ({ nickname })) };

function linksAccounts(start: () => Promise<DocumentedApp>): void {
  let app: DocumentedApp;
  beforeAll(async () => {
    app = await start();
  }, 60_000);
  afterAll(async () => app[Symbol.asyncDispose]());

  /** Chooses who logs in at QQ next: personas of the sandbox, by their place. */
  const atQQ = (place: number): void => app.sandbox.nextUser(app.sandbox.users[place]?.openid ?? '');
  async function registered(name: string): Promise<DocumentReader> {
    const reader = new DocumentReader(app.url);
    const page = await reader.visit('/register', { name, email: `${name}@example.com`, password: 'a password' });
    expect(JSON.parse(page.body)).toMatchObject({ name, hasQQ: false });
    return reader;
  }

  it('binds a QQ to an account that exists, and logs in with it', async () => {
    const reader = await registered('binder');
    atQQ(0);
    const bound = await reader.visit('/account/bind-qq', {});
    expect(bound.url.pathname).toBe('/account');
    expect(JSON.parse(bound.body)).toMatchObject({ name: 'binder', hasQQ: true });

    atQQ(0);
    const elsewhere = new DocumentReader(app.url);
    const landed = await elsewhere.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(landed.body)).toMatchObject({ name: 'binder', hasPassword: true, hasQQ: true });
  });

  it('refuses a QQ that is bound to another account, and keeps the current login', async () => {
    const owner = await registered('owner');
    atQQ(1);
    await owner.visit('/account/bind-qq', {});

    const second = await registered('second');
    atQQ(1);
    const refused = await second.visit('/account/bind-qq', {});
    expect(refused.status).toBe(409);
    expect(refused.body).toContain('bound to another account');
    expect(JSON.parse((await second.visit('/account')).body)).toMatchObject({ name: 'second', hasQQ: false });
    expect(JSON.parse((await owner.visit('/account')).body)).toMatchObject({ name: 'owner', hasQQ: true });
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

  it('binds only the account that requested it, and another login in the same browser gets its own account', async () => {
    const reader = await registered('absent');
    atQQ(4);
    const landed = await reader.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(landed.body)).toMatchObject({ name: '青柠', hasPassword: false, hasQQ: true });
    const back = new DocumentReader(app.url);
    const own = await back.visit('/login', { email: 'absent@example.com', password: 'a password' });
    expect(JSON.parse(own.body)).toMatchObject({ name: 'absent', hasQQ: false });
  });

  it('unbinds a QQ, except the only way to log in', async () => {
    const byQQ = new DocumentReader(app.url);
    atQQ(5);
    await byQQ.visit('/auth/qq/login?returnTo=/account');
    const refused = await byQQ.visit('/account/unbind-qq', {});
    expect(refused.status).toBe(409);
    expect(refused.body).toContain('only way to log in');
    expect(JSON.parse((await byQQ.visit('/account')).body)).toMatchObject({ hasQQ: true });

    const binder = new DocumentReader(app.url);
    await binder.visit('/login', { email: 'binder@example.com', password: 'a password' });
    const unbound = await binder.visit('/account/unbind-qq', {});
    expect(JSON.parse(unbound.body)).toMatchObject({ name: 'binder', hasQQ: false });
  });

  it('answers a wrong password and a used email address with different statuses', async () => {
    const reader = await registered('careful');
    expect((await reader.visit('/login', { email: 'careful@example.com', password: 'wrong' })).status).toBe(401);
    expect((await reader.visit('/login', { email: 'unknown@example.com', password: 'wrong' })).status).toBe(401);
    const again = { name: 'careful', email: 'careful@example.com', password: 'other' };
    expect((await reader.visit('/register', again)).status).toBe(409);
  });

  it('answers 400 to a form without its fields, also without a body', async () => {
    const reader = new DocumentReader(app.url);
    expect((await reader.visit('/register', { name: 'empty' })).body).toContain('The field email is missing');
    const bare = await fetch(`${app.url}/login`, { method: 'POST' });
    expect([bare.status, await bare.json()]).toEqual([400, { error: 'The field email is missing.' }]);
  });

  it('merges an account that QQ created into the account that binds this QQ', async () => {
    const byMistake = new DocumentReader(app.url);
    atQQ(6);
    const created = await byMistake.visit('/auth/qq/login?returnTo=/account');
    const intended = await registered('merger');
    atQQ(6);
    const merged = await intended.visit('/account/bind-qq', {});
    expect(JSON.parse(merged.body)).toMatchObject({ name: 'merger', hasPassword: true, hasQQ: true });
    expect(JSON.parse(created.body)).toMatchObject({ name: '误注册', hasQQ: true });
    expect((await byMistake.visit('/account')).url.pathname).toBe('/');
  });

  it('sets a password for an account that QQ created, so that its QQ can be unbound', async () => {
    const reader = new DocumentReader(app.url);
    atQQ(7);
    const created = await reader.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(created.body)).toMatchObject({ name: 'QQ 用户', hasPassword: false });
    const credentials = { email: 'qq-only@example.com', password: 'a password' };
    expect(JSON.parse((await reader.visit('/account/password', credentials)).body)).toMatchObject({
      hasPassword: true,
    });
    expect((await reader.visit('/account/password', credentials)).status).toBe(409);
    expect(JSON.parse((await reader.visit('/account/unbind-qq', {})).body)).toMatchObject({ hasQQ: false });
    const elsewhere = new DocumentReader(app.url);
    expect(JSON.parse((await elsewhere.visit('/login', credentials)).body)).toMatchObject({ name: 'QQ 用户' });
  });

  it('ends the sessions in all other browsers when a QQ is unbound, and all when the account is closed', async () => {
    const first = await registered('closer');
    const credentials = { email: 'closer@example.com', password: 'a password' };
    atQQ(8);
    await first.visit('/account/bind-qq', {});
    const stranger = new DocumentReader(app.url);
    atQQ(8);
    expect(JSON.parse((await stranger.visit('/auth/qq/login?returnTo=/account')).body)).toMatchObject({
      name: 'closer',
    });
    await first.visit('/account/unbind-qq', {});
    expect((await stranger.visit('/account')).url.pathname).toBe('/');
    expect(JSON.parse((await first.visit('/account')).body)).toMatchObject({ name: 'closer', hasQQ: false });

    const second = new DocumentReader(app.url);
    await second.visit('/login', credentials);
    atQQ(8);
    await first.visit('/account/bind-qq', {});
    expect((await first.visit('/account/close', {})).url.pathname).toBe('/');
    for (const reader of [first, second]) expect((await reader.visit('/account')).url.pathname).toBe('/');
    expect((await second.visit('/auth/qq/user')).status).toBe(401);
    expect((await second.visit('/login', credentials)).status).toBe(401);
    atQQ(8);
    const anew = await first.visit('/auth/qq/login?returnTo=/account');
    expect(JSON.parse(anew.body)).toMatchObject({ name: '😀', hasPassword: false });
  });
}

describe('the worked example of account linking, with libsql', () => {
  linksAccounts(async () => startDocumentedApp(files, { sandbox, env: { DATABASE: ':memory:' } }));
});

describeWithMariaDB('the worked example of account linking, with Drizzle', () => {
  let server: MariaDBServer;
  afterAll(async () => server[Symbol.asyncDispose]());

  linksAccounts(async () => {
    server = await startMariaDB();
    const connection = await createConnection(server.connection);
    await connection.query('CREATE DATABASE accounts');
    await connection.end();
    const app = files['app.mjs']?.replace('./accounts.mjs', './accounts-mysql.mjs') ?? '';
    const url = `mysql://root@localhost/accounts?socketPath=${server.connection.socketPath ?? ''}`;
    return startDocumentedApp({ ...files, 'app.mjs': app }, { sandbox, env: { DATABASE_URL: url } });
  });
});
