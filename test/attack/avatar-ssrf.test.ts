import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { guardedLookup, isPublicAddress } from '../../src/avatars/addresses.js';
import { createSafeFetch } from '../../src/avatars/safe-fetch.js';
import { listen } from '../fixtures/avatar-host.js';
import type { AddressInfo } from 'node:net';
import type { Resolve } from '../../src/avatars/addresses.js';

/** A resolver that answers one list of addresses after the other. */
function resolverOf(...answers: string[][]): Resolve & { asked: number } {
  const resolve = ((_hostname, _options, done) => {
    const addresses = answers[Math.min(resolve.asked++, answers.length - 1)] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as Resolve & { asked: number };
  resolve.asked = 0;
  return resolve;
}

/** A plain listener that notes every connection. */
async function startTrap(port = 0) {
  const connections: string[] = [];
  const server = createServer((socket) => {
    connections.push(socket.remoteAddress ?? '');
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('an address that is not one of the public internet', () => {
  it.each([
    ['this network', '0.0.0.0', '0.1.2.3'],
    ['private', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
    ['loopback', '127.0.0.1', '127.1.2.3', '127.255.255.254'],
    ['link-local, where clouds keep their metadata', '169.254.0.1', '169.254.169.254'],
    ['carrier-grade NAT, where Aliyun keeps them', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
    ['for protocols', '192.0.0.1', '192.0.0.170', '192.0.0.192'],
    ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1'],
    ['benchmarks', '198.18.0.1', '198.19.255.255', '2001:2::1'],
    ['multicast and reserved', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1', 'ff0e::1'],
    ['relays', '192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1'],
    ['unspecified and loopback of IPv6', '::', '::1', '0:0:0:0:0:0:0:1'],
    [
      'unique local and link-local of IPv6',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'fe80::1%eth0',
      'febf::1',
      'fec0::1',
    ],
    ['IPv4 mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::FFFF:169.254.169.254'],
    ['IPv4 compatible', '::127.0.0.1', '::7f00:1'],
    ['IPv4 translated', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::', '2002:a00:1::1', '2002:c0a8:101::'],
    ['6bone, returned to IANA', '3ffe::1', '3ffe:ffff::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
    ['ISATAP', '2400:1::5efe:10.0.0.1', '2400:1::200:5efe:127.0.0.1', '2400:1:0:0:0:5efe:7f00:1'],
    ['discard-only, SRv6 and dummy', '100::1', '5f00::1', '100:0:0:1::1'],
    ['no address', '', 'localhost', '127.1', '0x7f.1', '2130706433', '017700000001', '1.2.3.4.5', '::g'],
  ])('is refused: %s', (_what, ...addresses) => {
    for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });

  it('is distinguished from the public addresses next to its range', () => {
    const publicOnes = ['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '223.255.255.255'];
    for (const address of [...publicOnes, '2400:3200::1', '2606:4700::1111', '2001:4860:4860::8888']) {
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
    }
  });

  it('is removed from the addresses to connect to', async () => {
    const lookup = guardedLookup(isPublicAddress, resolverOf(['10.0.0.1', '8.8.8.8', '::1']));
    const found = await new Promise((resolve) =>
      lookup('q.qlogo.cn', { all: true }, (error, addresses) => resolve([error, addresses])),
    );
    expect(found).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
    const one = await new Promise((resolve) =>
      lookup('q.qlogo.cn', {}, (error, address, family) => resolve([error, address, family])),
    );
    expect(one).toEqual([null, '8.8.8.8', 4]);
  });
});

describe('a URL that is not one of the image hosts', () => {
  it.each([
    'http://127.0.0.1/',
    'https://127.0.0.1/g?b=qq&nk=12345',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://017700000001/',
    'https://127.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://localhost/',
    'https://q.qlogo.cn.evil.example/',
    'https://evilq.qlogo.cn/',
    'https://evil.qlogo.cn/',
    'https://qlogo.cn/',
    'https://xq.qlogo.cn/',
    'https://q.qlogo.cn./',
    'https://q.qlogo.cn%2eevil.example/',
    'https://q.qlogo.cn@127.0.0.1/',
    'https://q.qlogo.cn:pw@evil.example/',
    'https://user@q.qlogo.cn/',
    'https://user:pw@q.qlogo.cn/',
    'https://q.qlogo.cn:22/',
    'https://q.qlogo.cn:8443/',
    'https://q.qlogo.cn:80/',
    'http://q.qlogo.cn:8080/',
    'https://evil.example\\@q.qlogo.cn/',
    'https://evil.example#@q.qlogo.cn/',
    'https://evil.example?@q.qlogo.cn/',
    'https://ｑ.qlogo.cn.evil.example/',
    'https://q.qlogo.cn。evil.example/',
    'ftp://q.qlogo.cn/',
    'file:///etc/passwd',
    'gopher://q.qlogo.cn/',
    'data:image/png;base64,AAAA',
    '//q.qlogo.cn/',
    'q.qlogo.cn',
    '',
  ])('is not resolved: %p', async (url) => {
    const resolve = resolverOf(['127.0.0.1']);
    await using trap = await startTrap();
    const safeFetch = createSafeFetch({ resolve, timeoutMs: 1_000 });
    await expect(safeFetch(url)).rejects.toThrow('a URL of no avatar host');
    await expect(safeFetch(url.replace(/\/$/, `:${trap.port}/`))).rejects.toThrow();
    expect(resolve.asked).toBe(0);
    expect(trap.connections).toEqual([]);
  });

  it('is read as a browser reads it, with a backslash as a slash', async () => {
    const names: string[] = [];
    const resolve: Resolve = (hostname, _options, done) => {
      names.push(hostname);
      done(null, []);
    };
    await expect(createSafeFetch({ resolve })('https://q.qlogo.cn\\@evil.example:1/')).rejects.toThrow();
    expect(names).toEqual(['q.qlogo.cn']);
  });

  it('is refused unless it has exactly the origin of the sandbox', async () => {
    await using sandbox = await listen((_req, res) => void res.end('ok'));
    await using other = await listen((_req, res) => void res.end('ok'));
    const safeFetch = createSafeFetch({ sandbox: sandbox.url });
    await expect(safeFetch(`${sandbox.url}/g`)).resolves.toMatchObject({ status: 200 });
    const port = new URL(sandbox.url).port;
    for (const url of [
      other.url,
      `http://user@127.0.0.1:${port}`,
      `http://localhost:${port}`,
      `http://[::1]:${port}`,
    ]) {
      await expect(safeFetch(`${url}/g`)).rejects.toThrow('no avatar host');
    }
    expect(other.asked).toEqual([]);
  });
});

describe('a name that resolves to a private address', () => {
  it.each([['127.0.0.1'], ['::1'], ['10.0.0.1'], ['169.254.169.254'], ['::ffff:127.0.0.1'], ['100.100.100.200']])(
    'is not connected to: %s',
    async (address) => {
      const safeFetch = createSafeFetch({ resolve: resolverOf([address]), timeoutMs: 2_000 });
      const error = await safeFetch('https://q.qlogo.cn/g?b=qq&nk=12345').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_QQ_NETWORK', cause: { code: 'ERR_QQ_ADDRESS_REFUSED' } });
    },
  );

  it('is checked at the connection, so that a changed DNS response has no effect', async () => {
    await using host = await listen((_req, res) => void res.writeHead(200, { Connection: 'close' }).end('ok'));
    const sandbox = host.url.replace('127.0.0.1', 'localhost');
    const resolve = resolverOf(['127.0.0.1'], ['10.0.0.1']);
    const safeFetch = createSafeFetch({ sandbox, resolve, timeoutMs: 2_000 });
    await expect(safeFetch(sandbox)).resolves.toMatchObject({ status: 200 });
    // One name, asked once for each connection, and no connection without.
    await expect(safeFetch(sandbox)).rejects.toMatchObject({ cause: { code: 'ERR_QQ_ADDRESS_REFUSED' } });
    expect([resolve.asked, host.asked.length]).toEqual([2, 1]);
  });

  it('is not reached through a proxy of the environment, which would resolve the name itself', async () => {
    await using trap = await startTrap();
    const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = `http://127.0.0.1:${trap.port}`;
    try {
      const safeFetch = createSafeFetch({ resolve: resolverOf(['127.0.0.1']), timeoutMs: 2_000 });
      await expect(safeFetch('https://q.qlogo.cn/')).rejects.toMatchObject({
        cause: { code: 'ERR_QQ_ADDRESS_REFUSED' },
      });
      expect(trap.connections).toEqual([]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  });
});

describe('a redirect', () => {
  const disposables: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const each of disposables.splice(0)) await each[Symbol.asyncDispose]();
  });

  async function redirectTo(location: string, status = 302) {
    const host = await listen((_req, res) => void res.writeHead(status, { Location: location }).end());
    disposables.push(host);
    return host;
  }

  it.each([
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://2130706433/',
    'https://evil.example/',
    'https://q.qlogo.cn.evil.example/',
    'https://q.qlogo.cn:8443/',
    'https://user@q.qlogo.cn/',
    '//evil.example/',
    '\\\\evil.example/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'http://%zz/',
  ])('to %p is not followed', async (location) => {
    const host = await redirectTo(location);
    const resolve = resolverOf(['127.0.0.1']);
    const safeFetch = createSafeFetch({ sandbox: host.url, resolve, timeoutMs: 2_000 });
    await expect(safeFetch(`${host.url}/g`)).rejects.toMatchObject({ code: 'ERR_QQ_NETWORK' });
    expect([host.asked.length, resolve.asked]).toEqual([1, 0]);
  });

  it('to an image host over http is requested over https, and its address is validated', async () => {
    const host = await redirectTo('http://q3.qlogo.cn/g?b=qq&k=x');
    const safeFetch = createSafeFetch({ sandbox: host.url, resolve: resolverOf(['10.0.0.1']), timeoutMs: 2_000 });
    await expect(safeFetch(`${host.url}/g`)).rejects.toMatchObject({
      message: 'q3.qlogo.cn could not be reached',
      cause: { code: 'ERR_QQ_ADDRESS_REFUSED' },
    });
  });

  it('is followed twice and not a third time, and carries no cookie and no Referer', async () => {
    const host = await listen((req, res) => {
      const hop = Number(new URL(req.url ?? '', 'http://x').searchParams.get('hop'));
      const last = Number(new URL(req.url ?? '', 'http://x').searchParams.get('last'));
      if (hop >= last) res.end('here');
      else res.writeHead(307, { Location: `/g?last=${last}&hop=${hop + 1}`, 'Set-Cookie': 'a=b' }).end();
    });
    disposables.push(host);
    const safeFetch = createSafeFetch({ sandbox: host.url });
    const { body, url } = await safeFetch(`${host.url}/g?last=2&hop=0`);
    expect([body.toString(), url.search]).toEqual(['here', '?last=2&hop=2']);
    for (const headers of host.headers) {
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
    }
    await expect(safeFetch(`${host.url}/g?last=3&hop=0`)).rejects.toThrow('redirected too often');
  });
});

describe('a hostile image host', () => {
  it('is aborted at the timeout if it sends a few bytes or none', async () => {
    await using host = await listen((req, res) => {
      if (req.url === '/silent') return;
      res.writeHead(200, { 'Content-Type': 'image/png' });
      const drip = setInterval(() => res.write('x'), 50);
      res.once('close', () => clearInterval(drip));
    });
    const safeFetch = createSafeFetch({ sandbox: host.url, timeoutMs: 300 });
    for (const path of ['/silent', '/drip']) {
      await expect(safeFetch(host.url + path)).rejects.toMatchObject({ code: 'ERR_QQ_TIMEOUT' });
    }
  });

  it('has one timeout for all its redirects', async () => {
    await using host = await listen((_req, res) => {
      setTimeout(() => res.writeHead(302, { Location: '/again' }).end(), 250);
    });
    const safeFetch = createSafeFetch({ sandbox: host.url, timeoutMs: 400 });
    await expect(safeFetch(host.url)).rejects.toMatchObject({ code: 'ERR_QQ_TIMEOUT' });
  });

  it.each([
    ['with a Content-Length', true],
    ['without one', false],
  ])('is cut off at two MiB, in a body %s', async (_what, withLength) => {
    let sent = 0;
    await using host = await listen((_req, res) => {
      const piece = Buffer.alloc(64 * 1024);
      res.writeHead(200, withLength ? { 'Content-Length': 512 * 1024 * 1024 } : {});
      const pump = (): void => {
        while (!res.destroyed && sent < 512 * 1024 * 1024) {
          sent += piece.length;
          if (!res.write(piece)) return;
        }
      };
      res.on('drain', pump);
      pump();
    });
    const safeFetch = createSafeFetch({ sandbox: host.url });
    await expect(safeFetch(host.url)).rejects.toMatchObject({ code: 'ERR_QQ_BODY_TOO_LARGE' });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('cannot send a decompression bomb, because no body is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    await using host = await listen((_req, res) => void res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb));
    const { body } = await createSafeFetch({ sandbox: host.url })(host.url);
    expect(body.equals(bomb)).toBe(true);
  });

  it('causes an error without path and query, which identify the user', async () => {
    await using host = await listen((_req, res) => void res.destroy());
    const error = await createSafeFetch({ sandbox: host.url })(`${host.url}/g?nk=9990000001`).catch((e: unknown) => e);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('9990000001');
  });
});
