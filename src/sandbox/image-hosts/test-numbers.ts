/** What the image hosts do with a QQ number or group number. */
export type Behaviour =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'miss-x-info'
  | 'miss-last-modified'
  | 'miss-640'
  | 'placeholder-640'
  | 'tiny'
  | 'cut-off-100'
  | 'html'
  | 'svg'
  | 'empty'
  | 'huge'
  | 'http-500'
  | 'never'
  | 'slow'
  | 'reset'
  | 'first-source-dead'
  | 'redirect'
  | 'redirect-twice'
  | 'redirect-loop'
  | 'redirect-private'
  | 'getface-semicolon'
  | 'getface-login'
  | 'getface-login-hops'
  | 'unknown';

/**
 * Numbers that behave in a way of their own; every other QQ number has a picture. They stand for what was recorded of
 * Tencent's hosts and for what can go wrong on the way there.
 */
export const testNumbers: Readonly<Record<string, Behaviour>> = {
  9990000001: 'png',
  9990000002: 'jpeg',
  9990000003: 'gif',
  9990000004: 'webp',
  9990000011: 'miss-x-info',
  9990000012: 'miss-last-modified',
  9990000013: 'miss-640',
  9990000014: 'placeholder-640',
  9990000021: 'tiny',
  9990000022: 'cut-off-100',
  9990000023: 'html',
  9990000024: 'svg',
  9990000025: 'empty',
  9990000026: 'huge',
  9990000031: 'http-500',
  9990000032: 'never',
  9990000033: 'slow',
  9990000034: 'reset',
  9990000035: 'first-source-dead',
  9990000041: 'redirect',
  9990000042: 'redirect-twice',
  9990000043: 'redirect-loop',
  9990000044: 'redirect-private',
  9990000051: 'getface-semicolon',
  9990000052: 'getface-login',
  9990000053: 'getface-login-hops',
  9990000054: 'unknown',
};

/** What the image hosts do with a number. */
export function behaviourOf(number: string): Behaviour {
  return testNumbers[number] ?? 'png';
}
