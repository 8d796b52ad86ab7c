import express from 'express';
import { parametersOf, sendAvatar, sendJson } from './http.js';
import { authOkayapi, isEqual, signOkayapi } from './okayapi-signature.js';
import { UIN } from './url-forms.js';
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express';
import type { AvatarService } from './avatar-service.js';
import type { AvatarProblem } from './avatar-cache.js';
import type { OkayapiOptions } from './options.js';
import type { AvatarSize } from './types.js';

const SERVICES: Readonly<Record<string, { parameter: 'qq' | 'group'; missing: string }>> = {
  'App.QQ.UserImage': { parameter: 'qq', missing: 'QQ头像不存在' },
  'App.QQ.GroupImage': { parameter: 'group', missing: 'QQ群头像不存在' },
};
const SIZES: Readonly<Record<string, AvatarSize>> = { 40: 40, 100: 100, 140: 140, 640: 640 };
const TRUE = new Set(['1', 'true', 'ok', 'yes', 'on', 'success']);
const MIN_KEY_LENGTH = 32;
const BODY_LIMIT = '8kb';

type Parameters = Readonly<Partial<Record<string, string>>>;

/** The `data` of the envelope. */
type Data = ReturnType<typeof failed>;
/** An error of the envelope. */
interface Refusal {
  ret: number;
  msg: string;
}
/** A valid request. */
type Asked = Exclude<ReturnType<typeof read>, Refusal>;

/** What {@link mountOkayapi} needs. */
interface OkayapiRoutes {
  service: AvatarService;
  credentials: OkayapiOptions | undefined;
  share: (req: Request, res: Response) => void;
  now: () => number;
}

/** Adds the routes of the okayapi form. Every response has HTTP status 200; errors are in `ret` or `err_code`. */
export function mountOkayapi(router: Router, { service, credentials, share, now }: OkayapiRoutes): void {
  const secret = credentials?.appSecret ?? '';

  function answer(res: Response, ret: number, msg: string, data?: Data, onlyData = false): void {
    const json = JSON.stringify(data ?? {});
    const seconds = Math.floor(now() / 1_000);
    // `_auth` is over the bytes of `data`, so they are inserted as they are.
    const auth = authOkayapi(json, seconds, secret);
    const envelope = `{"ret":${ret},"data":${json},"msg":${JSON.stringify(msg)},"_t":${seconds},"_auth":"${auth}"}`;
    sendJson(res, onlyData ? json : envelope);
  }

  async function serve(req: Request, res: Response, asked: Asked): Promise<void> {
    const { source, size, missing, image, onlyData } = asked;
    const request = { key: `${asked.key}/${size}`, size, client: req.ip ?? '' };
    const found = await service.bySource(request, () => source);
    if (!found.avatar) answer(res, 200, '', failed(found, missing), onlyData);
    else if (image) sendAvatar(req, res, found.avatar, found.cache);
    else {
      const img = found.avatar.body.toString('base64');
      answer(res, 200, '', { err_code: 0, err_msg: '', img }, onlyData);
    }
  }

  function route(nameOf: (req: Request, parameters: Parameters) => string | undefined): RequestHandler {
    return function okayapi(req, res, next) {
      const { parameters, refusal } = readParameters(req);
      const name = nameOf(req, parameters);
      if (name === undefined) {
        next();
        return;
      }
      share(req, res);
      const asked = refusal ?? read(name, parameters, credentials);
      if ('ret' in asked) answer(res, asked.ret, `非法请求：${asked.msg}`);
      else serve(req, res, asked).catch(next);
    };
  }

  const malformedBody: ErrorRequestHandler = (_error, req, res, _next) => {
    share(req, res);
    answer(res, 400, '非法请求：参数无法解析，请使用表单或JSON');
  };
  const readBody = [refuseMultipart, ...bodyParsers, malformedBody];
  const byQuery = route((_req, { s }) => s);
  const byPath = route((req) => `App.${String(req.params[0])}.${String(req.params[1])}`);
  router.get('/', byQuery);
  router.post('/', ...readBody, byQuery);
  // A regular expression is a path that Express 4 and 5 read alike.
  const path = /^\/api\/App\/(\w+)\/(\w+)\/?$/;
  router.get(path, byPath);
  router.post(path, ...readBody, byPath);
}

