import { createServer } from 'node:net';
import { Agent } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { MAX_BODY_BYTES, createRequest } from '../../src/transport/request.js';
import { hang, reset, startUpstream } from '../support/upstream.js';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { AxiosInstance } from 'axios';
import type { Upstream, UpstreamAnswer } from '../support/upstream.js';

const GENEROUS_MS = 15_000;

describe('createRequest()', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(() => upstream.close());

  const request = createRequest({ timeoutMs: GENEROUS_MS });
  const get = (answer: UpstreamAnswer, timeoutMs = GENEROUS_MS) => {
    upstream.always('other', answer);
    return createRequest({ timeoutMs })({ url: `${upstream.url}/somewhere` });
  };

  it('returns status, headers and the unchanged body', async () => {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const answer = await get({ headers, body: '{"a": 1}  \n示例' });
    expect(answer).toMatchObject({ status: 200, headers, text: '{"a": 1}  \n示例' });
  });

  it.each([201, 204, 302, 304, 400, 404, 500, 503])('returns a response with status %i', async (status) => {
    expect(await get({ status, headers: { location: '/other' } })).toMatchObject({ status });
  });

  it('follows no redirect', async () => {
    const response = await get({ status: 302, headers: { location: `${upstream.url}/elsewhere` } });
    expect(response.headers.location).toBe(`${upstream.url}/elsewhere`);
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/somewhere']);
  });

  it('sends the given method, headers and body', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-own': 'yes' };
    await request({ method: 'POST', url: `${upstream.url}/p?q=1`, headers, body: 'a=b+c' });
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', path: '/p', body: 'a=b+c', headers });
  });

  it('sends its own headers with each request, unless the request replaces them', async () => {
    const own = createRequest({ timeoutMs: GENEROUS_MS, headers: { 'x-a': '1', 'x-b': '1' } });
    await own({ url: `${upstream.url}/a`, headers: { 'x-b': '2' } });
    await own({ url: `${upstream.url}/b` });
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
    expect(upstream.requests[1]?.headers).toMatchObject({ 'x-a': '1', 'x-b': '1' });
  });

  it('reads a compressed body', async () => {
    expect(await get({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"ret":0}') })).toMatchObject({
      text: '{"ret":0}',
    });
  });

  const tooLarge = { name: 'TypeError', cause: { code: 'ERR_QQ_BODY_TOO_LARGE' } };

  it('reads a body up to the cap, and cuts a larger one off', async () => {
    const { text } = await get('x'.repeat(MAX_BODY_BYTES));
    expect(text).toHaveLength(MAX_BODY_BYTES);
    await expect(get('x'.repeat(MAX_BODY_BYTES + 1))).rejects.toMatchObject(tooLarge);
  });

  it('aborts a body that never ends and closes its connection', async () => {
    let closed: () => void = () => undefined;
    const connectionClosed = new Promise<void>((resolve) => (closed = resolve));
    await expect(
      get((_request, res) => {
        res.on('close', closed);
        const more = () => {
          while (!res.destroyed && res.write('x'.repeat(16_384)));
        };
        res.on('drain', more);
        more();
        return undefined;
      }),
    ).rejects.toMatchObject(tooLarge);
    await connectionClosed;
  });

  it('counts the bytes after decompression', async () => {
    const bomb = { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(20 * 1024 * 1024)) };
    expect(bomb.body.length).toBeLessThan(MAX_BODY_BYTES);
    await expect(get(bomb)).rejects.toMatchObject(tooLarge);
  });

  it.each<[string, UpstreamAnswer]>([
    ['nothing', hang],
    [
      'the headers only',
      (_request, res) => {
        res.writeHead(200).flushHeaders();
        return undefined;
      },
    ],
    [
      'a byte now and then',
      (_request, res) => {
        const drip = setInterval(() => res.write('x'), 10);
        res.on('close', () => clearInterval(drip));
        return undefined;
      },
    ],
  ])('throws a TimeoutError if the server sends %s', async (_what, answer) => {
    await expect(get(answer, 100)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('throws a TypeError with ECONNRESET if the connection is reset', async () => {
    await expect(get(reset)).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } });
  });

  it('throws a TypeError with ECONNREFUSED if no server listens', async () => {
    await upstream.close();
    await expect(get('never')).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } });
  });

  it('rejects a body that is shorter than its Content-Length', async () => {
    const cut: UpstreamAnswer = (_request, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('access_token=AT', () => res.socket?.destroy());
      return undefined;
    };
    await expect(get(cut)).rejects.toMatchObject({ name: 'TypeError' });
  });

  it('throws an error without an AxiosError and without data of the request', async () => {
    upstream.always('other', reset);
    const url = `${upstream.url}/x?client_secret=top-secret`;
    const error: unknown = await request({ url }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'request failed', cause: { code: 'ECONNRESET' } });
    const shown = inspect(error, { showHidden: true, depth: Infinity });
    expect(shown).not.toMatch(/AxiosError|top-secret|client_secret/);
  });

  it('sends to a loopback address directly if http_proxy is set', async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = 'http://127.0.0.1:1';
    try {
      expect((await get('direct')).status).toBe(200);
      const throughInstance = createRequest({ timeoutMs: GENEROUS_MS, axios: axios.create() });
      expect((await throughInstance({ url: `${upstream.url}/x` })).status).toBe(200);
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
  });

  it('opens at most 128 connections to a host, and counts the wait for one in timeoutMs', async () => {
    let answerAll: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answerAll = resolve));
    upstream.always('other', async ({ path }) => {
      if (path === '/x') await answered;
      return 'ok';
    });
    const answers = Promise.all(Array.from({ length: 200 }, async () => request({ url: `${upstream.url}/x` })));
    const received = () => upstream.requests.filter(({ path }) => path === '/x').length;
    const probe = async () => (await fetch(`${upstream.url}/probe`)).text();
    while (received() < 128) await probe();
    // Its connection is the last in the server's queue.
    for (let probes = 0; probes < 5; probes += 1) await probe();
    expect(received()).toBe(128);
    answerAll();
    expect(await answers).toHaveLength(200);

    upstream.always('other', hang);
    const slow = createRequest({ timeoutMs: 300 });
    const ends = await Promise.allSettled(Array.from({ length: 129 }, async () => slow({ url: `${upstream.url}/x` })));
    for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
  });
});

