import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { QQTextError, facePicture, formatTextPacket, parseTextPacket } from '../../src/text-protocol.js';
import { fuzzTimeout } from '../attack/support/runs.js';
import { isNightly } from '../support/nightly.js';
import type { TextPacket } from '../../src/text-protocol.js';

interface Body {
  text: string;
  decoded?: TextPacket;
  canonical?: boolean;
  error?: string;
}
interface Exchange {
  name: string;
  request: Body;
  reply: Body | null;
}

const exchanges = JSON.parse(readFileSync('test/fixtures/text-protocol/exchanges.json', 'utf8')) as Exchange[];
const bodies = exchanges.flatMap(({ name, request, reply }) => [
  { name, kind: 'request' as const, body: request },
  ...(reply ? [{ name, kind: 'reply' as const, body: reply }] : []),
]);
const runs = isNightly ? 200_000 : 2_000;
const timeout = fuzzTimeout(runs);

const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;
const malformed = withCode('ERR_QQ_TEXT_MALFORMED');
const head = 'VER=1.1&CMD=X';

/** The value of the key MG. */
const readRequest = (value: string): unknown => parseTextPacket(`${head}&MG=${value}`, 'request').MG;
const readReply = (value: string): unknown => parseTextPacket(`${head}&MG=${value}`, 'reply').MG;
const write = (kind: 'request' | 'reply', MG: string): string =>
  formatTextPacket({ VER: '1.1', CMD: 'X', MG }, kind).slice(`${head}&MG=`.length);

describe('parseTextPacket() and formatTextPacket()', () => {
  it.each(bodies)('read and write the $kind of the exchange "$name"', ({ kind, body }) => {
    const { text, decoded, canonical, error } = body;
    if (!decoded) {
      expect(() => parseTextPacket(text, kind)).toThrow(withCode(error ?? ''));
      return;
    }
    expect(Object.entries(parseTextPacket(text, kind))).toEqual(Object.entries(decoded));
    const written = formatTextPacket(decoded, kind);
    if (canonical === true) expect(written).toBe(text);
    expect(Object.entries(parseTextPacket(written, kind))).toEqual(Object.entries(decoded));
  });

  it.each([
    ['a,b', 'a,b', 'a%252cb'],
    ['50%', '50%25', '50%2525'],
    ['R&B', 'R%26B', 'R%26B'],
    ['1+1=2', '1%2b1%3d2', '1+1=2'],
    ['\r\n', '%0d%0a', '%0d%0a'],
    ['%2c', '%252c', '%25252c'],
    ['你好 👋', '你好 👋', '你好 👋'],
    ['\ufeff', '\ufeff', '\ufeff'],
  ])('write %j in a request as %s and in a reply as %s, and read both', (text, inRequest, inReply) => {
    expect([write('request', text), write('reply', text)]).toEqual([inRequest, inReply]);
    expect([readRequest(inRequest), readReply(inReply)]).toEqual([text, text]);
  });

  const text = fc.string({
    unit: fc.constantFrom(
      ...'%25cC,&=+ \r\n0dDaAfF'.split(''),
      '%2c',
      '%25',
      '你',
      '好',
      '\u00e9',
      '😀',
      '\ufeff',
      '\u0000',
    ),
  });
  const key = fc.stringMatching(/^[A-Z][A-Z0-9]{0,7}$/).filter((name) => !/^(VER|CMD|FC|ST|UN|NK|MT|MG)$/.test(name));
  const values = fc.dictionary(key, text, { noNullPrototype: true });
  const lists: Record<string, string[]> = {
    List: ['UN'],
    QUERY_STAT: ['FC', 'ST', 'UN', 'NK'],
    getmsgex: ['MT', 'UN', 'MG'],
  };
  const shuffled = (packet: TextPacket): fc.Arbitrary<TextPacket> => {
    const entries = Object.entries(packet);
    return fc.shuffledSubarray(entries, { minLength: entries.length }).map((order) => Object.fromEntries(order));
  };
  const request = fc
    .tuple(fc.constantFrom('List', 'GetMsgEx', 'CLTMSG', 'Ünknown'), text, values)
    .chain(([CMD, MG, others]) => shuffled({ VER: '1.1', CMD, MG, ...others }));
  const reply = fc.tuple(fc.constantFrom('CLTMSG', ...Object.keys(lists)), values).chain(([CMD, others]) => {
    const names = lists[CMD] ?? [];
    const items = fc.record(Object.fromEntries(names.map((name) => [name, fc.array(text)])));
    return items.chain((some) => shuffled({ VER: '1.1', CMD, ...others, ...some }));
  });

  it.each([
    ['request', request],
    ['reply', reply],
  ] as const)(
    'keep every random packet of a %s',
    (kind, packets) => {
      const keepsPacket = (packet: TextPacket): boolean =>
        JSON.stringify(parseTextPacket(formatTextPacket(packet, kind), kind)) === JSON.stringify(packet);
      fc.assert(fc.property(packets, keepsPacket), { numRuns: runs / 2 });
    },
    timeout,
  );

  it(
    'end with a packet or with ERR_QQ_TEXT_MALFORMED for any text',
    () => {
      const pieces = [
        ...'%&,=\r\n '.split(''),
        'VER=1.1',
        'CMD=LIST',
        'UN=',
        '%2',
        '%ff',
        '%E4%BD',
        '\ud800',
        '__proto__=1',
      ];
      const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...pieces) }));
      const endsWell = (body: string, kind: 'request' | 'reply'): boolean => {
        let packet: TextPacket;
        try {
          packet = parseTextPacket(body, kind);
        } catch (error) {
          return error instanceof QQTextError && error.code === 'ERR_QQ_TEXT_MALFORMED';
        }
        const again = parseTextPacket(formatTextPacket(packet, kind), kind);
        return Object.getPrototypeOf(packet) === null && JSON.stringify(again) === JSON.stringify(packet);
      };
      fc.assert(fc.property(any, fc.constantFrom('request', 'reply'), endsWell), { numRuns: runs });
    },
    timeout,
  );
});