const bodyParsers = [
  express.urlencoded({ extended: false, limit: BODY_LIMIT, parameterLimit: 100 }),
  express.json({ limit: BODY_LIMIT }),
];

const refuseMultipart: RequestHandler = (req, _res, next) => {
  // At the root of an application, POST / can be a form of the application.
  const isOkayapi = req.baseUrl !== '' || req.path !== '/' || parametersOf(req).has('s');
  const isParsed = Object.keys((req.body ?? {}) as object).length > 0;
  next(isOkayapi && !isParsed && req.is('multipart/form-data') ? new Error('multipart/form-data') : undefined);
};

/** Reads all parameters: the body's replace the query's, and the last of a repeated one replaces the others. */
function readParameters(req: Request): { parameters: Parameters; refusal?: Refusal } {
  const values = new Map(parametersOf(req));
  let refusal: Refusal | undefined;
  for (const [name, value] of Object.entries((req.body ?? {}) as object)) {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    if (typeof last === 'string' || typeof last === 'number' || typeof last === 'boolean') {
      values.set(name, String(last));
    } else if (last !== null) refusal = { ret: 400, msg: `参数${name.slice(0, MIN_KEY_LENGTH)}格式错误` };
  }
  return { parameters: Object.fromEntries(values), ...(refusal && { refusal }) };
}

function checkCredentials(
  parameters: Parameters,
  { appKey, appSecret = '', sign }: OkayapiOptions,
): Refusal | undefined {
  if (appKey !== undefined) {
    const sent = parameters.app_key ?? '';
    if (sent === '') return { ret: 400, msg: '缺少必要参数app_key' };
    if (sent.length < MIN_KEY_LENGTH) return { ret: 400, msg: `参数app_key应该至少${MIN_KEY_LENGTH}个字符` };
    if (!isEqual(sent, appKey)) return { ret: 406, msg: 'app_key错误' };
  }
  const signed = parameters as Readonly<Record<string, string>>;
  return sign && !isEqual(parameters.sign, signOkayapi(signed, appSecret)) ? { ret: 406, msg: '签名错误' } : undefined;
}

function read(name: string, parameters: Parameters, credentials: OkayapiOptions | undefined) {
  const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  if (!service) return { ret: 404, msg: '接口服务不存在' };
  const refusal = credentials && checkCredentials(parameters, credentials);
  if (refusal) return refusal;
  // An empty optional parameter means its default.
  const optional = (key: string, byDefault: string): string => {
    const sent = parameters[key] ?? '';
    return sent === '' ? byDefault : sent;
  };
  const { parameter, missing } = service;
  const number = optional(parameter, '');
  const sizeText = optional('size', '100');
  const size = Object.hasOwn(SIZES, sizeText) ? SIZES[sizeText] : undefined;
  const only = optional('return_data', '0');
  if (number === '') return { ret: 400, msg: `缺少必要参数${parameter}` };
  if (!UIN.test(number)) return { ret: 400, msg: `参数${parameter}格式错误` };
  if (size === undefined) return { ret: 400, msg: '参数size应该为40/100/140/640' };
  if (only !== '0' && only !== '1') return { ret: 400, msg: '参数return_data应该为0/1' };
  for (const [one, other] of [['uuid', 'token'] as const, ['token', 'uuid'] as const]) {
    if (parameters[one] && !parameters[other])
      return { ret: 400, msg: `参数${one}必须与${other}同时提供，缺少${other}` };
  }
  return {
    source: parameter === 'qq' ? { uin: number } : { group: number },
    key: `${parameter}/${number}`,
    missing,
    size,
    image: TRUE.has(optional('output', 'true').toLowerCase()),
    onlyData: only === '1',
  };
}

// A positive code is a result, a negative one a fault of the system.
function failed({ problem }: AvatarProblem, missing: string) {
  if (problem === 'limited') return { err_code: -2, err_msg: '请求过于频繁，请稍后再试', img: '' };
  if (problem === 'failed') return { err_code: -1, err_msg: '暂时无法获取头像，请稍后再试', img: '' };
  return { err_code: 1, err_msg: missing, img: '' };
}
