import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { QQConfigurationError, QQConnectClient, qqConnect } from '../../src/index.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';
import type { QQConnectOptions } from '../../src/index.js';

const runs = fuzzRuns(300);

const good = {
  appId: '100000042',
  appKey: 'made-up-app-key-0123456789abcdef',
  redirectUri: 'https://www.example.com/auth/qq/callback',
};
const names = [
  ...['appId', 'appKey', 'redirectUri', 'graphUrl', 'basePath', 'callbackPath', 'scope', 'unionid', 'display'],
  ...[
    'defaultReturnTo',
    'allowedReturnOrigins',
    'cancelUrl',
    'onLogin',
    'onEvent',
    'logout',
    'tokens',
    'encryptionKey',
  ],
  ...['lock', 'timeoutMs', 'client', 'axios', '__proto__', 'constructor', 'appid', 'AppKey'],
];
// Long enough to be told from the words of a message.
const marked = fc.string({ minLength: 1 }).map((text) => `MARK-${text}-MARK`);
const values = fc.oneof(
  marked,
  marked.map((text) => `https://${text}`),
  marked.map((text) => `/${text}`),
  marked.map((text) => [text]),
  fc.webUrl(),
  fc.anything(),
  fc.constantFrom(
    '',
    '/',
    '//',
    'https://user:MARK-secret-MARK@example.com/cb',
    'https://example.com/#MARK-x-MARK',
    0,
    -1,
    1.5,
    NaN,
  ),
);

/** Makes a router or a client: it works, or says what is wrong without a value that it was given. */
function make(build: () => unknown): void {
  try {
    expect(typeof build()).toMatch(/function|object/);
  } catch (error) {
    expect(error).toBeInstanceOf(QQConfigurationError);
    expect((error as QQConfigurationError).status).toBe(500);
    expect(String(error)).not.toContain('MARK-');
    expect(String(error)).not.toContain(good.appKey);
  }
}

describe(`options, in ${runs} runs each,`, () => {
  beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));

  it(
    'make a router or one clear error that names no value',
    () => {
      const options = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 6 });
      fc.assert(
        fc.property(options, fc.boolean(), (changed, complete) => {
          make(() => qqConnect({ ...(complete && good), ...changed }));
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'make a client or one clear error that names no value',
    () => {
      const options = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 6 });
      fc.assert(
        fc.property(options, (changed) => make(() => new QQConnectClient({ ...good, ...changed }))),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'that are no options at all are one clear error',
    () => {
      fc.assert(
        fc.property(fc.anything(), (options) => make(() => qqConnect(options as QQConnectOptions))),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
