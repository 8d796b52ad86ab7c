import { simulatedError, type Call, type Parameters } from '../http/call.js';
import { apiResponse, redirectResponse, type SandboxResponse } from '../http/response.js';
import { noticePage } from '../pages/notice-page.js';
import { HIT, imageResponse, MISS, ORIGINAL } from './avatar.js';
import { pictureFor, placeholder } from './pictures.js';

const UIN = /^[1-9][0-9]{4,10}$/;
const KEY = /^[A-Za-z0-9]{22,44}$/;
const AVATAR_SIZES = [0, 40, 100, 140, 160, 640];
const GROUP_SIZES = [0, 40, 100, 640];
const QZONE_SIZES = [30, 50, 100, 640];
/** Tencent's size codes 0 to 5. */
const SIZE_CODES = [0, 40, 40, 100, 140, 640];

/**
 * Emulates Tencent's image hosts: `q.qlogo.cn` and the hosts beside it, the group and Qzone hosts, `getface` and
 * `get_face`, all at the sandbox's address. Every QQ number has a picture.
 */
export const imageHosts: Readonly<Record<string, (call: Call, path: Parameters) => SandboxResponse>> = {
  '/g': (call) => image(call, call.query.nk ?? call.query.k, AVATAR_SIZES, call.query.s),
  '/headimg_dl': (call) => image(call, call.query.dst_uin, AVATAR_SIZES, call.query.spec),
  '/gh/:number/:again/:size': (call, path) => imageByPath(call, path, GROUP_SIZES),
  '/qzone/:number/:again/:size': (call, path) => imageByPath(call, path, QZONE_SIZES),
  '/ek_qqapp/:number/:size': (call, path) => imageByPath(call, path, AVATAR_SIZES),
  '/ek_qqthird/:number/:size': (call, path) => imageByPath(call, path, AVATAR_SIZES),
  '/getface': (call) => {
    const { uin = '', imgtype } = call.query;
    if (simulatedError(call) !== undefined || !UIN.test(uin)) return apiResponse('pt.setHeader({"":""})');
    return apiResponse(`pt.setHeader({"${uin}":"${keyUrl(call, uin, imgtype).replaceAll('/', '\\/')}"})`);
  },
  '/pub/get_face': (call) => {
    const { uin = '', img_type: type } = call.query;
    if (simulatedError(call) !== undefined || !UIN.test(uin)) return imageResponse(placeholder(100), MISS);
    return redirectResponse(302, keyUrl(call, uin, type));
  },
};

function imageByPath(call: Call, path: Parameters, sizes: readonly number[]): SandboxResponse {
  const { number, again = number, size } = path;
  return image(call, number === again ? number : undefined, sizes, size);
}

function image(call: Call, number: string | undefined, sizes: readonly number[], text = '100'): SandboxResponse {
  if (number === undefined) return noticePage(call, 'notFound');
  const size = SIZE_CODES[Number(text)] ?? Number(text);
  const exists = UIN.test(number) || KEY.test(number);
  if (!exists || !sizes.includes(size) || simulatedError(call) !== undefined)
    return imageResponse(placeholder(100), MISS);
  return imageResponse(pictureFor(KEY.test(number) ? numberOf(number) : number, size || ORIGINAL), HIT);
}

/** A key holds its number, so that a picture is the same by key and by number. QQ's keys do not. */
function keyUrl({ origin }: Call, uin: string, sizeCode = '1'): string {
  const key = Buffer.from(uin.padStart(18, '0')).toString('base64');
  return `${origin}/g?b=qq&k=${key}&s=${SIZE_CODES[Number(sizeCode)] ?? 40}&t=1577836800`;
}

function numberOf(key: string): string {
  return Buffer.from(key, 'base64').toString().replace(/^0+/, '');
}
