import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { MAX_BODY_BYTES, axiosFetch } from '../../src/transport/axios-fetch.js';
import { hang, reset, startUpstream } from '../support/upstream.js';
import type { Upstream, UpstreamAnswer } from '../support/upstream.js';

const GENEROUS_MS = 5_000;

describe('axiosFetch', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(() => upstream.close());

  const fetch = axiosFetch({ timeoutMs: GENEROUS_MS });
  const get = (answer: UpstreamAnswer, timeoutMs = GENEROUS_MS) => {
    upstream.always('other', answer);
    return axiosFetch({ timeoutMs })(`${upstream.url}/somewhere`);
  };

  it('gives a real Response, with the body as it came', async () => {
    const response = await get({ headers: { 'content-type': 'text/html; charset=utf-8' }, body: '{"a": 1}  \n示例' });
    expect(response).toBeInstanceOf(Response);
    expect(response.ok).toBe(true);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe('{"a": 1}  \n示例');
  });

  it.each([201, 204, 302, 304, 400, 404, 500, 503])('takes the status %i for an answer', async (status) => {
    const response = await get({ status, headers: { location: '/other' } });
    expect(response.status).toBe(status);
  });

  it('follows no redirect', async () => {
    const response = await get({ status: 302, headers: { location: `${upstream.url}/elsewhere` } });
    expect(response.headers.get('location')).toBe(`${upstream.url}/elsewhere`);
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/somewhere']);
  });

  it('sends the method, the headers and the body it is given', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-own': 'yes' };
    await fetch(`${upstream.url}/p?q=1`, { method: 'POST', headers, body: new URLSearchParams({ a: 'b c' }) });
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', path: '/p', body: 'a=b+c', headers });
  });

  it('reads a compressed body', async () => {
    const response = await get({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"ret":0}') });
    expect(await response.text()).toBe('{"ret":0}');
  });

  const tooLarge = { name: 'TypeError', cause: { code: 'ERR_QQ_BODY_TOO_LARGE' } };

  it('reads a body up to the cap, and cuts a larger one off', async () => {
    const whole = await get('x'.repeat(MAX_BODY_BYTES));
    expect(await whole.text()).toHaveLength(MAX_BODY_BYTES);
    await expect(get('x'.repeat(MAX_BODY_BYTES + 1))).rejects.toMatchObject(tooLarge);
  });

  it('cuts off a body that never ends, and with it the connection', async () => {
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
  ])('ends with a TimeoutError where the server sends %s', async (_what, answer) => {
    const started = Date.now();
    await expect(get(answer, 100)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(Date.now() - started).toBeLessThan(GENEROUS_MS);
  });

  it('ends with a TypeError that says ECONNRESET where the connection is reset', async () => {
    await expect(get(reset)).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } });
  });

  it('ends with a TypeError that says ECONNREFUSED where nobody listens', async () => {
    await upstream.close();
    await expect(get('never')).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } });
  });

  it('takes no body for whole that is shorter than announced', async () => {
    const cut: UpstreamAnswer = (_request, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('access_token=AT', () => res.socket?.destroy());
      return undefined;
    };
    await expect(get(cut)).rejects.toMatchObject({ name: 'TypeError' });
  });

  it('fails without an AxiosError and without anything of the request', async () => {
    upstream.always('other', reset);
    const error: unknown = await fetch(`${upstream.url}/x?client_secret=top-secret`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
    const shown = inspect(error, { showHidden: true, depth: Infinity });
    expect(shown).not.toMatch(/AxiosError|top-secret|client_secret/);
  });

  it('asks a loopback address directly, whatever http_proxy says', async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = 'http://127.0.0.1:1';
    try {
      expect((await get('direct')).status).toBe(200);
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
  });

  it('uses an axios instance of the application’s, and survives what its interceptors throw', async () => {
    const own = axios.create();
    own.interceptors.request.use((config) => {
      config.headers.set('x-own', 'yes');
      return config;
    });
    await axiosFetch({ timeoutMs: GENEROUS_MS, axios: own })(`${upstream.url}/x`);
    expect(upstream.requests[0]?.headers['x-own']).toBe('yes');

    const throwing = axios.create();
    throwing.interceptors.request.use(() => {
      throw undefined as unknown as Error;
    });
    const call = axiosFetch({ timeoutMs: GENEROUS_MS, axios: throwing })(`${upstream.url}/x`);
    await expect(call).rejects.toMatchObject({ name: 'TypeError', cause: { message: 'the connection failed' } });
  });
});
