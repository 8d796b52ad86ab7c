import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { startTextServer } from '../../src/text-protocol.js';
import { clientFor, startScript } from '../support/text-protocol.js';
import type { TextMessage } from '../../src/text-protocol.js';

const A = '9990000300';
const B = '9990000301';
const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;

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
