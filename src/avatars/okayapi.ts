import { UIN } from './url-forms.js';
import { authOkayapi, isOkayapiSigned } from './okayapi-signature.js';
import { parametersOf } from './avatar-query.js';
import { sendAvatar, sendJson } from './send-avatar.js';
import type { Request, Response } from 'express';
import type { AvatarService } from './avatar-service.js';
import type { AvatarProblem } from './avatar-cache.js';
import type { AvatarSize } from './sizes.js';
import type { AvatarSource } from './types.js';

/** What a service of the okayapi form is about. */
const SERVICES: Readonly<Record<string, { parameter: 'qq' | 'group'; missing: string }>> = {
  'App.QQ.UserImage': { parameter: 'qq', missing: 'QQ头像不存在' },
  'App.QQ.GroupImage': { parameter: 'group', missing: 'QQ群头像不存在' },
};
const SIZES: Readonly<Record<string, AvatarSize>> = { 40: 40, 100: 100, 140: 140, 640: 640 };
const TRUE = new Set(['1', 'true', 'ok', 'yes', 'on', 'success']);

interface Data {
  err_code: number;
  err_msg: string;
  img: string;
}

/** Options of {@link okayapi}. */
export interface OkayapiOptions {
  service: AvatarService;
  credentials?: { appKey: string; appSecret: string } | undefined;
  now: () => number;
}

/** All parameters of a request; a form's win over the query's, and the last of a repeated one over the others. */
export function okayapiParameters(req: Request): Record<string, string> {
  const parameters = new Map(parametersOf(req));
  const body: unknown = req.body;
  if (typeof body === 'object' && body !== null) {
    for (const [name, value] of Object.entries(body)) {
      const last: unknown = Array.isArray(value) ? value.at(-1) : value;
      if (typeof last === 'string') parameters.set(name, last);
    }
  }
  return Object.fromEntries(parameters);
}

/** Answers in the okayapi form: HTTP 200 whatever happens, what went wrong in `ret` or `err_code`. */
export function okayapi({ service, credentials, now }: OkayapiOptions) {
  const secret = credentials?.appSecret ?? '';

  function answer(res: Response, ret: number, msg: string, data?: Data, onlyData = false): void {
    const json = JSON.stringify(data ?? {});
    const seconds = Math.floor(now() / 1_000);
    // `_auth` is over the bytes of `data` as they are sent, so they are put in as they are.
    const auth = authOkayapi(json, seconds, secret);
    const envelope = `{"ret":${ret},"data":${json},"msg":${JSON.stringify(msg)},"_t":${seconds},"_auth":"${auth}"}`;
    sendJson(res, onlyData ? json : envelope);
  }

  /** Says that the request could not be read. */
  function badRequest(res: Response): void {
    answer(res, 400, '非法请求：参数无法解析');
  }

  async function serve(req: Request, res: Response, name: string, parameters: Record<string, string>): Promise<void> {
    const asked = read(name, parameters, credentials);
    if ('ret' in asked) {
      answer(res, asked.ret, `非法请求：${asked.msg}`);
      return;
    }
    const { source, key, missing, size, image, onlyData } = asked;
    const found = await service.bySource(`${key}/${size}`, size, req.ip ?? '', () => source);
    if (!found.avatar) answer(res, 200, '', failed(found, missing), onlyData);
    else if (image) sendAvatar(req, res, found.avatar, found.cache);
    else {
      const img = found.avatar.body.toString('base64');
      answer(res, 200, '', { err_code: 0, err_msg: '', img }, onlyData);
    }
  }

  return { serve, badRequest };
}

interface Asked {
  source: AvatarSource;
  key: string;
  missing: string;
  size: AvatarSize;
  /** The image itself rather than its Base64. */
  image: boolean;
  onlyData: boolean;
}

function read(
  name: string,
  parameters: Record<string, string>,
  credentials: OkayapiOptions['credentials'],
): Asked | { ret: number; msg: string } {
  const asked = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  if (!asked) return { ret: 404, msg: '接口服务不存在' };
  if (credentials && !isOkayapiSigned(parameters, credentials)) return { ret: 406, msg: '签名错误' };
  const { parameter, missing } = asked;
  const { [parameter]: number, size: sizeText = '100', output = 'true', return_data: only = '0' } = parameters;
  const size = Object.hasOwn(SIZES, sizeText) ? SIZES[sizeText] : undefined;
  if (number === undefined) return { ret: 400, msg: `缺少必要参数${parameter}` };
  if (!UIN.test(number)) return { ret: 400, msg: `参数${parameter}格式错误` };
  if (size === undefined) return { ret: 400, msg: '参数size应该为40/100/140/640' };
  if (only !== '0' && only !== '1') return { ret: 400, msg: '参数return_data应该为0/1' };
  return {
    source: parameter === 'qq' ? { uin: number } : { group: number },
    key: `${parameter}/${number}`,
    missing,
    size,
    image: TRUE.has(output.toLowerCase()),
    onlyData: only === '1',
  };
}

// Positive is an answer, negative a fault of the system.
function failed({ problem }: AvatarProblem, missing: string): Data {
  if (problem === 'limited') return { err_code: -2, err_msg: '请求过于频繁，请稍后再试', img: '' };
  if (problem === 'failed') return { err_code: -1, err_msg: '暂时无法获取头像，请稍后再试', img: '' };
  return { err_code: 1, err_msg: missing, img: '' };
}
