import { crc32, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../src/sandbox.js';
import { readTokens, SandboxVisitor } from '../contract/sandbox-visitor.js';

interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
  readonly palette: string;
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
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR') ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 3, 0, 0, 0]);
  const pixels = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  expect(pixels).toHaveLength(height * (width + 1));
  return { width, height, pixels, palette: chunks.get('PLTE')?.toString('hex') ?? '' };
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

  it('are the original at size 0, and 404 at other sizes', async () => {
    expect(readPng((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/0`)).file).width).toBe(640);
    for (const size of ['41', 'x', '-1', '__proto__', 'constructor']) {
      expect((await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/${size}`)).response.status).toBe(404);
    }
  });

  it('differ from user to user and stay the same from request to request', async () => {
    const images = await Promise.all(
      sandbox.users.map(async ({ openid }) =>
        (await fetchAvatar(`/qqapp/100000001/${openid}/40`)).file.toString('hex'),
      ),
    );
    expect(new Set(images).size).toBe(sandbox.users.length);
    const again = await fetchAvatar(`/qqapp/100000001/${user('ordinary')}/40`);
    expect(again.file.toString('hex')).toBe(images[0]);
  });

  it('are never enlarged for a user who has only a small one', async () => {
    for (const size of [100, 640]) {
      const { file } = await fetchAvatar(`/qqapp/100000001/${user('small-avatar')}/${size}`);
      expect(readPng(file).width).toBe(40);
    }
  });

  it('are a placeholder with status 200 for an unknown openid', async () => {
    const unknown = '0123456789ABCDEF0123456789ABCDEF';
    for (const path of [`/qqapp/100000001/${unknown}/100`, `/qqapp/1/${user('ordinary')}/100`]) {
      const { response, file } = await fetchAvatar(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-info')).toMatch(/^notexist:/);
      expect(response.headers.get('last-modified')).toContain('1990');
      expect(readPng(file).width).toBe(100);
    }
  });

  it('follow the host name that the client used', async () => {
    const visitor = new SandboxVisitor(sandbox);
    const openid = user('ordinary');
    const { location } = await visitor.press({ openid });
    const { body } = await visitor.token({ code: location?.searchParams.get('code') ?? '' });
    const { port } = new URL(sandbox.url);
    const query = new URLSearchParams({
      access_token: readTokens(body).accessToken,
      oauth_consumer_key: '100000001',
      openid,
    });
    const profile = (await (
      await fetch(`http://localhost:${port}/user/get_user_info?${query.toString()}`)
    ).json()) as object;
    expect(profile).toMatchObject({ figureurl_qq_2: `http://localhost:${port}/qqapp/100000001/${openid}/100` });
  });
});

describe('the image hosts of the sandbox', () => {
  it('return the picture of a QQ number by number and by key, in the size that getface was asked for', async () => {
    await using sandbox = await startSandbox();
    const get = async (path: string) => (await fetch(sandbox.url + path, { redirect: 'manual' })).text();
    const sizes = await Promise.all(
      ['', '&imgtype=1', '&imgtype=3', '&imgtype=4', '&imgtype=5', '&imgtype=9'].map(async (type) => {
        const url = JSON.parse(/\((.*)\)/.exec(await get(`/getface?uin=12345${type}`))?.[1] ?? '{}') as Record<
          string,
          string
        >;
        return new URL(url['12345'] ?? '').searchParams.get('s');
      }),
    );
    expect(sizes).toEqual(['40', '40', '100', '140', '640', '40']);
    const face = await fetch(`${sandbox.url}/pub/get_face?img_type=3&uin=12345`, { redirect: 'manual' });
    const target = new URL(face.headers.get('location') ?? '');
    expect(target.searchParams.get('s')).toBe('100');
    expect(await get(target.pathname + target.search)).toBe(await get('/g?b=qq&nk=12345&s=100'));
    expect(await get('/getface?uin=1&imgtype=3')).toBe('pt.setHeader({"":""})');
  });

  it.each([
    ['/g?b=qq&nk=12345&s=140', 140],
    ['/g?b=qq&nk=12345&s=160', 140],
    ['/g?b=qq&nk=12345&s=3', 100],
    ['/headimg_dl?dst_uin=12345&spec=640', 640],
    ['/gh/12345/12345/100', 100],
    ['/qzone/12345/12345/50', 50],
    ['/g?b=qq&nk=12&s=640', 100],
  ])('serve %s as a PNG of %i px', async (path, width) => {
    await using sandbox = await startSandbox();
    const file = Buffer.from(await (await fetch(sandbox.url + path)).arrayBuffer());
    expect(readPng(file)).toMatchObject({ width, height: width });
  });
});
