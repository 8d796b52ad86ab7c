import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawLetter, initialOf } from '../../src/avatars/letter.js';

describe('the letter in place of an avatar', () => {
  it.each([
    ['林小满', '林'],
    ['alice', 'A'],
    ['  é', 'É'],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦'],
    ['🇨🇳中', '🇨🇳'],
    ['\u202e\u200bxy', 'X'],
    ['\u0000\u0007b', 'B'],
    ['\ud83d', 'Q'],
    ['\ude00abc', 'A'],
    ['\ufffd\ufffd晚安', '晚'],
    ['\ufffd', 'Q'],
    ['\u3164\u2800x', 'X'],
    ['🌙晚安', '🌙'],
    ['👍🏽', '👍🏽'],
    ['\u200d🐳', '🐳'],
    ['.', '.'],
    ['', 'Q'],
    [' \n\t', 'Q'],
    [`a${'\u0301'.repeat(5_000)}`, 'A'],
  ])('of %j is %j', (nickname, initial) => {
    expect(initialOf(nickname)).toBe(initial);
  });

  it('escapes what a nickname can break out with', () => {
    for (const nickname of ['<script>', '&amp;', '"x', "'x"]) {
      const svg = drawLetter(nickname, 100).toString();
      expect(svg).toMatch(/>&(?:lt|amp|quot|#39);<\/text><\/svg>$/);
    }
  });

  it('is well-formed and small for any nickname', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (nickname) => {
        const svg = drawLetter(nickname, 40).toString();
        const text = />([^<]*)<\/text><\/svg>$/.exec(svg)?.[1];
        expect(text).toMatch(/^(?:[^&<>"']|&(?:amp|lt|gt|quot|#39);)+$/);
        // eslint-disable-next-line no-control-regex -- what XML does not allow
        expect(svg).not.toMatch(/[\u0000-\u001f\ufffe\uffff]/);
        expect(svg.length).toBeLessThan(700);
      }),
      { numRuns: 2_000 },
    );
  });
});
