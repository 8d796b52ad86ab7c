import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parseTextPacket, startTextServer } from '../../src/text-protocol.js';
import { clientFor, sendBytes } from '../support/text-protocol.js';
import type { QQTextClient, TextMessage, TextServer, TextServerOptions } from '../../src/text-protocol.js';

const A = '9990000300';
const B = '9990000301';
const C = '9990000302';
const md5 = '5f4dcc3b5aa765d61d8327deb882cf99';
const everyCharacter = '100% of 1+1=2, %2c %252C %0d\r\n你好 & 再见 😀 \u0000\ufeff "<b>" ';
const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;

/** Sends the body of a request, and returns the body of the reply. */
async function post({ url }: TextServer, body: string): Promise<string> {
  return (await fetch(url, { method: 'POST', body })).text();
}

const login = (uin = A): string => `VER=1.1&CMD=Login&SEQ=1&UIN=${uin}&PS=${md5}&M5=1&LC=9326B87B234E7235`;
const command = (name: string, parameters = '', uin = A): string =>
  `VER=1.1&CMD=${name}&SEQ=7&UIN=${uin}${parameters && `&${parameters}`}`;

/** A simulator with three users, the first two of them friends, and a client of each. */
async function startPair(options: TextServerOptions = {}) {
  const server = await startTextServer({
    users: [
      { uin: A, password: 'password', nickname: '小明', face: 270, friends: [B] },
      { uin: B, password: 'password', nickname: 'R&B, 100%', face: 141, friends: [A] },
      { uin: C, password: 'password', adding: 'anyone' },
    ],
    ...options,
  });
  const clients = [A, B, C].map((uin) => clientFor(server.url, { uin })) as [QQTextClient, QQTextClient, QQTextClient];
  for (const client of clients) await client.login();
  for (const client of clients) await client.poll();
  return { server, clients, [Symbol.asyncDispose]: async () => server.close() };
}

