import { createHash, timingSafeEqual } from 'node:crypto';

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/**
 * Signs the parameters of a request in the okayapi form: the upper-case MD5 of the values of all parameters but `sign`,
 * sorted by the bytes of their names and concatenated, and of the secret.
 *
 * The values are concatenated without a separator and without their names. So `{ qq: '12345', size: '40' }` and
 * `{ qq: '1234', size: '540' }` have the same signature. It proves that the sender has the secret, and not which
 * parameter has which value. Use it only for the compatible API.
 *
 * @param parameters - as they are sent, before URL encoding
 * @returns 32 upper-case hex digits
 * @example
 * ```ts
 * import { signOkayapi } from 'express-qq-connect/avatars';
 *
 * const parameters = { s: 'App.QQ.UserImage', app_key: '0123456789ABCDEF0123456789ABCDEF', qq: '9990000001' };
 * const query = new URLSearchParams({ ...parameters, sign: signOkayapi(parameters, 'test_secret') });
 * ```
 */
export function signOkayapi(parameters: Readonly<Record<string, string | number>>, secret: string): string {
  const names = Object.keys(parameters).filter((name) => name !== 'sign');
  names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return md5(names.map((name) => String(parameters[name])).join('') + secret).toUpperCase();
}

/**
 * Verifies `_auth` of a response in the okayapi form: the lower-case MD5 of `data` as it was sent, `_t` and the secret.
 *
 * The three are concatenated without a separator, and `ret` and `msg` are not part of them. So `_auth` proves where
 * `data` comes from, and not that the request succeeded.
 *
 * @param answerText - the body as it was received; JSON that is parsed and printed again can have other bytes
 * @returns `false` also for a text that is not such a response, for example one of `return_data=1`
 */
export function verifyOkayapi(answerText: string, secret: string): boolean {
  let envelope: { _t?: unknown; _auth?: unknown } | null;
  try {
    envelope = JSON.parse(answerText) as typeof envelope;
  } catch {
    return false;
  }
  if (typeof envelope !== 'object' || typeof envelope?._auth !== 'string') return false;
  const seconds = envelope._t;
  const data = rawMember(answerText, 'data');
  if (data === undefined || (typeof seconds !== 'number' && typeof seconds !== 'string')) return false;
  return isEqual(envelope._auth, md5(`${data}${seconds}${secret}`));
}

/** Returns `_auth` for a response. */
export function authOkayapi(dataJson: string, seconds: number, secret: string): string {
  return md5(`${dataJson}${seconds}${secret}`);
}

/** Compares two texts in constant time. */
export function isEqual(sent: string | undefined, expected: string): boolean {
  const [one, other] = [sent ?? '', expected].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

/** Returns the text of a member's value in a JSON object; the last of two with the same name, as `JSON.parse` does. */
function rawMember(json: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start = 0;
  let found: string | undefined;
  // Strings, and the punctuation outside of them.
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/gs)) {
    if (depth === 1 && token.startsWith('"') && key === undefined) key = JSON.parse(token) as string;
    else if (depth === 1 && token === ':') start = index + 1;
    else if (depth === 1 && (token === ',' || token === '}')) {
      if (key === name) found = json.slice(start, index).trim();
      key = undefined;
    }
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
  }
  return found;
}
