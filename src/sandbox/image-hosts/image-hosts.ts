import { createHash } from 'node:crypto';
import { apiAnswer, redirectAnswer, textHtml, type Answer } from '../answer.js';
import type { Call } from '../call.js';
import { noticePage } from '../error-page.js';
import { RecentMap } from '../recent-map.js';
import type { QQ } from '../qq.js';
import { flatImages } from './flat-images.js';
import { Gallery } from './gallery.js';
import { behaviourOf, type Behaviour } from './test-numbers.js';
import { troubleMaker } from './trouble.js';
import type { RequestHandler } from 'express';

type Path = Readonly<Record<string, string>>;
type Endpoint = (call: Call, qq: QQ, path: Path) => Answer;

const MOST_KEYS = 10_000;
const uinForm = /^[1-9][0-9]{4,10}$/;
const anySize = [0, 40, 100, 140, 640];
const groupSizes = [0, 40, 100, 640];
const qzoneSizes = [30, 50, 100, 640];
const sizeCodes = [0, 40, 40, 100, 140, 640];
const hit = { 'Cache-Control': 'max-age=2592000', 'Last-Modified': 'Sat, 01 Jun 2024 08:00:00 GMT' };
const notExist = { 'X-Info': 'notexist: -1' };
const modifiedIn1990 = { 'Last-Modified': 'Mon, 01 Jan 1990 00:00:00 GMT' };

/**
 * Plays Tencent's image hosts: `q.qlogo.cn` and its sisters, the group and Qzone hosts, `getface` and `get_face`, all at
 * the sandbox's one address. `use` takes a middleware that has to run first, `route` a path with its endpoint.
 */
export function addImageHosts(
  use: (middleware: RequestHandler) => void,
  route: (path: string, endpoint: Endpoint) => void,
): void {
  const gallery = new Gallery();
  // Keys that were handed out, so that a picture is the same by key and by number.
  const numbers = new RecentMap<string>(MOST_KEYS);

  const image = (call: Call, qq: QQ, number: string | undefined, sizes: readonly number[], text = '100'): Answer => {
    if (number === undefined) return noticePage(call.language, 404);
    const size = sizeCodes[Number(text)] ?? Number(text);
    const exists = uinForm.test(number) || numbers.get(number) !== undefined || number.length >= 22;
    if (!exists || !sizes.includes(size) || call.failWith !== undefined)
      return gallery.miss(100, { ...notExist, ...modifiedIn1990 });
    return picture(gallery, call, qq.url, number, size || 640);
  };
  const byPath =
    (sizes: readonly number[]): Endpoint =>
    (call, qq, { number, again = number, size }) =>
      image(call, qq, number === again ? number : undefined, sizes, size);
  const keyUrl = (qq: QQ, number: string): string => {
    const digest = createHash('sha256').update(`key of ${number}`).digest('base64url');
    const key = digest.replace(/[^A-Za-z0-9]/g, '').slice(0, 26);
    if (numbers.get(key) === undefined) numbers.set(key, number);
    return `${qq.url}/g?b=${behaviourOf(number) === 'getface-semicolon' ? 'sdk' : 'qq'}&k=${key}&s=40&t=1577836800`;
  };

  use(troubleMaker);
  route('/g', (call, qq) => {
    const { nk, k, s } = call.query;
    return image(call, qq, nk ?? (k === undefined ? undefined : (numbers.get(k) ?? k)), anySize, s);
  });
  route('/headimg_dl', (call, qq) => image(call, qq, call.query.dst_uin, anySize, call.query.spec));
  route('/gh/:number/:again/:size', byPath(groupSizes));
  route('/qzone/:number/:again/:size', byPath(qzoneSizes));
  route('/ek_qqapp/:number/:size', byPath(anySize));
  route('/ek_qqthird/:number/:size', byPath(anySize));

  route('/getface', ({ query: { uin = '' } }, qq) => {
    const behaviour = behaviourOf(uin);
    if (behaviour.startsWith('getface-login')) return { type: textHtml, body: '<!DOCTYPE html><title>登录</title>' };
    if (!uinForm.test(uin) || behaviour === 'unknown') return apiAnswer('pt.setHeader({"":""})');
    const url = keyUrl(qq, uin).replaceAll('/', '\\/');
    return apiAnswer(`pt.setHeader({"${uin}":"${url}"})${behaviour === 'getface-semicolon' ? ';' : ''}`);
  });
  route('/pub/get_face', ({ query: { uin = '', hop } }, qq) => {
    const behaviour = behaviourOf(uin);
    if (!uinForm.test(uin) || behaviour === 'unknown') return gallery.miss(100, notExist);
    const further = behaviour === 'getface-login-hops' && hop === undefined;
    return redirectAnswer(302, further ? `${qq.url}/pub/get_face?uin=${uin}&hop=1` : keyUrl(qq, uin));
  });
}

/** A picture of somebody, the placeholder, or whatever else a test number asks for. */
function picture(gallery: Gallery, { query }: Call, url: string, number: string, size: number): Answer {
  const behaviour = behaviourOf(number);
  const png = (pixels = size): Answer => ({ type: 'image/png', body: gallery.somebody(number, pixels), headers: hit });
  const at640 = (headers: typeof notExist | typeof hit): Answer => (size === 640 ? gallery.miss(size, headers) : png());
  const flat = (format: keyof typeof flatImages): Answer => {
    return { type: `image/${format}`, body: flatImages[format](size, 200), headers: hit };
  };
  const dead: Answer = { status: 500, type: textHtml, body: '' };
  const hop = Number(query.hop ?? 0);
  const further = (): Answer => redirectAnswer(302, `${url}/g?b=qq&nk=${number}&s=${size}&hop=${hop + 1}`);

  const special: Partial<Record<Behaviour, () => Answer>> = {
    jpeg: () => flat('jpeg'),
    gif: () => flat('gif'),
    webp: () => flat('webp'),
    unknown: () => gallery.miss(size, { ...notExist, ...modifiedIn1990 }),
    'miss-x-info': () => gallery.miss(size, notExist),
    'miss-last-modified': () => gallery.miss(size, modifiedIn1990),
    'miss-640': () => at640(notExist),
    'placeholder-640': () => at640(hit),
    tiny: () => png(Math.min(size, 40)),
    'cut-off-100': () => ({
      ...png(),
      body: gallery.somebody(number, size).subarray(0, size === 100 ? 200 : undefined),
    }),
    html: () => ({ type: 'image/jpeg', body: '<!DOCTYPE html><script>alert(1)</script>' }),
    svg: () => ({ type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' }),
    empty: () => ({ type: 'image/jpeg', body: '' }),
    huge: () => ({ type: 'image/png', body: Buffer.concat([gallery.somebody(number, 100), Buffer.alloc(2 ** 21)]) }),
    'http-500': () => dead,
    // Only the second source is asked by `dst_uin`.
    'first-source-dead': () => (query.dst_uin === undefined ? dead : png()),
    redirect: () => (hop < 1 ? further() : png()),
    'redirect-twice': () => (hop < 2 ? further() : png()),
    'redirect-loop': further,
    'redirect-private': () => redirectAnswer(302, 'http://169.254.169.254/latest/meta-data/'),
  };
  return special[behaviour]?.() ?? png();
}
