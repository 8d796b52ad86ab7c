import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { QQTextClient, QQTextError, startTextServer } from '../../src/text-protocol.js';
import { clientFor, startScript } from '../support/text-protocol.js';
import { call } from './cli-terminal.js';
import type { QQTextClientOptions, TextMessage } from '../../src/text-protocol.js';

interface Exchange {
  name: string;
  call: { method: string; args: unknown[] } | null;
  sends: boolean;
  request: { text: string };
  reply: { text: string } | null;
  client: { resolves: unknown } | { rejects: { code: string; res?: number; reason?: string } } | null;
}

type Calls = Record<string, (...args: unknown[]) => Promise<unknown>>;

const exchanges = JSON.parse(readFileSync('test/fixtures/text-protocol/exchanges.json', 'utf8')) as Exchange[];
const called = exchanges.flatMap(({ call, ...exchange }) => (call ? [{ ...exchange, call }] : []));
const withoutSeq = (body: string): string => body.replace(/(?<=&SEQ=)\d{5}(?=&)/, '').replace(/(?<=&SEQ=)\d+(?=&)/, '');
const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;
const head = (command: string, pairs = ''): string => `VER=1.1&CMD=${command}&SEQ=1&UIN=9990000300&RES=0${pairs}`;
const md5 = '5f4dcc3b5aa765d61d8327deb882cf99';

/** Calls a method by its name, as JavaScript can. */
async function callMethod(client: QQTextClient, method: string, args: unknown[]): Promise<unknown> {
  if (method !== 'messages') return (client as unknown as Calls)[method]?.apply(client, args);
  const [options] = args as [Parameters<QQTextClient['messages']>[0]];
  for await (const message of client.messages(options)) return message;
  return undefined;
}

