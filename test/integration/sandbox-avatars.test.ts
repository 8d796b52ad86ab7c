import { crc32, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';

interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

/** Reads a PNG as strictly as a browser would: magic bytes, checksums, order of chunks, amount of data. */
function readPng(file: Buffer): Image {
  expect(file.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    chunks.set(type, file.subarray(at + 8, end));
    at = end + 4;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR') ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 2, 0, 0, 0]);
  const pixels = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  expect(pixels).toHaveLength(height * (width * 3 + 1));
  return { width, height, pixels };
}

describe('the avatars of the sandbox', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  async function fetchAvatar(path: string): Promise<{ response: Response; file: Buffer }> {
    const response = await fetch(sandbox.url + path);
    return { response, file: Buffer.from(await response.arrayBuffer()) };
  }

  function user(id: string): string {
    return sandbox.users.find((candidate) => candidate.id === id)?.openid ?? '';
  }

  it.each([
    ['qqapp', 40],
    ['qqapp', 100],
    ['qqapp', 140],
    ['qqapp', 640],
    ['qzapp', 30],
    ['qzapp', 50],
    ['qzapp', 100],
  ])('are real images at /%s/APPID/OPENID/%i', async (kind, size) => {
    const { response, file } = await fetchAvatar(`/${kind}/100000001/${user('ordinary')}/${size}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('max-age=2592000');
    expect(readPng(file)).toMatchObject({ width: size, height: size });
  });

  it('are the original at size 0 and nothing at other sizes', async () => {
    expect(readPng((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/0`)).file).width).toBe(640);
    for (const size of ['41', 'x', '-1', '__proto__', 'constructor']) {
      expect((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/${size}`)).response.status).toBe(404);
    }
  });

  it('differ from persona to persona and stay the same from request to request', async () => {
    const images = await Promise.all(
      sandbox.users.map(async ({ openid }) =>
        (await fetchAvatar(`/qqapp/100000001/${openid}/40`)).file.toString('hex'),
      ),
    );
    expect(new Set(images).size).toBe(sandbox.users.length);
    const again = await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/40`);
    expect(again.file.toString('hex')).toBe(images[0]);
  });

  it('are never enlarged for somebody who only has a small one', async () => {
    for (const size of [100, 640]) {
      const { file } = await fetchAvatar(`/qqapp/100000001/${user('small-avatar')}/${size}`);
      expect(readPng(file).width).toBe(40);
    }
  });

  it('are a placeholder with status 200 for somebody who does not exist', async () => {
    const nobody = '0123456789ABCDEF0123456789ABCDEF';
    for (const path of [`/qqapp/100000001/${nobody}/100`, `/qqapp/1/${user('ordinary')}/100`]) {
      const { response, file } = await fetchAvatar(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-info')).toMatch(/^notexist:/);
      expect(response.headers.get('last-modified')).toContain('1990');
      expect(readPng(file).width).toBe(100);
    }
  });
});