describe('startTextServer() with two clients', () => {
  it('sends a status message to friends for a login, a change of status and a logout', async () => {
    await using pair = await startPair();
    const [a, b, c] = pair.clients;
    const status = (...values: number[]): TextMessage[] =>
      values.map((value) => ({ type: 'status', from: B, status: value }));
    await b.login();
    expect(await a.poll()).toEqual(status(10));
    for (const value of [30, 40, 20, 10] as const) await b.setStatus(value);
    await b.logout();
    expect(await a.poll()).toEqual(status(30, 20, 20, 10, 20));
    expect(await c.poll()).toEqual([]);
    await expect(b.poll()).rejects.toThrow(withCode('ERR_QQ_TEXT_OFFLINE'));
  });

  it('delivers a text with every escaped character unchanged, but for its line ends', async () => {
    await using pair = await startPair();
    const [a, b] = pair.clients;
    for (const text of [everyCharacter, ' ', ',', '%']) await a.send(B, text);
    expect((await b.poll()).map((message) => 'text' in message && message.text)).toEqual([
      everyCharacter.replace('\r\n', '\n'),
      ' ',
      ',',
      '%',
    ]);
    expect(await b.poll()).toEqual([]);
  });

  it('keeps a text for a user who is not logged in', async () => {
    await using pair = await startPair();
    const [a, b] = pair.clients;
    await b.logout();
    await a.send(B, 'later');
    await b.login();
    expect(await b.poll()).toEqual([{ type: 'text', from: A, text: 'later' }]);
  });

  it('turns a request, an acceptance and a refusal into messages of type 2, 3 and 4', async () => {
    await using pair = await startPair();
    const [a, , c] = pair.clients;
    expect(await c.add(A)).toBe('needs-request');
    await c.answer(A, 'request', '我是 C, R&B');
    expect(await a.poll()).toEqual([{ type: 'add-request', from: C, text: '我是 C, R&B' }]);
    await a.answer(C, 'refuse', 'no');
    expect(await c.poll()).toEqual([{ type: 'add-refused', from: A, text: 'no' }]);
    expect(await c.friends()).toEqual([]);
    await a.answer(C, 'accept');
    expect(await c.poll()).toEqual([{ type: 'add-accepted', from: A, text: '' }]);
    expect([await c.friends(), await a.friends()]).toEqual([[A], [B, C]]);
  });

  it('adds users as friends of each other if no approval is needed, and removes from the own list only', async () => {
    await using pair = await startPair({
      users: [
        { uin: A, password: 'password' },
        { uin: B, password: 'password', adding: 'nobody' },
        { uin: C, password: 'password', adding: 'anyone' },
      ],
    });
    const [a, , c] = pair.clients;
    expect([await a.add(B), await a.add(C)]).toEqual(['refused', 'added']);
    expect([await a.friends(), await c.friends()]).toEqual([[C], [A]]);
    expect(pair.server.users.map(({ friends }) => friends)).toEqual([[C], [], [A]]);
    await a.remove(C);
    expect([await a.friends(), await c.friends()]).toEqual([[], [A]]);
  });

  it('lists the friends who are online or busy', async () => {
    await using pair = await startPair();
    const [a, b] = pair.clients;
    const shown = { uin: B, nickname: 'R&B, 100%', face: 141 };
    expect(await a.online()).toEqual([{ ...shown, status: 10 }]);
    await b.setStatus(30);
    expect(await a.online()).toEqual([{ ...shown, status: 30 }]);
    await b.setStatus(40);
    expect(await a.online()).toEqual([]);
  });

  it('returns pages in the order of the numbers', async () => {
    const numbers = Array.from({ length: 401 }, (_, index) => String(9_990_001_000 + index));
    const users = numbers.map((uin) => ({ uin, password: 'password' }));
    const own = { uin: A, password: 'password', friends: ['12345', ...numbers].reverse() };
    await using server = await startTextServer({ users: [own, ...users] });
    const client = clientFor(server.url);
    await client.login();
    for (const uin of numbers) await post(server, login(uin));
    expect(await client.friends()).toEqual(['12345', ...numbers]);
    expect((await client.online()).map(({ uin }) => uin)).toEqual(numbers);
    const pages = server.exchanges.filter(({ reply }) => /CMD=(LIST|QUERY_STAT)/.test(reply));
    expect(pages.map(({ reply }) => /&SN=(\d+)/.exec(reply)?.[1])).toEqual(
      ['160', '160', '82'].concat(
        Array.from({ length: 8 }, () => '50'),
        '1',
      ),
    );
  });

  it('returns the profile of each level', async () => {
    const profile = {
      realName: '刘X',
      email: 'someone@example.com',
      introduction: 'a\r\nb, 100%',
      province: '云南省',
      city: '昆明',
      sex: 'female',
      age: 25,
      bloodType: 4,
      zodiac: 12,
    } as const;
    const friend = { uin: B, password: 'password', nickname: '小红', face: 3, profile };
    await using server = await startTextServer({ users: [{ uin: A, password: 'password' }, friend] });
    const client = clientFor(server.url);
    await client.login();
    const short = { uin: B, nickname: '小红' };
    const { realName, email, province, sex, age } = profile;
    const normal = { ...short, face: 3, realName, email, introduction: 'a\nb, 100%', province, sex, age };
    expect(await client.info(B, { level: 1 })).toStrictEqual(short);
    expect(await client.info(B)).toStrictEqual(normal);
    expect(await client.info(B, { level: 3 })).toStrictEqual({ ...normal, city: '昆明', bloodType: 4, zodiac: 12 });
    const keys = server.exchanges.slice(1).map(({ reply }) => Object.keys(parseTextPacket(reply, 'reply')).slice(5));
    expect(keys).toEqual([
      ['LV', 'UN', 'NK'],
      'AD AG EM FC HP JB LV PC PH PR PV RN SC SX UN NK'.split(' '),
      'AD AG BT CO CT CV CY EM FC HP ID JB LV MO MT MV PC PH PR PV RN SC SH SX UN NK'.split(' '),
    ]);
  });

  it('finds users by age, sex and province', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    expect(await client.find({ sex: 'female' })).toMatchObject({ RES: '0', FN: '1', SN: '1', UN: `${B},` });
    expect(await client.find({ age: 25, province: '云南省' })).toMatchObject({ SN: '1', UN: `${A},` });
    expect(await client.find({})).toMatchObject({ SN: '5' });
  });

  it('replies RES=5 for numbers that it does not have', async () => {
    await using pair = await startPair();
    const [a] = pair.clients;
    const refused = withCode('ERR_QQ_TEXT_REFUSED');
    await expect(clientFor(pair.server.url, { uin: '12345' }).login()).rejects.toThrow(refused);
    await expect(a.info('12345')).rejects.toThrow(refused);
    await expect(a.send('12345', 'x')).rejects.toThrow(refused);
    await expect(a.add('12345')).rejects.toThrow(refused);
  });

  it('refuses a wrong password with 密码错误', async () => {
    await using server = await startTextServer();
    await expect(clientFor(server.url, { password: 'Password' }).login()).rejects.toMatchObject({
      code: 'ERR_QQ_TEXT_LOGIN',
      reason: '密码错误',
    });
  });

  const methods: Record<string, (client: QQTextClient) => Promise<unknown>> = {
    logout: async (client) => client.logout(),
    friends: async (client) => client.friends(),
    online: async (client) => client.online(),
    info: async (client) => client.info(B),
    add: async (client) => client.add(B),
    answer: async (client) => client.answer(B, 'accept'),
    remove: async (client) => client.remove(B),
    setStatus: async (client) => client.setStatus(10),
    send: async (client) => client.send(B, 'x'),
    find: async (client) => client.find({}),
    poll: async (client) => client.poll(),
    messages: async (client) => client.messages().next(),
  };
  it('rejects every command but a login before a login and after kick()', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    for (const before of [async () => undefined, async () => client.login()]) {
      await before();
      server.kick(A);
      for (const call of Object.values(methods)) {
        await expect(call(client)).rejects.toMatchObject({ code: 'ERR_QQ_TEXT_OFFLINE', res: 20 });
      }
    }
    expect(await client.login()).toEqual({ heartbeat: 60, timeout: 300 });
  });

  it('ends a login after `timeout` seconds without a request', async () => {
    let now = 0;
    await using pair = await startPair({ clock: () => now, heartbeat: 30, timeout: 90 });
    const [a, b] = pair.clients;
    expect(await a.login()).toEqual({ heartbeat: 30, timeout: 90 });
    now += 89_999;
    await a.friends();
    now += 89_999;
    expect(await a.online()).toEqual([]);
    await expect(b.poll()).rejects.toThrow(withCode('ERR_QQ_TEXT_OFFLINE'));
    now += 90_000;
    await expect(a.poll()).rejects.toThrow(withCode('ERR_QQ_TEXT_OFFLINE'));
  });
});