describe('QQTextClient', () => {
  it.each(called)('sends and reads the exchange "$name"', async ({ call, sends, request, reply, client }) => {
    await using server = await startScript(reply?.text ?? '');
    const result = callMethod(clientFor(server.url), call.method, call.args);
    if (client && 'rejects' in client) {
      await expect(result).rejects.toMatchObject(client.rejects);
      await expect(result).rejects.toThrow(QQTextError);
    } else if (client) expect(await result).toEqual(client.resolves ?? undefined);
    expect(server.requests).toHaveLength(1);
    if (sends) expect(withoutSeq(server.requests[0]?.body ?? '')).toBe(withoutSeq(request.text));
  });

  it('sends each request as a POST of plain text on a connection of its own, with a new SEQ of five digits', async () => {
    await using server = await startScript(head('LOGOUT'));
    const client = clientFor(server.url);
    await client.logout();
    await client.logout();
    for (const { method, path, headers, body } of server.requests) {
      expect([method, path]).toEqual(['POST', '/']);
      expect(headers).toMatchObject({ connection: 'close', 'content-length': String(body.length) });
      expect(headers['content-type']).toBe('text/plain; charset=UTF-8');
    }
    const [first, second] = server.requests.map(({ body }) => Number(/SEQ=([1-9]\d{4})&/.exec(body)?.[1]));
    expect(second).toBe(first === 99_999 ? 10_000 : Number(first) + 1);
  });

  it('sends one request at a time, in the order of the calls, and all pages of a list together', async () => {
    let open = 0;
    const commandOf = (body: string): string => /CMD=(\w+)/.exec(body)?.[1] ?? '';
    await using server = await startScript((res, body) => {
      open += 1;
      expect(open).toBe(1);
      setImmediate(() => {
        open -= 1;
        const last = body.includes('&UN=10001') || !body.includes('CMD=List');
        res.end(head(commandOf(body), last ? '&FN=1&UN=10002,' : '&FN=0&UN=10001,'));
      });
    });
    const client = clientFor(server.url);
    const calls = [client.friends(), client.send('10001', 'a'), client.info('x'), client.logout()];
    const results = await Promise.allSettled(calls);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(server.requests.map(({ body }) => commandOf(body))).toEqual(['List', 'List', 'CLTMSG', 'Logout']);
  });

  it('sends the next call after a failed one', async () => {
    await using server = await startScript('NULL', head('LOGOUT'));
    const client = clientFor(server.url);
    const [failed, next] = await Promise.allSettled([client.poll(), client.logout()]);
    expect([failed.status, next.status]).toEqual(['rejected', 'fulfilled']);
  });

  it.each([
    ['http://tqq.tencent.com:8000'],
    ['http://192.0.2.1'],
    ['http://127.0.0.1.example.com'],
    ['http://localhost.example.com'],
    ['ftp://127.0.0.1'],
    ['https://user:secret-part@example.com'],
    ['https://example.com/?secret-part'],
    ['https://example.com/#secret-part'],
    ['https://example.com\n'],
    ['127.0.0.1:8000'],
    [''],
    [undefined],
    [null],
    [new URL('https://example.com')],
  ])('does not accept the url %p', (url) => {
    let error: unknown;
    try {
      clientFor(url as string);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'ERR_QQ_CONFIGURATION', message: expect.stringContaining('url') as unknown });
    expect(inspect(error)).not.toContain('secret-part');
  });

  it.each(['https://example.com', 'https://example.com/qq', 'http://localhost:1', 'http://[::1]:1', 'http://127.1:1'])(
    'accepts the url %s',
    (url) => {
      expect(clientFor(url)).toBeInstanceOf(QQTextClient);
    },
  );

  it('names url in the error if it gets no options', () => {
    expect(() => new QQTextClient(undefined as unknown as QQTextClientOptions)).toThrow(
      withCode('ERR_QQ_CONFIGURATION'),
    );
  });

  it.each([
    ['uin', 9990000300],
    ['uin', '1234'],
    ['uin', '123456789012'],
    ['uin', '0123456'],
    ['uin', '12345\n'],
    ['uin', '１２３４５'],
    ['uin', undefined],
    ['password', undefined],
    ['password', ''],
    ['password', 12345],
    ['timeoutMs', 0],
    ['timeoutMs', 2 ** 31],
    ['timeoutMs', 1.5],
    ['timeoutMs', '5000'],
  ])('throws a RangeError for the %s %p', (option, value) => {
    expect(() => clientFor('http://127.0.0.1:1', { [option]: value })).toThrow(RangeError);
    expect(() => clientFor('http://127.0.0.1:1', { [option]: value })).toThrow(option);
  });

  it('requires a password of whole characters', () => {
    expect(() => clientFor('http://127.0.0.1:1', { password: 'a\ud800' })).toThrow(RangeError);
  });

  it.each([
    ['info', ['1234']],
    ['info', ['10000', { level: 0 }]],
    ['info', ['10000', { level: '2' }]],
    ['add', ['99900003001234']],
    ['add', [9990000301]],
    ['answer', ['10000', 'maybe']],
    ['answer', ['10000', 'toString']],
    ['answer', ['10000', undefined]],
    ['answer', ['10000', 'accept', 7]],
    ['answer', ['x', 'accept']],
    ['remove', ['']],
    ['setStatus', [50]],
    ['setStatus', ['10']],
    ['setStatus', [Number.NaN]],
    ['send', ['10000', '']],
    ['send', ['10000', undefined]],
    ['send', ['10000', 'half \ud83d']],
    ['send', ['10000', ['a']]],
    ['send', ['10000&UN=10001', 'a']],
    ['find', [{ age: -1 }]],
    ['find', [{ age: 201 }]],
    ['find', [{ age: 1.5 }]],
    ['find', [{ age: '25' }]],
    ['find', [{ sex: 'x' }]],
    ['find', [{ province: 53 }]],
    ['messages', [{ everyMs: 99 }]],
    ['messages', [{ everyMs: Number.NaN }]],
    ['messages', [{ everyMs: Infinity }]],
    ['messages', [{ everyMs: '2000' }]],
    ['messages', [{ signal: new AbortController() }]],
  ])('rejects %s(...%j) with a RangeError, and sends nothing', async (method, args) => {
    await using server = await startScript(head('X'));
    await expect(callMethod(clientFor(server.url), method, args)).rejects.toThrow(RangeError);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['find', [{ age: 0, sex: 'male' }], 'Finger&SEQ=&UIN=9990000300&AG=0&SX=0&PV='],
    ['find', [{ age: 200, sex: 'female', province: '云南省' }], 'Finger&SEQ=&UIN=9990000300&AG=200&SX=1&PV=云南省'],
    ['find', [{}], 'Finger&SEQ=&UIN=9990000300&AG=&SX=&PV='],
    ['info', ['10000', { level: 3 }], 'GetInfo&SEQ=&UIN=9990000300&LV=3&UN=10000'],
    ['answer', ['10000', 'accept'], 'Ack_AddToList&SEQ=&UIN=9990000300&UN=10000&CD=0&RS='],
    ['answer', ['10000', 'refuse', 'a=b'], 'Ack_AddToList&SEQ=&UIN=9990000300&UN=10000&CD=1&RS=a%3db'],
  ])('sends for %s(...%j) CMD=%s', async (method, args, body) => {
    const name = body.slice(0, body.indexOf('&'));
    await using server = await startScript(head(name.toUpperCase(), '&Z=1'));
    await callMethod(clientFor(server.url), method, args);
    expect(withoutSeq(server.requests[0]?.body ?? '')).toBe(`VER=1.1&CMD=${body}`);
  });
});

