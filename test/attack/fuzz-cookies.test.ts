import { describe, expect, it } from '@jest/globals';
import { parse } from 'cookie';
import fc from 'fast-check';
import { LoginAttempts } from '../../src/attempt/login-attempt.js';
import { createSealer } from '../../src/attempt/sealer.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';

const runs = fuzzRuns(300);

const sealer = createSealer(['a key of this test'], 'login attempt');
const attempts = new LoginAttempts({
  sealer,
  appId: '100000042',
  redirectUri: 'http://127.0.0.1/auth/qq/callback',
  defaultReturnTo: '/',
});

function begin(cookie: string, returnTo = '/'): { state: string; cookie: string; lines: string[] } {
  const { attempt, cookies } = attempts.start(cookie, { returnTo });
  return { state: attempt.state, cookie: cookies.at(-1)?.split(';', 1)[0] ?? '', lines: cookies };
}

const genuine = begin('');
const split = genuine.cookie.indexOf('=');
const ownName = genuine.cookie.slice(0, split);
const ownValue = genuine.cookie.slice(split + 1);
const prefix = ownName.slice(0, -22);

const character = fc.constantFrom(...' ;=,"\\%.-_aA0{}[]()<>@:/?\t\u0000\u00ff\u0100'.split(''));
const word = fc
  .array(fc.oneof(character, fc.string({ maxLength: 3 })), { maxLength: 20 })
  .map((parts) => parts.join(''));
const name = fc.oneof(
  word,
  fc.constantFrom(ownName, prefix, '__proto__', 'constructor', 'connect.sid'),
  word.map((rest) => prefix + rest),
);
const value = fc.oneof(
  word,
  fc.constant(ownValue),
  fc
    .tuple(fc.nat(ownValue.length), fc.nat(3), word)
    .map(([at, length, other]) => ownValue.slice(0, at) + other + ownValue.slice(at + length)),
  fc.array(fc.nat(ownValue.length), { maxLength: 4 }).map((cuts) => cuts.map((cut) => ownValue.slice(cut)).join('.')),
);
const header = fc
  .array(fc.tuple(name, value), { maxLength: 14 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('; '));

describe(`a Cookie header, in ${runs} runs each,`, () => {
  it(
    'that is not the genuine one opens no attempt, and crashes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(header, fc.oneof(fc.constant(genuine.state), word), async (cookie, state) => {
          const { attempt, deletion } = attempts.find(cookie, state);
          if (attempt) {
            expect(state).toBe(genuine.state);
            expect(attempt).toEqual({ state: genuine.state, returnTo: '/' });
          }
          if (deletion !== undefined) expect(deletion).toMatch(/^[\u0020-\u007e]+$/);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'hinders no login, and afterwards at most ten attempts are left',
    async () => {
      await fc.assert(
        fc.asyncProperty(header, fc.string({ maxLength: 3_000 }), async (cookie, returnTo) => {
          const { state, cookie: made, lines } = begin(cookie, returnTo);
          const taken = new Set(lines.slice(0, -1).map((line) => line.split('=', 1)[0]));
          const sent = Object.keys(parse(cookie));
          const left = new Set(sent.filter((own) => own.startsWith(prefix) && !taken.has(own)));
          expect(left.size).toBeLessThanOrEqual(9);
          expect(made.length).toBeLessThanOrEqual(4_000);
          for (const gone of taken) expect(gone?.startsWith(prefix)).toBe(true);
          // A quote that is not closed may swallow what comes after it; a browser sends none.
          if (!cookie.includes('"')) expect(attempts.find(`${cookie}; ${made}`, state).attempt?.state).toBe(state);
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    'cannot be forged: what was sealed by another key or for another purpose opens nothing',
    async () => {
      const others = [createSealer(['another key'], 'login attempt'), createSealer(['a key of this test'], 'tokens')];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...others),
          fc.dictionary(fc.string(), fc.jsonValue()),
          async (other, content) => {
            const sealed = other.seal({ ...content, state: genuine.state, returnTo: '/' }, 600);
            expect(attempts.find(`${ownName}=${sealed}`, genuine.state).attempt).toBeUndefined();
          },
        ),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );
});