describe('startTextServer() over plain HTTP', () => {
  it.each([
    ['Login', `PS=${md5}&M5=1&LC=9326B87B234E7235`, 'Login', '&RS=0&HI=60&LI=300'],
    ['Login', 'PS=0&M5=1&LC=9326B87B234E7235', 'Login', '&RS=1&RA=密码错误'],
    ['List', 'TN=2&UN=0', 'LIST', `&FN=0&SN=2&UN=${B},${C},`],
    ['List', `TN=2&UN=${C}`, 'LIST', '&FN=1&SN=2&UN=9990000303,9990000304,'],
    ['List', 'TN=160&UN=9990000304', 'LIST', '&FN=1&SN=0&UN='],
    ['AddToList', `UN=${B}`, 'AddToList', `&CD=1&UN=${B}`],
    ['Ack_AddToList', `UN=${B}&CD=2&RS=我是小明`, 'Ack_AddToList', '&'],
    ['DelFromList', `UN=${B}`, 'DelFromList', '&'],
    ['Change_Stat', 'ST=30', 'Change_Stat', '&'],
    ['CLTMSG', `UN=${B}&MG=你好`, 'CLTMSG', ''],
    ['GetMsgEx', '', 'GETMSGEX', '&MN=0&MT=&UN=&MG='],
    ['Finger', 'AG=23&SX=&PV=', 'Finger', `&FN=1&SN=1&UN=${B},&NK=小红,`],
    ['Logout', '', 'LOGOUT', ''],
  ])('replies to %s with %s, as QQ’s server did', async (name, parameters, spelled, pairs) => {
    await using server = await startTextServer();
    await post(server, login());
    const reply = await post(server, command(name, parameters));
    expect(reply).toBe(`VER=1.1&CMD=${spelled}&SEQ=7&UIN=${A}&RES=0${pairs}`);
  });

  it('replies to Query_Stat with SEQ=-1, and to GetMsgEx with a blank behind each text and an & at the end', async () => {
    await using server = await startTextServer();
    await post(server, login());
    await post(server, login(B));
    server.deliver(A, { from: B, text: 'asdf' });
    expect(await post(server, command('Query_Stat', 'TN=50&UN=0'))).toBe(
      `VER=1.1&CMD=QUERY_STAT&SEQ=-1&UIN=${A}&RES=0&FC=141,&FN=1&SN=1&ST=10,&UN=${B},&NK=小红,`,
    );
    expect(await post(server, command('GetMsgEx'))).toBe(
      `VER=1.1&CMD=GETMSGEX&SEQ=7&UIN=${A}&RES=0&MN=2&MT=99,9,&UN=${B},${B},&MG=10 ,asdf ,&`,
    );
  });

  it.each([
    ['no packet', 'hello'],
    ['an empty body', ''],
    ['another version', login().replace('1.1', '1.4')],
    ['an unknown command', command('VERIFYCODE')],
    ['a status that does not exist', command('Change_Stat', 'ST=50')],
    ['a verdict that does not exist', command('Ack_AddToList', `UN=${B}&CD=9&RS=`)],
    ['a level that does not exist', command('GetInfo', `UN=${B}&LV=4`)],
  ])('replies NULL to %s', async (_what, body) => {
    await using server = await startTextServer();
    await post(server, login());
    expect(await post(server, body)).toBe('NULL');
  });

  it('serves versions 1.0 and 1.2, pairs in any order and a command in any case', async () => {
    await using server = await startTextServer();
    expect(await post(server, `PS=${md5}&UIN=${A}&SEQ=9&CMD=lOGIN&VER=1.2&M5=1\r\n`)).toBe(
      `VER=1.2&CMD=Login&SEQ=9&UIN=${A}&RES=0&RS=0&HI=60&LI=300`,
    );
    expect(await post(server, `VER=1.0&CMD=change_stat&SEQ=9&UIN=${A}&ST=30`)).toBe(
      `VER=1.0&CMD=Change_Stat&SEQ=9&UIN=${A}&RES=0&`,
    );
  });

  it('reads percent-encoded values, a plus sign as it is, and bytes and escapes of one character together', async () => {
    await using server = await startTextServer();
    await post(server, login());
    await post(server, login(B));
    const start = command('CLTMSG', `%55N=${B}`).replace('%55', 'U');
    for (const text of ['%e4%BD%a0+%2B', '50%', '%zz']) await post(server, `${start}&MG=${text}`);
    const bytes = Buffer.concat([Buffer.from(`${start}&MG=`), Buffer.from([0xe4]), Buffer.from('%bd%a0')]);
    await fetch(server.url, { method: 'POST', body: bytes });
    const messages = await clientFor(server.url, { uin: B }).poll();
    expect(messages.map((message) => 'text' in message && message.text)).toEqual(['你++', '50%', '%zz', '你']);
  });

  it('removes one blank after the MD5 in PS, and accepts blanks nowhere else', async () => {
    await using server = await startTextServer();
    expect(await post(server, login().replace('&M5', ' &M5'))).toContain('&RS=0&');
    for (const body of [login().replace('&M5', '  &M5'), login().replace('PS=', 'PS= ')]) {
      expect(await post(server, body)).toContain('&RS=1&');
    }
    expect(await post(server, login().replace('Login', 'Login '))).toBe('NULL');
    expect(await post(server, login().replace('1.1', '1.1 '))).toBe('NULL');
  });

  it('ends its bodies with the line end of the option', async () => {
    await using server = await startTextServer({ lineEnd: '\r\n' });
    expect(await post(server, login())).toMatch(/&LI=300\r\n$/);
    expect(await post(server, 'x')).toBe('NULL\r\n');
    expect(await clientFor(server.url).friends()).toHaveLength(4);
  });

  it('answers 405 to other methods and 404 to other paths', async () => {
    await using server = await startTextServer();
    const get = await fetch(server.url);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${server.url}/qq`, { method: 'POST', body: login() })).status).toBe(404);
    expect((await fetch(`${server.url}/?a=1`, { method: 'POST', body: login() })).status).toBe(200);
    expect(server.exchanges).toHaveLength(1);
  });

  it('serves curl', async () => {
    await using server = await startTextServer();
    const curl = async (body: string): Promise<string> => {
      const options = ['--silent', '--include', '--noproxy', '*', '--data-binary', body, server.url];
      return (await promisify(execFile)('curl', options)).stdout;
    };
    const response = await curl(login());
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(response).toMatch(/^Content-Type: text\/plain; charset=UTF-8\r$/m);
    expect(response).toMatch(/^Content-Length: \d+\r$/m);
    expect(response).toMatch(/^Connection: close\r$/m);
    expect(response).toMatch(/\r\n\r\nVER=1\.1&CMD=Login&SEQ=1&UIN=9990000300&RES=0&RS=0&HI=60&LI=300$/);
    for (const [name, parameters, reply] of [
      ['List', 'TN=160&UN=0', 'LIST'],
      ['Query_Stat', 'TN=50&UN=0', 'QUERY_STAT'],
      ['GetInfo', `LV=2&UN=${B}`, 'GETINFO'],
      ['AddToList', `UN=${B}`, 'AddToList'],
      ['Ack_AddToList', `UN=${B}&CD=2&RS=我是小明`, 'Ack_AddToList'],
      ['DelFromList', `UN=${B}`, 'DelFromList'],
      ['Change_Stat', 'ST=30', 'Change_Stat'],
      ['GetMsgEx', '', 'GETMSGEX'],
      ['CLTMSG', `UN=${B}&MG=你好`, 'CLTMSG'],
      ['Finger', 'AG=&SX=&PV=', 'Finger'],
      ['Logout', '', 'LOGOUT'],
    ] as const) {
      expect(await curl(command(name, parameters))).toMatch(new RegExp(`&?CMD=${reply}&SEQ=\\S+&RES=0(&|$)`));
    }
  });

  it.each([
    ['a line end behind the body', '\r\n', 'close'],
    ['anything behind the body', 'x=1', 'close'],
    ['a line end on a connection that stays open', '\r\n', 'keep-alive'],
    ['anything on a connection that stays open', 'x=1\r\n\r\n', 'keep-alive'],
  ])('ignores %s', async (_what, extra, connection) => {
    await using server = await startTextServer();
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\nContent-Length: ${login().length}\r\n\r\n`;
    expect(await sendBytes(server.url, head + login() + extra)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*&LI=300$/);
  });

  it('serves HTTP/1.0 and the whole URL of a request to a proxy', async () => {
    await using server = await startTextServer();
    const head = `POST http://tqq.tencent.com:8000/ HTTP/1.0\r\nContent-Length: ${login().length}\r\n\r\n`;
    expect(await sendBytes(server.url, head + login())).toContain('&RS=0&HI=60');
  });
});