/** A server that answers the first request of a connection, and treats every later one as it is told. */
async function closingServer(onReuse: (socket: Socket) => void) {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let seen = 0;
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        requests.push(/^(\S+ \S+)/.exec(String(chunk))?.[1] ?? '');
        seen += 1;
        if (seen > 1) onReuse(socket);
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('createRequest(), where a server closes a kept connection as the next request arrives,', () => {
  const once = createRequest({ timeoutMs: GENEROUS_MS });
  const resetError = { name: 'TypeError', cause: { code: 'ECONNRESET' } };

  it('sends the request once more, on a new connection that is not kept', async () => {
    await using server = await closingServer((socket) => socket.resetAndDestroy());
    await once({ url: `${server.url}/a` });
    expect(await once({ url: `${server.url}/b` })).toMatchObject({ text: 'ok' });
    expect(server.requests).toEqual(['GET /a', 'GET /b', 'GET /b']);
    // The connection of the repeat would be the next to be reset.
    expect(await once({ url: `${server.url}/c` })).toMatchObject({ text: 'ok' });
    expect(server.requests).toEqual(['GET /a', 'GET /b', 'GET /b', 'GET /c']);
  });

  it('retries also if the connection closes without a reset', async () => {
    await using server = await closingServer((socket) => socket.end());
    await once({ url: `${server.url}/a` });
    expect(await once({ url: `${server.url}/b` })).toMatchObject({ text: 'ok' });
  });

  it('does not retry after the first byte of a response', async () => {
    await using server = await closingServer((socket) => {
      socket.write('HTTP/1.1 2', () => socket.resetAndDestroy());
    });
    await once({ url: `${server.url}/a` });
    await expect(once({ url: `${server.url}/b` })).rejects.toMatchObject({ name: 'TypeError' });
    expect(server.requests).toEqual(['GET /a', 'GET /b']);
  });

  it('gives a request marked `once` a new connection, and never repeats it', async () => {
    await using server = await closingServer((socket) => socket.resetAndDestroy());
    await once({ url: `${server.url}/a` });
    expect(await once({ url: `${server.url}/refresh`, once: true })).toMatchObject({ text: 'ok' });
    expect(server.requests).toEqual(['GET /a', 'GET /refresh']);

    await using upstream = await startUpstream();
    upstream.always('other', reset);
    await expect(once({ url: `${upstream.url}/refresh`, once: true })).rejects.toMatchObject(resetError);
    expect(upstream.requests).toHaveLength(1);
  });

  it('repeats nothing after a reset of a new connection', async () => {
    await using upstream = await startUpstream();
    upstream.always('other', reset);
    await expect(once({ url: `${upstream.url}/a` })).rejects.toMatchObject(resetError);
    expect(upstream.requests).toHaveLength(1);
  });

  it('repeats nothing through an axios instance of the application', async () => {
    await using server = await closingServer((socket) => socket.resetAndDestroy());
    const own = createRequest({ timeoutMs: GENEROUS_MS, axios: axios.create() });
    await own({ url: `${server.url}/a` });
    await expect(own({ url: `${server.url}/b` })).rejects.toMatchObject(resetError);
    expect(server.requests).toEqual(['GET /a', 'GET /b']);
  });
});

describe('createRequest() with an axios instance of the application', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
    upstream.always('other', '{"a":1}');
  });
  afterEach(() => upstream.close());

  const through = (instance: AxiosInstance) =>
    createRequest({ timeoutMs: GENEROUS_MS, headers: { 'x-ours': 'yes' }, axios: instance })({
      url: `${upstream.url}/x`,
    });

  it('keeps its agents', async () => {
    const used: string[] = [];
    class OwnAgent extends Agent {
      override createConnection(...parameters: Parameters<Agent['createConnection']>) {
        used.push('own');
        return super.createConnection(...parameters);
      }
    }
    await through(axios.create({ httpAgent: new OwnAgent(), proxy: false }));
    expect(used).toEqual(['own']);
  });

  it('keeps its proxy, on a loopback address too', async () => {
    await using proxy = await startUpstream();
    proxy.always('other', 'from the proxy');
    const { hostname, port } = new URL(proxy.url);
    const answer = await through(axios.create({ proxy: { host: hostname, port: Number(port) } }));
    expect(answer.text).toBe('from the proxy');
    expect(upstream.requests).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['a text', '{"ret":0}', '{"ret":0}'],
    ['bytes', Buffer.from('{"ret":0}'), '{"ret":0}'],
    ['an object, as a mock does', { ret: 0 }, '{"ret":0}'],
    ['nothing', undefined, ''],
  ])('keeps its adapter, which may return %s', async (_what, data, text) => {
    const instance = axios.create({
      adapter: async (config) => Promise.resolve({ data, status: 200, statusText: 'OK', headers: {}, config }),
    });
    expect(await through(instance)).toMatchObject({ status: 200, text });
    expect(upstream.requests).toEqual([]);
  });

  it('keeps its interceptors and headers, and returns the unchanged body', async () => {
    const instance = axios.create({ headers: { 'x-theirs': 'yes' }, responseType: 'json', timeout: 1_000 });
    instance.interceptors.request.use((config) => {
      config.headers.set('x-own', 'yes');
      return config;
    });
    expect((await through(instance)).text).toBe('{"a":1}');
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-own': 'yes', 'x-theirs': 'yes', 'x-ours': 'yes' });
  });

  it('follows no redirect and returns every status, also if the instance is configured otherwise', async () => {
    upstream.always('other', { status: 302, headers: { location: `${upstream.url}/elsewhere` } });
    const instance = axios.create({ maxRedirects: 5, validateStatus: (status) => status === 200 });
    expect(await through(instance)).toMatchObject({ status: 302 });
    expect(upstream.requests).toHaveLength(1);
  });

  it('throws a TypeError for any exception of an interceptor', async () => {
    const instance = axios.create();
    instance.interceptors.request.use(() => {
      throw undefined as unknown as Error;
    });
    await expect(through(instance)).rejects.toMatchObject({
      name: 'TypeError',
      cause: { message: 'the connection failed' },
    });
  });

  it('throws ERR_NO_AXIOS_RESPONSE if an interceptor returns the data instead of the response', async () => {
    const instance = axios.create();
    instance.interceptors.response.use((response) => response.data as never);
    await expect(through(instance)).rejects.toMatchObject({ cause: { code: 'ERR_NO_AXIOS_RESPONSE' } });
  });
});
