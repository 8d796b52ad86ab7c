import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { simulatedError, type Call, type Parameters } from '../http/call.js';
import { apiResponse, redirectResponse, type SandboxResponse } from '../http/response.js';
import { noticePage } from '../pages/notice-page.js';
import { HIT, imageResponse, MISS, ORIGINAL } from './avatar.js';
import { pictureFor, placeholder } from './pictures.js';

const MAX_KEYS = 10_000;
const UIN = /^[1-9][0-9]{4,10}$/;
const KEY = /^[A-Za-z0-9]{22,44}$/;
const AVATAR_SIZES = [0, 40, 100, 140, 160, 640];
const GROUP_SIZES = [0, 40, 100, 640];
const QZONE_SIZES = [30, 50, 100, 640];
/** Tencent's size codes 0 to 5. */
const SIZE_CODES = [0, 40, 40, 100, 140, 640];

type Endpoint = (call: Call, path: Parameters) => SandboxResponse;

/**
 * Emulates Tencent's image hosts: `q.qlogo.cn` and the hosts beside it, the group and Qzone hosts, `getface` and
 * `get_face`, all at the sandbox's address. Every QQ number has a picture.
 */
export class ImageHosts {
  /** Keys that were issued, so that a picture is the same by key and by number. */
  readonly #numbers = new LRUCache<string, string>({ maxSize: MAX_KEYS, sizeCalculation: () => 1 });

  /** Paths with their endpoints. */
  readonly routes: Readonly<Record<string, Endpoint>> = {
    '/g': (call) => this.#image(call, call.query.nk ?? call.query.k, AVATAR_SIZES, call.query.s),
    '/headimg_dl': (call) => this.#image(call, call.query.dst_uin, AVATAR_SIZES, call.query.spec),
    '/gh/:number/:again/:size': (call, path) => this.#byPath(call, path, GROUP_SIZES),
    '/qzone/:number/:again/:size': (call, path) => this.#byPath(call, path, QZONE_SIZES),
    '/ek_qqapp/:number/:size': (call, path) => this.#byPath(call, path, AVATAR_SIZES),
    '/ek_qqthird/:number/:size': (call, path) => this.#byPath(call, path, AVATAR_SIZES),
    '/getface': (call) => this.#getface(call),
    '/pub/get_face': (call) => {
      const { uin = '', img_type: type } = call.query;
      if (simulatedError(call) !== undefined || !UIN.test(uin)) return imageResponse(placeholder(100), MISS);
      return redirectResponse(302, this.#keyUrl(call, uin, type));
    },
  };

  #byPath(call: Call, { number, again = number, size }: Parameters, sizes: readonly number[]): SandboxResponse {
    return this.#image(call, number === again ? number : undefined, sizes, size);
  }

  #image(call: Call, number: string | undefined, sizes: readonly number[], text = '100'): SandboxResponse {
    if (number === undefined) return noticePage(call, 'notFound');
    const size = SIZE_CODES[Number(text)] ?? Number(text);
    const exists = UIN.test(number) || KEY.test(number);
    if (!exists || !sizes.includes(size) || simulatedError(call) !== undefined)
      return imageResponse(placeholder(100), MISS);
    return imageResponse(pictureFor(this.#numbers.get(number) ?? number, size || ORIGINAL), HIT);
  }

  #getface(call: Call): SandboxResponse {
    const { uin = '', imgtype } = call.query;
    if (simulatedError(call) !== undefined || !UIN.test(uin)) return apiResponse('pt.setHeader({"":""})');
    return apiResponse(`pt.setHeader({"${uin}":"${this.#keyUrl(call, uin, imgtype).replaceAll('/', '\\/')}"})`);
  }

  #keyUrl({ origin }: Call, uin: string, sizeCode = '1'): string {
    const digest = createHash('sha256').update(`key of ${uin}`).digest('base64url');
    const key = digest.replace(/[^A-Za-z0-9]/g, '').slice(0, 26);
    this.#numbers.set(key, uin);
    return `${origin}/g?b=qq&k=${key}&s=${SIZE_CODES[Number(sizeCode)] ?? 40}&t=1577836800`;
  }
}