describe('a fault of startTextServer()', () => {
  it.each([
    ['timeout', 'ERR_QQ_TIMEOUT'],
    ['reset', 'ERR_QQ_NETWORK'],
    ['empty', 'ERR_QQ_TEXT_MALFORMED'],
    ['NULL', 'ERR_QQ_TEXT_MALFORMED'],
    ['html', 'ERR_QQ_TEXT_MALFORMED'],
    [{ res: 20 }, 'ERR_QQ_TEXT_OFFLINE'],
    [{ res: 7 }, 'ERR_QQ_TEXT_REFUSED'],
  ] as const)('%j hits the next request once, which rejects with %s', async (fault, code) => {
    await using server = await startTextServer();
    const client = clientFor(server.url, { timeoutMs: 300 });
    await client.login();
    server.failNext(fault);
    await expect(client.send(B, 'x')).rejects.toThrow(withCode(code));
    expect(server.exchanges).toHaveLength(2);
    await client.send(B, 'y');
  });

  it('that loses a reply executes the request, any other does not', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url, { timeoutMs: 300 });
    await client.login();
    for (const fault of ['NULL', 'html', { res: 5 }, 'reset'] as const) {
      server.failNext(fault);
      await expect(client.send(A, String(typeof fault === 'string' ? fault : fault.res))).rejects.toThrow();
    }
    expect(await client.poll()).toEqual([{ type: 'text', from: A, text: 'reset' }]);
  });

  it('is refused if it is unknown', async () => {
    await using server = await startTextServer();
    for (const fault of ['toString', undefined, null, {}, { res: '20' }, { res: 1.5 }]) {
      expect(() => server.failNext(fault as 'html')).toThrow(RangeError);
    }
  });
});