describe('the reply to a QQTextClient', () => {
  const reply = async (body: string, method = 'logout', args: unknown[] = []): Promise<unknown> => {
    await using server = await startScript(body);
    return await callMethod(clientFor(server.url), method, args);
  };
  const malformed = withCode('ERR_QQ_TEXT_MALFORMED');

  it.each([
    ['another command', 'VER=1.1&CMD=LIST&SEQ=1&UIN=9990000300&RES=20'],
    ['another number', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000301&RES=20'],
    ['no RES', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000300'],
    ['an empty RES', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000300&RES='],
    ['a RES with a blank', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000300&RES=0 '],
    ['a RES in hex', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000300&RES=0x14'],
    ['a RES beyond all numbers', `VER=1.1&CMD=LOGOUT&SEQ=1&UIN=9990000300&RES=${'9'.repeat(400)}`],
    ['an empty body', ''],
    ['a page', '<!doctype html><title>502</title>'],
    ['one key twice', head('LOGOUT', '&RES=20')],
  ])('is malformed with %s', async (_what, body) => {
    await expect(reply(body)).rejects.toThrow(malformed);
  });

  it.each([
    ['an empty UIN', 'VER=1.1&CMD=LOGOUT&SEQ=1&UIN=&RES=0'],
    ['no UIN', 'VER=1.1&CMD=LOGOUT&SEQ=1&RES=0'],
    ['another SEQ', 'VER=1.1&CMD=LOGOUT&SEQ=-1&UIN=9990000300&RES=0'],
    ['another case of CMD', 'VER=1.1&CMD=lOgOuT&SEQ=1&UIN=9990000300&RES=0'],
    ['a line end', `${head('LOGOUT')}&\r\n`],
    ['another VER', 'VER=1.0&CMD=LOGOUT&SEQ=1&UIN=9990000300&RES=0'],
  ])('is accepted with %s', async (_what, body) => {
    expect(await reply(body)).toBeUndefined();
  });

  it.each([
    ['RES=5', 'ERR_QQ_TEXT_REFUSED', 5],
    ['RES=20', 'ERR_QQ_TEXT_OFFLINE', 20],
    ['RES=1', 'ERR_QQ_TEXT_REFUSED', 1],
    ['RES=-1', 'ERR_QQ_TEXT_REFUSED', -1],
  ])('with %s rejects with %s', async (pair, code, res) => {
    for (const [command, method] of [
      ['LOGOUT', 'logout'],
      ['Login', 'login'],
      ['LIST', 'friends'],
    ] as const) {
      await expect(reply(`VER=1.1&CMD=${command}&SEQ=1&UIN=9990000300&${pair}`, method)).rejects.toMatchObject({
        name: 'QQTextError',
        code,
        res,
        hint: { en: expect.any(String) as unknown, zh: expect.any(String) as unknown },
      });
    }
  });

  it.each([
    ['&RS=0', {}],
    ['&RS=0&HI=&LI=', {}],
    ['&RS=0&LI=300', { timeout: 300 }],
  ])('to login() with %s resolves', async (pairs, result) => {
    expect(await reply(head('Login', pairs), 'login')).toEqual(result);
  });

  it.each(['&RS=1&RA=', '&RS=1', '&RS=7', '&RS='])('to login() with %s has an empty reason', async (pairs) => {
    await expect(reply(head('Login', pairs), 'login')).rejects.toMatchObject({
      code: 'ERR_QQ_TEXT_LOGIN',
      reason: '',
    });
  });

  it('does not show the MD5 of a password that the server returns', async () => {
    const result = reply(head('Login', `&RS=1&RA=wrong: ${md5} or ${md5.toUpperCase()}`), 'login');
    const error: unknown = await result.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'wrong: [redacted] or [redacted]' });
    expect(inspect(error, { depth: 9, showHidden: true }).toLowerCase()).not.toContain(md5);
  });

  it.each([
    ['login', '', 'Login'],
    ['login', '&RS=0&HI=abc', 'Login'],
    ['login', '&RS=0&LI=-5', 'Login'],
    ['friends', '&FN=1', 'LIST'],
    ['friends', '&FN=1&UN=10001,abc,', 'LIST'],
    ['online', '&FN=1&SN=3&ST=10,10,30,&FC=141,270,270,&UN=', 'QUERY_STAT'],
    ['online', '&FN=1&FC=&ST=&UN=&NK=Ann,', 'QUERY_STAT'],
    ['online', '&FN=1&FC=x,&ST=10,&UN=10001,&NK=Ann,', 'QUERY_STAT'],
    ['online', '&FN=1&FC=1,&ST=,&UN=10001,&NK=Ann,', 'QUERY_STAT'],
    ['online', '&FN=1&FC=1,&ST=1e1,&UN=10001,&NK=Ann,', 'QUERY_STAT'],
    ['info', '&UN=10001&AG=x', 'GETINFO'],
    ['info', '&UN=10001&FC=1.5', 'GETINFO'],
    ['info', '&UN=10001&BT=A', 'GETINFO'],
    ['info', '&UN=me', 'GETINFO'],
    ['add', '&UN=10001', 'AddToList'],
    ['poll', '', 'GETMSGEX'],
    ['poll', '&MN=1', 'GETMSGEX'],
    ['poll', '&MN=2&MT=9,9,&UN=10001,10002,&MG=a ,', 'GETMSGEX'],
    ['poll', '&MN=1&MT=9,&UN=,&MG=a ,', 'GETMSGEX'],
  ])('to %s() with %j is malformed', async (method, pairs, command) => {
    const args = ['info', 'add'].includes(method) ? ['10001'] : [];
    await expect(reply(head(command, pairs), method, args)).rejects.toThrow(malformed);
  });

  it.each([
    ['0', 'added'],
    ['1', 'needs-request'],
    ['3', 'refused'],
    ['2', 'unknown'],
    ['', 'unknown'],
  ])('to add() with CD=%s resolves to %s', async (code, result) => {
    expect(await reply(head('AddToList', `&CD=${code}&UN=10001`), 'add', ['10001'])).toBe(result);
  });

  it('to info() leaves out what is empty, missing or unknown', async () => {
    const pairs =
      '&AG=0&BT=3&CO=12&CT=昆明&CV=1&CY=中国&FC=0&ID=2&LV=3&MO=1&MT=3&MV=4&PR=a%0db%0d%0ac%0ad&SH=0&SX=2&RN=&UN=10001&NK=';
    expect(await reply(head('GETINFO', pairs), 'info', ['10001', { level: 3 }])).toStrictEqual({
      uin: '10001',
      mobile: '1',
      city: '昆明',
      country: '中国',
      introduction: 'a\nb\nc\nd',
      age: 0,
      face: 0,
      bloodType: 3,
      constellation: 12,
      zodiac: 0,
    });
    expect(await reply(head('GETINFO', '&NK=Ann&SX=1'), 'info', ['10001', { level: 1 }])).toStrictEqual({
      nickname: 'Ann',
      sex: 'female',
    });
  });

  it('to poll() becomes messages of every type, each without one blank at its end', async () => {
    const items = ['a  ', 'b', '%0d%0a ', '', 'no ', '10 ', '1000 ', '系统 ', 'x '].map((item) => `${item},`).join('');
    const pairs = `&MN=0&MT=9,2,9,3,4,99,99,99,77,&UN=${'10000,'.repeat(9)}&MG=${items}`;
    const from = '10000';
    expect(await reply(head('GETMSGEX', pairs), 'poll')).toStrictEqual([
      { type: 'text', from, text: 'a ' },
      { type: 'add-request', from, text: 'b' },
      { type: 'text', from, text: '\n' },
      { type: 'add-accepted', from, text: '' },
      { type: 'add-refused', from, text: 'no' },
      { type: 'status', from, status: 10 },
      { type: 'unknown', code: '99', from, text: '1000' },
      { type: 'unknown', code: '99', from, text: '系统' },
      { type: 'unknown', code: '77', from, text: 'x' },
    ]);
    expect(await reply(head('GETMSGEX', '&MN=0'), 'poll')).toEqual([]);
  });

  it('to find() is the unchanged packet', async () => {
    expect(await reply(head('Finger', '&UN=10001,10002,&XX=1'), 'find', [{}])).toMatchObject({
      UN: '10001,10002,',
      XX: '1',
    });
  });

  it('keeps a message with a broken character', async () => {
    await using server = await startScript(
      Buffer.concat([
        Buffer.from(head('GETMSGEX', '&MT=9,&UN=10000,&MG=a')),
        Buffer.from([0xff]),
        Buffer.from('%fe ,'),
      ]),
    );
    expect(await clientFor(server.url).poll()).toEqual([{ type: 'text', from: '10000', text: 'a\ufffd\ufffd' }]);
  });
});

describe('the pages of a list', () => {
  const online = (numbers: string[], last: boolean): string => {
    const list = (item: string): string => `${item},`.repeat(numbers.length);
    const pairs = `&FC=${list('0')}&FN=${last ? 1 : 0}&ST=${list('10')}&UN=${numbers.join(',')}&NK=${list('n')}`;
    return head('QUERY_STAT', pairs);
  };
  const friends = (numbers: string[], last: boolean): string =>
    head('LIST', `&FN=${last ? 1 : 0}&UN=${numbers.join(',')}`);

  it.each([
    ['friends', friends],
    ['online', online],
  ] as const)('are all read by %s()', async (method, page) => {
    await using server = await startScript(page(['10001', '10002'], false), page(['10003'], true));
    const found = await clientFor(server.url)[method]();
    expect(found.map((item) => (typeof item === 'string' ? item : item.uin))).toEqual(['10001', '10002', '10003']);
    expect(server.requests.map(({ body }) => /&UN=(\d+)$/.exec(body)?.[1])).toEqual(['0', '10002']);
  });

  it.each([
    ['is empty', []],
    ['is the same page again', ['10001', '10002']],
    ['repeats the last number', ['10002']],
    ['ends in the last number', ['10003', '10002']],
  ])('end with a page that %s, for each FN', async (_what, second) => {
    await using server = await startScript(friends(['10001', '10002'], false), friends(second, false));
    expect(await clientFor(server.url).friends()).toEqual([...new Set(['10001', '10002', ...second])]);
    expect(server.requests).toHaveLength(2);
  });

  it('end with an error if the server never stops', async () => {
    let number = 10_000;
    await using server = await startScript((res) => void res.end(friends([String((number += 1))], false)));
    await expect(clientFor(server.url).friends()).rejects.toThrow(withCode('ERR_QQ_TEXT_MALFORMED'));
    expect(server.requests).toHaveLength(1_000);
  });
});

describe('a QQTextClient without a usable HTTP response', () => {
  const failure = async (url: string, options: Partial<QQTextClientOptions> = {}): Promise<unknown> =>
    clientFor(url, options)
      .login()
      .catch((error: unknown) => error);

  it.each([
    ['a redirect', 302],
    ['an error page', 500],
    ['no content', 204],
  ])('rejects %s with ERR_QQ_HTTP_STATUS, and sends nothing more', async (_what, status) => {
    await using server = await startScript((res) => {
      res.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? undefined : head('Login', '&RS=0'));
    });
    expect(await failure(server.url)).toMatchObject({ code: 'ERR_QQ_HTTP_STATUS' });
    expect(server.requests).toHaveLength(1);
  });

  it('rejects with ERR_QQ_TIMEOUT after timeoutMs, also for a body that never ends', async () => {
    for (const reply of [() => undefined, (res: { write(text: string): unknown }) => void res.write('VER=')]) {
      await using server = await startScript(reply);
      expect(await failure(server.url, { timeoutMs: 100 })).toMatchObject({ code: 'ERR_QQ_TIMEOUT' });
      expect(server.requests).toHaveLength(1);
    }
  });

  it('rejects with ERR_QQ_NETWORK, and repeats nothing', async () => {
    await using server = await startScript((res) => res.socket?.resetAndDestroy());
    const error = await failure(server.url);
    expect(error).toMatchObject({ code: 'ERR_QQ_NETWORK' });
    expect(server.requests).toHaveLength(1);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(new RegExp(`${md5}|'password'`));
  });

  it('rejects a body of more than 64 KiB with ERR_QQ_BODY_TOO_LARGE', async () => {
    await using server = await startScript(head('Login', `&RS=0&RA=${'x'.repeat(65_536)}`));
    expect(await failure(server.url)).toMatchObject({ code: 'ERR_QQ_BODY_TOO_LARGE' });
  });

  it('shows neither the password nor its MD5 when it is inspected', () => {
    const shown = inspect(clientFor('http://127.0.0.1:1'), { depth: 9, showHidden: true });
    expect(shown).not.toContain(md5);
    expect(JSON.stringify(clientFor('http://127.0.0.1:1'))).toBe('{}');
  });
});

const A = '9990000300';
const B = '9990000301';

/** Stops the timers that the iterator waits with, and nothing of the sockets. */
function stopTimers(): void {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] });
}

