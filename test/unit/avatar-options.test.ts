import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { qqAvatars } from '../../src/avatars.js';
import { resolveAvatarsOptions } from '../../src/avatars/options.js';
import type { QQAvatarsOptions } from '../../src/avatars.js';

describe('the options of qqAvatars', () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.QQ_GRAPH_URL;
    delete process.env.QQ_GRAPH_URL;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.QQ_GRAPH_URL;
    else process.env.QQ_GRAPH_URL = before;
  });

  it('have defaults for everything', () => {
    expect(resolveAvatarsOptions()).toEqual({
      graphUrl: 'https://graph.qq.com',
      cacheBytes: 67_108_864,
      fallback: '404',
      fallbackImages: [],
      rateLimit: { perClient: 120, total: 1_200 },
    });
  });

  it('take graphUrl from the environment, unless it is given or empty there', () => {
    process.env.QQ_GRAPH_URL = 'http://127.0.0.1:9010/';
    expect(resolveAvatarsOptions().graphUrl).toBe('http://127.0.0.1:9010');
    expect(resolveAvatarsOptions({ graphUrl: 'https://graph.example' }).graphUrl).toBe('https://graph.example');
    process.env.QQ_GRAPH_URL = '';
    expect(resolveAvatarsOptions().graphUrl).toBe('https://graph.qq.com');
  });

  it('are validated together, in one error that names each and no value', () => {
    const wrong = {
      graphUrl: 'http://graph.example',
      cacheBytes: 1,
      fallback: 'https://evil.example/leaked-value',
      fallbackImages: ['//leaked-value'],
      resolveId: 'leaked-value',
      okayapi: { appKey: 'leaked-value' },
      allowOrigin: ['leaked-value'],
      rateLimit: { perClient: 0 },
      maxAge: 5,
    } as unknown as QQAvatarsOptions;
    const error = (() => {
      try {
        return qqAvatars(wrong);
      } catch (thrown) {
        return thrown as Error & { code: string };
      }
    })() as Error & { code: string };
    expect(error.code).toBe('ERR_QQ_CONFIGURATION');
    for (const name of ['graphUrl (QQ_GRAPH_URL)', 'cacheBytes', 'fallback ', 'fallbackImages.0', 'resolveId']) {
      expect(error.message).toContain(name);
    }
    for (const name of ['okayapi.appSecret', 'allowOrigin', 'rateLimit.perClient', 'maxAge: no such option']) {
      expect(error.message).toContain(name);
    }
    expect(error.message).not.toContain('leaked-value');
  });

  it.each<[string, QQAvatarsOptions]>([
    ['allowOrigin must name at least one origin', { allowOrigin: [] }],
    ['rateLimit.perHour: no such option', { rateLimit: { perHour: 1 } as never }],
    ['okayapi.appSecret must not be empty', { okayapi: { appKey: 'k', appSecret: '' } }],
    ['okayapi.appKey must have at least 32 characters', { okayapi: { appKey: 'k', appSecret: 's' } }],
    ['okayapi.appSecret is missing', { okayapi: { appKey: 'k'.repeat(32) } as never }],
    ['okayapi.sign must be true or false', { okayapi: { sign: 'no' } as never }],
  ])('say what is wrong inside another: %s', (message, options) => {
    expect(() => qqAvatars(options)).toThrow(message);
  });

  it.each([[null], ['text'], [7]])('are an object: %p is a clear error', (options) => {
    expect(() => qqAvatars(options as never)).toThrow('options must be an object');
  });
});