describe('startTextServer()', () => {
  it('has default users who know each other, and a free port', async () => {
    await using server = await startTextServer();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const numbers = server.users.map(({ uin }) => uin);
    expect(numbers.length).toBeGreaterThan(3);
    for (const { uin, friends } of server.users) {
      expect(friends).toEqual(numbers.filter((number) => number !== uin));
    }
  });

  it('does not change the users that it is given', async () => {
    const users = [
      { uin: A, password: 'password', friends: [] },
      { uin: C, password: 'password', adding: 'anyone' as const },
    ];
    await using server = await startTextServer({ users });
    const client = clientFor(server.url);
    await client.login();
    await client.add(C);
    expect(users).toEqual([
      { uin: A, password: 'password', friends: [] },
      { uin: C, password: 'password', adding: 'anyone' },
    ]);
  });

  const user = { uin: A, password: 'password' };
  it.each([
    ['port', { port: 70_000 }],
    ['port', { port: '8000' }],
    ['clock', { clock: 5 }],
    ['heartbeat', { heartbeat: 0 }],
    ['timeout', { timeout: 1.5 }],
    ['lineEnd', { lineEnd: '&' }],
    ['users', { users: 'me' }],
    ['users[0].uin', { users: [null] }],
    ['users[0].uin', { users: [{ ...user, uin: 9990000300 }] }],
    ['users[1].uin', { users: [user, user] }],
    ['users[0].password', { users: [{ uin: A }] }],
    ['users[0].nickname', { users: [{ ...user, nickname: 7 }] }],
    ['users[0].face', { users: [{ ...user, face: -1 }] }],
    ['users[0].friends', { users: [{ ...user, friends: ['x'] }] }],
    ['users[0].adding', { users: [{ ...user, adding: 'all' }] }],
    ['users[0].profile', { users: [{ ...user, profile: { city: ['昆明'] } }] }],
  ])('throws a RangeError that names %s for %j', async (name, options) => {
    const started = startTextServer(options as unknown as TextServerOptions);
    await expect(started).rejects.toThrow(RangeError);
    await expect(started).rejects.toThrow(name);
  });

  it('delivers messages of any type, and refuses other values', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    server.deliver(A, { from: '10000', type: 99, text: '系统消息' });
    server.deliver(A, { from: B, text: 'a\r\nb' });
    expect(await client.poll()).toEqual([
      { type: 'unknown', code: '99', from: '10000', text: '系统消息' },
      { type: 'text', from: B, text: 'a\nb' },
    ]);
    const message = { from: B, text: 'x' };
    expect(() => server.deliver('12345', message)).toThrow(RangeError);
    expect(() => server.kick('12345')).toThrow(RangeError);
    for (const wrong of [{ from: 7 }, { text: undefined }, { type: '9' }, { from: 'x,y' }]) {
      expect(() => server.deliver(A, { ...message, ...wrong } as typeof message)).toThrow(RangeError);
    }
  });

  it('records exchanges without PS, and shows no password when it is inspected', async () => {
    await using server = await startTextServer();
    await clientFor(server.url).login();
    await clientFor(server.url, { password: 'wrong-password' })
      .login()
      .catch(() => undefined);
    await post(server, `${login().replace('1.1', '1.4')}&XP=1`);
    expect(server.exchanges).toHaveLength(3);
    expect(server.exchanges[0]?.request).toEqual({
      VER: '1.1',
      CMD: 'Login',
      SEQ: expect.stringMatching(/^\d{5}$/) as unknown,
      UIN: A,
      M5: '1',
      LC: '9326B87B234E7235',
    });
    expect(server.exchanges[2]?.reply).toBe('NULL');
    const shown =
      inspect([server, server.exchanges], { depth: 9, showHidden: true }) + JSON.stringify(server.exchanges);
    for (const secret of [md5, 'PS', 'password']) expect(shown).not.toContain(secret);
  });

  it('rejects with EADDRINUSE for a port that is taken', async () => {
    await using server = await startTextServer();
    await expect(startTextServer({ port: Number(new URL(server.url).port) })).rejects.toThrow(withCode('EADDRINUSE'));
  });

  it('closes with connections that are open, and more than once', async () => {
    const server = await startTextServer();
    server.failNext('timeout');
    const pending = fetch(server.url, { method: 'POST', body: login() }).catch(() => 'ended');
    while (server.exchanges.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([server.close(), server.close()]);
    expect(await pending).toBe('ended');
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('answers 413 to more than 1 MiB and 400 to bytes that are not HTTP, and continues to run', async () => {
    await using server = await startTextServer();
    expect((await fetch(server.url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413);
    expect((await fetch(server.url, { method: 'POST', body: '&'.repeat(1024 * 1024) })).status).toBe(200);
    expect(await sendBytes(server.url, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const { hostname, port } = new URL(server.url);
    const { connect } = await import('node:net');
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nVER=1.1', () =>
          socket.resetAndDestroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    expect(await post(server, login())).toContain('&RS=0&');
  });
});
