import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safeReturnTo } from '../../src/attempt/return-to.js';
import { openRedirects, originsOf } from './support/open-redirects.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';

const runs = fuzzRuns(1_000);
const SITE = 'https://www.example.com';
const FRONT_END = 'https://app.example.com';
const own = ['/auth/qq/login', '/auth/qq/logout', '/auth/qq/refresh', '/auth/qq/callback'];
const rules = (publicPrefix: string) => ({
  siteOrigin: SITE,
  publicPrefix,
  allowedOrigins: new Set([FRONT_END]),
  ownPaths: new Set(own),
});

const pieces = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '/\\',
    '.',
    '..',
    '/..',
    '/.',
    '%2f',
    '%5c',
    '%2e',
    '%252f',
    '%25',
    '%09',
    '%0a',
    '%00',
    '%',
    '@',
    ':',
    '?',
    '#',
    ';',
    '&',
  ],
  ...[
    '\t',
    '\n',
    '\r',
    ' ',
    '\u0000',
    '\u00a0',
    '\u200b',
    '\u3002',
    '\uff0e',
    '\uff0f',
    '\uff3c',
    '\u2100',
    '\ufeff',
    '\u202e',
    '\ud800',
  ],
  ...[
    'http:',
    'https:',
    'HTTPS://',
    'javascript:',
    'data:',
    'blob:',
    'file:',
    'evil.example',
    'www.example.com',
    'app.example.com',
  ],
  ...[
    SITE,
    FRONT_END,
    'user:pass@',
    ':443',
    ':80',
    '[::1]',
    '127.1',
    'xn--',
    'a',
    '/shop',
    '/auth/qq/login',
    '/auth/qq/',
    'login',
  ],
);
const soup = fc
  .array(fc.oneof({ weight: 5, arbitrary: pieces }, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join(''));
const payloads = openRedirects(SITE);
const anything = fc.oneof(
  soup,
  soup.map((rest) => `/${rest}`),
  soup.map((rest) => SITE + rest),
  soup.map((rest) => FRONT_END + rest),
  fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }),
  fc.constantFrom(...payloads),
  fc
    .tuple(fc.constantFrom(...payloads), fc.nat(30), pieces)
    .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at)),
);

describe(`returnTo, in ${runs} runs each,`, () => {
  it.each(['', '/shop'])(
    'never leaves this site and the allowed ones (public prefix "%s")',
    (prefix) => {
      fc.assert(
        fc.property(anything, (value) => {
          const place = safeReturnTo(value, rules(prefix));
          if (place === undefined) return;
          for (const origin of originsOf(place, SITE)) expect([SITE, FRONT_END]).toContain(origin);
          expect(place).toMatch(/^[\u0021-\u007e]+$/);
          expect(place).not.toMatch(/^\/[/\\]/);
          if (place.startsWith('/'))
            expect(`${place}/`.startsWith(`${prefix}/`) || /^[?#]/.test(place.slice(prefix.length))).toBe(true);
          const path = new URL(place, SITE).pathname.slice(prefix.length).replace(/\/+$/, '');
          if (place.startsWith('/')) expect(own).not.toContain(path);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'that was validated once stays valid',
    () => {
      fc.assert(
        fc.property(anything, (value) => {
          const place = safeReturnTo(value, rules(''));
          if (place !== undefined && place.length <= 2_048) expect(safeReturnTo(place, rules(''))).toBe(place);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'keeps what a page of this site has in its address',
    () => {
      const segment = fc.stringMatching(/^[a-zA-Z0-9_~!$'()*+,;=:@-]{1,10}$/);
      const address = fc
        .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.dictionary(segment, segment))
        .map(([path, query]) => `/${path.join('/')}?${new URLSearchParams(query).toString()}`);
      fc.assert(
        fc.property(address, (value) => {
          if (!own.includes(new URL(value, SITE).pathname))
            expect(safeReturnTo(value, rules(''))).toBe(value.replace(/\?$/, ''));
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'is a string or nothing',
    () => {
      fc.assert(
        fc.property(fc.anything(), (value) => {
          if (typeof value !== 'string') expect(safeReturnTo(value, rules(''))).toBeUndefined();
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
