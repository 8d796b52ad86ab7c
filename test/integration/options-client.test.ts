import { describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { QQConnectClient } from '../../src/client.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { QQConnectError } from '../../src/client.js';

const GOOD = {
  appId: '100000042',
  appKey: 'a-made-up-app-key',
  redirectUri: 'https://www.example.com/auth/qq/callback',
};

function make(options: Record<string, unknown>): QQConnectClient {
  return new QQConnectClient({ ...GOOD, ...options });
}

function complaint(options: Record<string, unknown>): QQConnectError {
  try {
    make(options);
  } catch (error) {
    return error as QQConnectError;
  }
  throw new Error('these options were accepted');
}

describe('the options of a QQConnectClient', () => {
  it('are three, and the rest has defaults', () => {
    expect(new QQConnectClient(GOOD)).toMatchObject({
      appId: GOOD.appId,
      redirectUri: GOOD.redirectUri,
      graphUrl: 'https://graph.qq.com',
      timeoutMs: 5_000,
    });
  });

  it.each(['https://graph.example', 'https://graph.example:8443/qq', 'http://127.0.0.1:9010', 'http://localhost:9010'])(
    'take %s for graphUrl',
    (graphUrl) => {
      expect(make({ graphUrl }).graphUrl).toBe(graphUrl);
    },
  );

  it.each(['http://[::1]:9010', 'http://127.9.8.7', 'http://qq.localhost:1'])(
    'take %s, a loopback address',
    (graphUrl) => {
      expect(make({ graphUrl }).graphUrl).toBe(graphUrl);
    },
  );

  it('take a graphUrl with slashes at its end, and leave them out', () => {
    expect(make({ graphUrl: 'https://graph.example//' }).graphUrl).toBe('https://graph.example');
  });

  it.each([
    'http://graph.qq.com',
    'http://10.0.0.1:9010',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'ftp://127.0.0.1',
    'graph.qq.com',
    '//graph.qq.com',
    '',
    'https://user:pass-word@graph.qq.com',
    'https://graph.qq.com/?x=1',
    'https://graph.qq.com/#x',
    7,
    null,
  ])('do not take %p for graphUrl', (graphUrl) => {
    const { message } = complaint({ graphUrl });
    expect(message).toContain('graphUrl must ');
    expect(message).not.toMatch(/evil|pass-word|10\.0/);
  });

  it.each([
    ['/auth/qq/callback', 'must be an absolute'],
    ['www.example.com/cb', 'must be an absolute'],
    ['javascript:alert(1)', 'must be an absolute'],
    ['https://me:pass-word@www.example.com/cb', 'must not hold a user name or password'],
    ['https://www.example.com/cb#here', 'must not hold a #'],
    ['https://www.example.com/c b', 'must not hold a blank'],
    ['https://www.example.com/cb;https://m.example.com/cb', 'must be one address only'],
    ['', 'is missing'],
    [undefined, 'is missing'],
    [7, 'must be a string'],
  ])('do not take %p for redirectUri', (redirectUri, why) => {
    const { message } = complaint({ redirectUri });
    expect(message).toContain(`redirectUri ${why}`);
    expect(message).not.toMatch(/pass-word|www\.example/);
  });

  it.each([
    ['appId', 100000042],
    ['appId', ''],
    ['appKey', undefined],
    ['scope', 'get_user_info'],
    ['scope', []],
    ['scope', ['']],
    ['unionid', 1],
    ['timeoutMs', 0],
    ['timeoutMs', -1],
    ['timeoutMs', 1.5],
    ['timeoutMs', Infinity],
    ['timeoutMs', '5000'],
    ['axios', {}],
    ['nosuch', true],
  ])('do not take for %s the value %p', (name, value) => {
    expect(complaint({ [name]: value })).toMatchObject({
      name: 'QQConfigurationError',
      code: 'ERR_QQ_CONFIGURATION',
      status: 500,
      action: 'fix_configuration',
      message: expect.stringContaining(name),
    });
  });

  it('are all named in one message when all are wrong, and no value is', () => {
    const secret = 'the-value-of-everything';
    const names = ['appId', 'appKey', 'redirectUri', 'graphUrl', 'scope', 'unionid', 'timeoutMs', 'axios', 'apKey'];
    const { message } = complaint({
      ...Object.fromEntries(names.map((name) => [name, secret])),
      appId: { secret },
      appKey: [secret],
    });
    for (const name of names) expect(message).toContain(name);
    expect(message).not.toContain(secret);
    expect(message.split(';')).toHaveLength(names.length);
  });

  it('may bring an axios instance, and any non-empty APP ID', () => {
    expect(make({ axios: axios.create(), appId: 'no-digits' }).appId).toBe('no-digits');
  });

  it('lose the white space around them', () => {
    const client = new QQConnectClient({
      appId: ` ${GOOD.appId}\n`,
      appKey: `${GOOD.appKey} `,
      redirectUri: `\uFEFF${GOOD.redirectUri}\r\n`,
      graphUrl: ' https://graph.example/ ',
      scope: [' get_user_info '],
    });
    expect(client).toMatchObject({
      appId: GOOD.appId,
      redirectUri: GOOD.redirectUri,
      graphUrl: 'https://graph.example',
    });
    expect(client.buildAuthorizationUrl({ state: 's' }).searchParams.get('scope')).toBe('get_user_info');
  });

  it.each(configurationExamples.filter(({ option, value }) => option !== 'encryptionKey' && value.trim() !== ''))(
    'are refused for $option with $what only if that can never work',
    ({ option, value, verdict }) => {
      const options = { [option]: option === 'scope' ? [value] : value };
      if (verdict !== 'error') expect(make(options)).toBeInstanceOf(QQConnectClient);
      else
        expect(complaint(options)).toMatchObject({
          code: 'ERR_QQ_CONFIGURATION',
          message: expect.stringContaining(option),
        });
    },
  );
});
