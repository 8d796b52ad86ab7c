import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import * as errors from '../../src/client.js';

const { QQConfigurationError, QQRequestError, QQResponseError, QQTransportError, QQConnectError, isQQConnectError } =
  errors;
const hint = { en: 'Do this.', zh: '请这样做。' };
const samples = {
  configuration: new QQConfigurationError('options: wrong', hint),
  transport: new QQTransportError('ERR_QQ_NETWORK', 'token: no', { step: 'token', cause: new Error('ECONNRESET') }),
  response: new QQResponseError('me: no', { code: 'ERR_QQ_RESPONSE', step: 'me', qqCode: 100016, qqMessage: 'bad' }),
  request: new QQRequestError('ERR_QQ_STATE_UNKNOWN', 'callback: no'),
};
const kinds = Object.keys(samples) as (keyof typeof samples)[];

describe('an error of this package', () => {
  it.each(kinds)('is of one of four kinds: %s', (kind) => {
    const error = samples[kind];
    expect(error).toBeInstanceOf(QQConnectError);
    expect(error).toBeInstanceOf(Error);
    expect(error.kind).toBe(kind);
    expect(kinds.filter((other) => isQQConnectError(error, other))).toEqual([kind]);
  });

  it.each(kinds)('says where it was and what to do, in two languages: %s', (kind) => {
    const error = samples[kind];
    expect(error.code).toMatch(/^ERR_QQ_[A-Z_]+$/);
    expect(error.message.startsWith(error.step) || kind === 'configuration').toBe(true);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(['login_again', 'fix_configuration', 'try_later', 'refuse_user']).toContain(error.action);
    expect(error.hint.en).toMatch(/\.$/);
    expect(error.hint.zh).toMatch(/。$/);
  });

  it('is called by its class in a stack trace', () => {
    expect(kinds.map((kind) => String(samples[kind]).split(':')[0])).toEqual([
      'QQConfigurationError',
      'QQTransportError',
      'QQResponseError',
      'QQRequestError',
    ]);
  });

  it('has no property that QQ did not fill', () => {
    expect(samples.request).not.toHaveProperty('qqCode');
    expect(samples.request).not.toHaveProperty('qqMessage');
    expect(samples.response).not.toHaveProperty('endpoint');
    expect(samples.response.cause).toBeUndefined();
  });

  it.each<[number | string, number, string]>([
    [100016, 401, 'login_again'],
    [100010, 500, 'fix_configuration'],
    [100032, 503, 'try_later'],
    [100060, 403, 'refuse_user'],
    [100017, 502, 'login_again'],
    [1002, 401, 'login_again'],
    [-22, 500, 'fix_configuration'],
    [987654, 502, 'login_again'],
    ['invalid_client', 500, 'fix_configuration'],
    ['invalid_grant', 502, 'login_again'],
  ])('for QQ’s %p has status %i and action %s', (qqCode, status, action) => {
    const error = new QQResponseError('token: no', { code: 'ERR_QQ_RESPONSE', step: 'token', qqCode, qqMessage: '' });
    expect(error).toMatchObject({ qqCode, status, action });
  });
});

describe('isQQConnectError', () => {
  it.each([
    [new Error('other')],
    [{ code: 'ERR_QQ_RESPONSE', kind: 'response' }],
    ['ERR_QQ_RESPONSE'],
    [undefined],
    [null],
  ])('is false for %p', (value) => {
    expect(isQQConnectError(value)).toBe(false);
  });

  it('knows the errors of another copy of the package, by kind too', async () => {
    jest.resetModules();
    const copy = await import('../../src/client.js');
    expect(copy.QQConnectError).not.toBe(QQConnectError);
    const theirs = new copy.QQRequestError('ERR_QQ_CANCELLED', 'callback: cancelled');
    expect(theirs).not.toBeInstanceOf(QQConnectError);
    expect(isQQConnectError(theirs)).toBe(true);
    expect(isQQConnectError(theirs, 'request')).toBe(true);
    expect(isQQConnectError(theirs, 'response')).toBe(false);
    expect(copy.isQQConnectError(samples.response, 'response')).toBe(true);
  });
});

describe('the stack of an error in production', () => {
  const { NODE_ENV } = process.env;
  beforeEach(() => void (process.env.NODE_ENV = 'production'));
  afterEach(() => void (process.env.NODE_ENV = NODE_ENV));

  it('is one line below status 500, because scanners cause these', () => {
    const error = new QQRequestError('ERR_QQ_STATE_MISSING', 'callback: it has no state');
    expect(error.stack).toBe('QQRequestError: callback: it has no state');
    expect(inspect(error)).toBe(error.stack);
  });

  it('is whole from status 500', () => {
    expect(new QQConfigurationError('options: wrong', hint).stack).toMatch(/options: wrong\n {4}at /);
  });
});

describe('QQTransportError', () => {
  const failed = (code: string) =>
    new QQTransportError('ERR_QQ_NETWORK', `token: QQ could not be reached (${code})`, {
      step: 'token',
      cause: Object.assign(new Error(code), { code }),
    });

  it.each([
    ['ENOTFOUND', 'try_later', /DNS/],
    ['EAI_AGAIN', 'try_later', /DNS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'fix_configuration', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'fix_configuration', /NODE_EXTRA_CA_CERTS/],
    ['CERT_NOT_YET_VALID', 'fix_configuration', /NTP/],
    ['CERT_HAS_EXPIRED', 'fix_configuration', /NTP/],
    ['ECONNRESET', 'try_later', /firewall/],
  ])('says what to do about %s: %s', (code, action, words) => {
    const error = failed(code);
    expect(error).toMatchObject({ status: 502, action });
    expect(error.hint.en).toMatch(words);
  });
});