describe('parseTextPacket()', () => {
  it.each([
    ['an empty body', ''],
    ['NULL', 'NULL'],
    ['an HTML page', '<html><body a=1></body></html>'],
    ['a body without VER', 'CMD=X&SEQ=1'],
    ['a body without CMD', 'VER=1.1&SEQ=1'],
    ['a pair without =', 'VER=1.1&CMD=X&SEQ'],
    ['an empty key', 'VER=1.1&CMD=X&=1'],
    ['a key in small letters', 'VER=1.1&CMD=X&Seq=1'],
    ['a key that begins with a digit', 'VER=1.1&CMD=X&1A=1'],
    ['a key of nine characters', 'VER=1.1&CMD=X&ABCDEFGHI=1'],
    ['a key beyond ASCII', 'VER=1.1&CMD=X&\u00c4=1'],
    ['a line end before the first key', '\r\nVER=1.1&CMD=X'],
    ['a line end within a key', 'VER=1.1&CMD=X&\nSEQ=1'],
    ['a blank before a key', 'VER=1.1& CMD=X'],
    ['a repeated key', 'VER=1.1&CMD=X&MG=1&MG=2'],
    ['__proto__ as a key', '__proto__=1&VER=1.1&CMD=X'],
  ])('throws ERR_QQ_TEXT_MALFORMED for %s', (_what, body) => {
    for (const kind of ['request', 'reply'] as const) {
      expect(() => parseTextPacket(body, kind)).toThrow(QQTextError);
      expect(() => parseTextPacket(body, kind)).toThrow(malformed);
    }
    expect(({} as Record<string, unknown>).VER).toBeUndefined();
  });

  it('returns an object without a prototype', () => {
    const packet = parseTextPacket(head, 'reply');
    expect(Object.getPrototypeOf(packet)).toBeNull();
    expect('toString' in packet).toBe(false);
  });

  it.each(['&&VER=1.1&&CMD=X&', 'VER=1.1&CMD=X&\r\n', 'VER=1.1&CMD=X\n\r\r\n', 'VER=1.1&CMD=X&&\n'])(
    'skips empty pairs and line ends at the end: %j',
    (body) => {
      expect(Object.entries(parseTextPacket(body, 'reply'))).toEqual([
        ['VER', '1.1'],
        ['CMD', 'X'],
      ]);
    },
  );

  it('keeps unknown keys, and keys of eight characters', () => {
    expect(parseTextPacket('A1234567=x&VER=1.4&CMD=Server_Msg&XP=C4', 'reply')).toMatchObject({
      A1234567: 'x',
      XP: 'C4',
    });
  });

  it.each([
    ['a=b==', 'a=b=='],
    ['a\r\nb', 'a\r\nb'],
    ['%E4%bd%A0', '你'],
    ['%f0%9f%98%80', '😀'],
    ['%', '%'],
    ['%4', '%4'],
    ['%zz%2', '%zz%2'],
    ['%ff', '\ufffd'],
    ['%e4%bd', '\ufffd'],
    ['%ef%bb%bfa', '\ufeffa'],
    ['a+b', 'a+b'],
    [' a ', ' a '],
    ['%00', '\u0000'],
  ])('reads %j in a request and in a reply alike', (value, text) => {
    expect([readRequest(value), readReply(value)]).toEqual([text, text]);
  });

  it.each([
    ['%252c%252C%2525', ',,%', '%2c%2C%25'],
    ['%25252c', '%2c', '%252c'],
    ['%2541', '%41', '%41'],
    ['50%25', '50%', '50%'],
    ['%2c', ',', ','],
    ['a,b', 'a,b', 'a,b'],
  ])('reads %s in a reply as %j and in a request as %j', (value, inReply, inRequest) => {
    expect([readReply(value), readRequest(value)]).toEqual([inReply, inRequest]);
  });

  it.each([
    ['', []],
    [',', ['']],
    [',,', ['', '']],
    ['a', ['a']],
    ['a,', ['a']],
    ['a,,b', ['a', '', 'b']],
    ['a%252cb,%2c,c', ['a,b', ',', 'c']],
  ])('reads the list %j of a reply as %j', (value, items) => {
    for (const command of ['LIST', 'List', 'list', 'L%69st']) {
      expect(parseTextPacket(`UN=${value}&VER=1.1&CMD=${command}`, 'reply').UN).toEqual(items);
    }
  });

  it.each([
    ['LIST', 'request'],
    ['GETINFO', 'reply'],
    ['LI\u017fT', 'reply'],
    ['CONSTRUCTOR', 'reply'],
  ] as const)('reads UN of %s in a %s as a text', (command, kind) => {
    expect(parseTextPacket(`VER=1.1&CMD=${command}&UN=1,2,`, kind).UN).toBe('1,2,');
  });

  it.each(['%', '&', ',', '\r', '\n', '=', '%25', 'A=&', '&\r\n'])(
    'takes a number of steps in proportion to the length for a body of %j',
    (piece) => {
      // A call of a string method takes at most as many steps as its text is long.
      const stepsFor = (length: number): number => {
        let steps = 0;
        const prototype = String.prototype as unknown as Record<
          string,
          (this: string, ...values: unknown[]) => unknown
        >;
        const originals = ['split', 'slice', 'indexOf', 'replace', 'matchAll', 'replaceAll', 'includes', 'at'].map(
          (name) => [name, prototype[name]] as const,
        );
        for (const [name, original] of originals) {
          prototype[name] = function (this: string, ...values: unknown[]) {
            steps += 1 + this.length;
            return original?.apply(this, values);
          };
        }
        try {
          parseTextPacket(`VER=1.1&CMD=LIST&UN=${piece.repeat(length / piece.length)}x`, 'reply');
        } catch (error) {
          if (!(error instanceof QQTextError)) throw error;
        } finally {
          for (const [name, original] of originals) if (original) prototype[name] = original;
        }
        return steps;
      };
      const short = stepsFor(8 * 1024);
      expect(short).toBeGreaterThan(8 * 1024);
      expect(stepsFor(64 * 1024)).toBeLessThan(9 * short);
    },
  );

  it.each([[undefined], [null], [7], [Buffer.from(head)], [[head]]])('throws a RangeError for the body %p', (body) => {
    expect(() => parseTextPacket(body as unknown as string, 'reply')).toThrow(RangeError);
  });

  it('throws a RangeError for another kind', () => {
    expect(() => parseTextPacket(head, 'Reply' as 'reply')).toThrow(RangeError);
    expect(() => formatTextPacket({ VER: '1.1', CMD: 'X' }, undefined as unknown as 'reply')).toThrow(RangeError);
  });
});

