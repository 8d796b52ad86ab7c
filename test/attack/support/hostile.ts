import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { UpstreamAnswer } from '../../support/upstream.js';

const BIG = 50 * 1024 * 1024;
const MEGABYTE = Buffer.alloc(1024 * 1024, 0x20);

/** Writes on and on, as fast as the other side reads, until it has had enough. */
function pour(res: ServerResponse, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= MEGABYTE.length;
      if (!res.write(MEGABYTE)) return;
    }
    res.end();
  };
  res.on('drain', more);
  more();
}

function raw(text: string, then: 'close' | 'stay' = 'close'): UpstreamAnswer {
  return (_request, res) => {
    res.socket?.write(text);
    if (then === 'close') res.socket?.end();
    return undefined;
  };
}

function trickle(start: string): UpstreamAnswer {
  return (_request, res) => {
    res.writeHead(200, { 'content-type': 'text/html' });
    res.write(start);
    const timer = setInterval(() => res.write('x'), 1_000);
    res.once('close', () => clearInterval(timer));
    return undefined;
  };
}

function compressed(encoding: string, body: Buffer): UpstreamAnswer {
  return { headers: { 'content-encoding': encoding }, body };
}

const bomb = Buffer.alloc(BIG, 0x20);
const nested = (open: string, close: string, depth: number): string =>
  `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`;

/** The names of those whose body is cut off at our cap rather than by the time-out. */
export const tooLarge = ['a body of 50 MB', 'a body that never ends', 'a gzip bomb', 'a deflate bomb', 'a brotli bomb'];

/**
 * What a hostile or broken server answers, which is never an answer of QQ's: `{good}` stands for one that is. Each
 * must end the login within its timeout, with the user logged out.
 */
export const hostileAnswers: [string, UpstreamAnswer][] = [
  [
    'a body of 50 MB',
    (_request, res) => {
      res.writeHead(200, { 'content-length': BIG });
      pour(res, BIG);
      return undefined;
    },
  ],
  [
    'a body that never ends',
    (_request, res) => {
      res.writeHead(200);
      pour(res, Infinity);
      return undefined;
    },
  ],
  ['one byte a second', trickle('{"ret":0,"nickname":"')],
  ['one blank a second', trickle('')],
  ['a gzip bomb', compressed('gzip', gzipSync(bomb))],
  ['a gzip bomb in a gzip bomb', compressed('gzip, gzip', gzipSync(gzipSync(bomb)))],
  ['a deflate bomb', compressed('deflate', deflateSync(bomb))],
  ['a brotli bomb', compressed('br', brotliCompressSync(bomb))],
  ['invalid gzip', compressed('gzip', Buffer.from('{"ret":0,"nickname":"x"}'))],
  ['half of a gzip', compressed('gzip', gzipSync(Buffer.from('{"ret":0,"nickname":"x"}')).subarray(0, 15))],
  ['an unknown compression', compressed('evil', Buffer.from([1, 2, 3]))],
  ['headers of 1 MB', raw(`HTTP/1.1 200 OK\r\nX-Bomb: ${'x'.repeat(1024 * 1024)}\r\n\r\n{}`)],
  ['ten thousand headers', raw(`HTTP/1.1 200 OK\r\n${'X-Bomb: x\r\n'.repeat(10_000)}\r\n{}`)],
  ['a header that never ends', raw('HTTP/1.1 200 OK\r\nX-Bomb: ', 'stay')],
  ['no HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n')],
  ['an invalid status line', raw('HTTP/1.1 abc\r\n\r\n')],
  ['a header with a NUL', raw('HTTP/1.1 200 OK\r\nX-\u0000: a\r\nContent-Length: 2\r\n\r\n{}')],
  ['two lengths', raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 20\r\n\r\n{}')],
  ['a length and chunks', raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}')],
  ['invalid chunks', raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n')],
  ['a body shorter than its length', raw('HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"ret":0,')],
  ['another protocol', raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: Upgrade\r\n\r\n', 'stay')],
  ['a hundred early hints and nothing else', raw('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100), 'stay')],
  ['no answer', 'hang'],
  ['a reset', 'reset'],
  [
    'headers and no body',
    (_request, res) => {
      res.writeHead(200, { 'content-length': 20 }).flushHeaders();
      return undefined;
    },
  ],
  ['status 204', { status: 204 }],
  ['status 304', { status: 304 }],
  ['status 407', { status: 407, body: 'proxy' }],
  ['an array', '[{"ret":0}]'],
  ['null', 'null'],
  ['a number', '0'],
  ['a string', '"openid"'],
  ['HTML', '<!doctype html><script>alert(1)</script>'],
  ['JavaScript', 'callback({"ret":0,"openid":alert(1)});'],
  ['two JSONP calls', 'callback({"a":1}); callback({"openid":"x"});'],
  ['JSON nested 30,000 levels deep', nested('[', ']', 30_000)],
  ['objects nested 10,000 levels deep', nested('{"a":', '}', 10_000)],
  ['deep JSON with a __proto__ in it', `{"__proto__":1,"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  [
    'an identity that hides in __proto__',
    '{"__proto__":{"access_token":"A","openid":"B","ret":0,"nickname":"C","client_id":"100000042"}}',
  ],
  ['an identity that hides in constructor', '{"constructor":{"prototype":{"openid":"B","access_token":"A"}}}'],
  ['__proto__ in a form', '__proto__=a&__proto__[openid]=b'],
  ['an identity of the wrong types', '{"access_token":["A"],"openid":{"a":1},"ret":[0],"nickname":{}}'],
  ['bytes that are no UTF-8', { body: Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x7d]) }],
  ['UTF-16', { body: Buffer.from('\ufeff{"openid":"x"}', 'utf16le') }],
];