/** Lets sockets work until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('messages()', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('yields the messages of one poll in order, and polls again `everyMs` later', async () => {
    stopTimers();
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    for (const text of ['1', '2', '3']) server.deliver(A, { from: B, text });
    const received: TextMessage[] = [];
    const reading = (async () => {
      for await (const message of client.messages({ everyMs: 5_000 })) if (received.push(message) === 4) break;
    })();
    await until(() => received.length === 3);
    expect(received.map((message) => 'text' in message && message.text)).toEqual(['1', '2', '3']);
    server.deliver(A, { from: B, text: '4' });
    await until(() => jest.getTimerCount() === 1);
    jest.advanceTimersByTime(4_999);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(server.exchanges).toHaveLength(2);
    jest.advanceTimersByTime(1);
    await reading;
    expect(server.exchanges).toHaveLength(3);
  });

  it('waits 2 seconds by default, from the end of a poll', async () => {
    stopTimers();
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    server.deliver(A, { from: B, text: 'slow' });
    const messages = client.messages();
    await messages.next();
    jest.advanceTimersByTime(1_500); // the application's own work
    server.deliver(A, { from: B, text: 'next' });
    const next = messages.next();
    await until(() => jest.getTimerCount() === 1);
    jest.advanceTimersByTime(499);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect((await next).value).toMatchObject({ text: 'next' });
  });

  it('sends no request after a break', async () => {
    stopTimers();
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    server.deliver(A, { from: B, text: 'x' });
    for await (const message of client.messages()) {
      expect(message).toEqual({ type: 'text', from: B, text: 'x' });
      break;
    }
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(60_000);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(server.exchanges).toHaveLength(2);
  });

  it('ends without an error when the signal aborts in a pause', async () => {
    stopTimers();
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    const abort = new AbortController();
    const next = client.messages({ signal: abort.signal }).next();
    await until(() => server.exchanges.length === 2 && jest.getTimerCount() === 1);
    abort.abort(new Error('stop'));
    expect(await next).toEqual({ done: true, value: undefined });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends without an error, and cancels the poll, when the signal aborts during a poll', async () => {
    let closed = false;
    await using server = await startScript((res) => void res.on('close', () => (closed = true)));
    const abort = new AbortController();
    // The timeout of the request is far beyond that of the test.
    const client = clientFor(server.url, { timeoutMs: 600_000 });
    const next = client.messages({ signal: abort.signal }).next();
    await until(() => server.requests.length === 1);
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await until(() => closed);
  });

  it('ends at once when the signal aborts between two messages, or before the first poll', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    for (const text of ['1', '2']) server.deliver(A, { from: B, text });
    const abort = new AbortController();
    const received: TextMessage[] = [];
    for (let loop = 0; loop < 2; loop += 1) {
      for await (const message of client.messages({ signal: abort.signal })) {
        received.push(message);
        abort.abort();
      }
    }
    expect(received).toHaveLength(1);
    expect(server.exchanges).toHaveLength(2);
  });

  it('sends no poll that waits behind another call when the signal aborts', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url, { timeoutMs: 500 });
    await client.login();
    server.failNext('timeout');
    const slow = client.friends().catch(() => undefined);
    const abort = new AbortController();
    const next = client.messages({ signal: abort.signal }).next();
    await until(() => server.exchanges.length === 2);
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await slow;
    expect(server.exchanges).toHaveLength(2);
  });

  it('leaves no listener on its signal', async () => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    const { signal } = new AbortController();
    server.deliver(A, { from: B, text: '1' });
    const messages = client.messages({ everyMs: 100, signal });
    await messages.next();
    const next = messages.next();
    await until(() => server.exchanges.length > 3);
    expect(getEventListeners(signal, 'abort').length).toBeLessThan(3);
    server.deliver(A, { from: B, text: '2' });
    await next;
    await messages.return();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('throws ERR_QQ_TEXT_OFFLINE after `timeout` without a poll, and polls no more', async () => {
    let now = 0;
    await using server = await startTextServer({ clock: () => now });
    const client = clientFor(server.url);
    await client.login();
    server.deliver(A, { from: B, text: '1' });
    const messages = client.messages({ everyMs: 100 });
    await messages.next();
    now += 300_001;
    await expect(messages.next()).rejects.toThrow(withCode('ERR_QQ_TEXT_OFFLINE'));
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(server.exchanges).toHaveLength(3);
  });

  it.each([
    ['NULL', 'ERR_QQ_TEXT_MALFORMED'],
    ['reset', 'ERR_QQ_NETWORK'],
    [{ res: 3 }, 'ERR_QQ_TEXT_REFUSED'],
  ] as const)('throws the error of a poll (%j), and ends', async (fault, code) => {
    await using server = await startTextServer();
    const client = clientFor(server.url);
    await client.login();
    server.failNext(fault);
    const messages = client.messages();
    await expect(messages.next()).rejects.toThrow(withCode(code));
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(server.exchanges).toHaveLength(2);
  });
});

describe('express-qq-connect text-server', () => {
  it.each([
    [[], ''],
    [['--crlf'], '\r\n'],
  ])('starts the simulator with %j, prints its users, and stops at SIGTERM', async (options, lineEnd) => {
    const argv = [join(process.cwd(), 'dist/cli.js'), 'text-server', '--port', '0', ...options];
    const child = spawn(process.execPath, argv, { env: { LANG: 'C' } });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      const [, url = '', uin, password] = /(http:\S+)\n[^]*?\n {2}(\d+) {2}(\S+) [^]*Ctrl\+C/.exec(text) ?? [];
      if (url === '' || child.killed) continue;
      await clientFor(url, { uin: uin ?? '', password: password ?? '' }).login();
      const reply = await fetch(url, { method: 'POST', body: 'x' });
      expect(await reply.text()).toBe(`NULL${lineEnd}`);
      child.kill('SIGTERM');
    }
    expect(await exited).toBe(0);
    expect(text).toContain('小明');
  });

  it('prints in the language of the environment', async () => {
    const signal = AbortSignal.abort();
    const chinese = await call(['text-server', '--port', '0', '--lang', 'zh'], { signal });
    expect(chinese.status).toBe(0);
    expect(chinese.stdout).toMatch(/^QQ HTTP 文本协议模拟器运行在 http:\/\/127\.0\.0\.1:\d+\n/);
  });

  it('names a port that is in use, with status 1', async () => {
    await using server = await startTextServer();
    const { port } = new URL(server.url);
    const { status, stderr } = await call(['text-server', '--port', port]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`Port ${port} is in use`)]);
  });

  it.each([[['--port', '65536']], [['--port', 'x']], [['--prot', '1']], [['extra']]])(
    'rejects %j with status 2',
    async (argv) => {
      expect(await call(['text-server', ...argv])).toMatchObject({ status: 2, stdout: '' });
    },
  );
});