describe('formatTextPacket()', () => {
  const format = (packet: unknown, kind: 'request' | 'reply' = 'reply'): string =>
    formatTextPacket(packet as TextPacket, kind);

  it('writes lists with a comma after each item', () => {
    expect(format({ VER: '1.1', CMD: 'GETMSGEX', MT: [], UN: [''], MG: ['a,b ', '&'] })).toBe(
      'VER=1.1&CMD=GETMSGEX&MT=&UN=,&MG=a%252cb ,%26,',
    );
  });

  const packet = { VER: '1.1', CMD: 'LIST' };
  // eslint-disable-next-line no-sparse-arrays -- an array with a hole is what is tested
  const withHole = [, '1'];
  it.each([
    ['no packet', undefined],
    ['null', null],
    ['a text', 'VER=1.1&CMD=X'],
    ['a packet without VER', { CMD: 'X' }],
    ['a packet without CMD', { VER: '1.1' }],
    ['a list as CMD', { VER: '1.1', CMD: ['X'] }],
    ['a key in small letters', { ...packet, seq: '1' }],
    ['a key with an & in it', { ...packet, 'A&B': '1' }],
    ['__proto__ as a key', JSON.parse('{"VER":"1.1","CMD":"X","__proto__":"1"}')],
    ['a number', { ...packet, SEQ: 1 }],
    ['undefined', { ...packet, SEQ: undefined }],
    ['a String object', { ...packet, SEQ: new String('1') }],
    ['a list of numbers', { ...packet, UN: [1] }],
    ['a list with a hole', { ...packet, UN: withHole }],
    ['a text where the reply has a list', { ...packet, UN: '1' }],
    ['a list where the reply has a text', { ...packet, SN: ['1'] }],
  ])('throws a RangeError for %s', (_what, value) => {
    expect(() => format(value)).toThrow(RangeError);
  });

  it('throws a RangeError for a list in a request', () => {
    expect(() => format({ ...packet, UN: ['1'] }, 'request')).toThrow(RangeError);
  });
});

describe('facePicture()', () => {
  it.each([
    [0, 1],
    [2, 1],
    [3, 2],
    [141, 48],
    [270, 91],
  ])('returns for face %d the picture %d', (face, picture) => {
    expect(facePicture(face)).toBe(picture);
  });

  it.each([-1, 1.5, Number.NaN, Infinity, '270', undefined])('throws a RangeError for %p', (face) => {
    expect(() => facePicture(face as number)).toThrow(RangeError);
  });
});
