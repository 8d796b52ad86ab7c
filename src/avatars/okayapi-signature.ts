import { createHash, timingSafeEqual } from 'node:crypto';

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/**
 * Signs the parameters of a request in the okayapi form: upper-case MD5 of the values of all parameters but `sign`, in
 * byte order of their names, and the secret.
 */
export function signOkayapi(parameters: Readonly<Record<string, string>>, secret: string): string {
  const names = Object.keys(parameters).filter((name) => name !== 'sign');
  names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return md5(names.map((name) => parameters[name] ?? '').join('') + secret).toUpperCase();
}

/** Tells, in constant time, whether a request in the okayapi form has the right key and the right `sign`. */
export function isOkayapiSigned(
  parameters: Readonly<Record<string, string>>,
  { appKey, appSecret }: { appKey: string; appSecret: string },
): boolean {
  return equal(parameters.app_key, appKey) && equal(parameters.sign, signOkayapi(parameters, appSecret));
}

/** `_auth` of an answer: lower-case MD5 of `data` as it is sent, `_t` and the secret. */
export function authOkayapi(dataJson: string, seconds: number, secret: string): string {
  return md5(`${dataJson}${seconds}${secret}`);
}

function equal(sent: string | undefined, expected: string): boolean {
  const [one, other] = [sent ?? '', expected].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
