import { QQTextError } from './errors.js';

/** A packet: its keys in order; a list where the reply has one. Values are unescaped, and all of them are text. */
export type TextPacket = Record<string, string | string[]>;

/** The direction of a packet. Only replies have lists and the inner layer of escaping. */
export type TextPacketKind = 'request' | 'reply';

const KEY = /^[A-Z][A-Z0-9]{0,7}$/;

const LISTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['LIST', ['UN']],
  ['QUERY_STAT', ['FC', 'ST', 'UN', 'NK']],
  ['GETMSGEX', ['MT', 'UN', 'MG']],
]);

/** Returns a command in ASCII capitals: `toUpperCase()` alone would make `LIST` of `LIſT`. */
export function commandOf(name: string): string {
  return name.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function listsOf(command: string, kind: TextPacketKind): readonly string[] {
  return kind === 'reply' ? (LISTS.get(commandOf(command)) ?? []) : [];
}

function requireKind(kind: unknown): asserts kind is TextPacketKind {
  if (kind !== 'request' && kind !== 'reply') throw new RangeError("text packet: kind must be 'request' or 'reply'");
}

// ignoreBOM, because U+FEFF is a character like others within a value.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes the outer layer. Neighbouring escapes are decoded together, because a character can have several bytes. */
function decodeBytes(value: string): string {
  let text = '';
  let end = 0;
  let bytes: number[] = [];
  for (const { 0: escape, index } of value.matchAll(/%[0-9a-f]{2}/gi)) {
    if (index > end) {
      text += utf8.decode(Uint8Array.from(bytes)) + value.slice(end, index);
      bytes = [];
    }
    bytes.push(Number.parseInt(escape.slice(1), 16));
    end = index + escape.length;
  }
  return text + utf8.decode(Uint8Array.from(bytes)) + value.slice(end);
}

function readValue(value: string, kind: TextPacketKind): string {
  const text = decodeBytes(value);
  if (kind === 'request') return text;
  return text.replace(/%(?:25|2c)/gi, (escape) => (escape === '%25' ? '%' : ','));
}

const escapeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

function writeValue(text: string, kind: TextPacketKind): string {
  if (kind === 'request') return text.replace(/[%&\r\n=+]/g, escapeCharacter);
  return text.replace(/[%,]/g, escapeCharacter).replace(/[%&\r\n]/g, escapeCharacter);
}

function readList(value: string): string[] {
  if (value === '') return [];
  const items = value.split(',');
  if (items.at(-1) === '') items.pop();
  return items.map((item) => readValue(item, 'reply'));
}

function malformed(what: string): QQTextError {
  return new QQTextError('ERR_QQ_TEXT_MALFORMED', `text packet: ${what}`);
}

function splitPairs(body: string): Map<string, string> {
  // Not /[\r\n]+$/, which takes quadratic time for line ends in the middle of a body.
  let end = body.length;
  while (end > 0 && (body[end - 1] === '\r' || body[end - 1] === '\n')) end -= 1;
  const pairs = new Map<string, string>();
  for (const pair of body.slice(0, end).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals === -1) throw malformed('a pair has no =');
    const key = pair.slice(0, equals);
    if (!KEY.test(key)) throw malformed('a key is not one to eight of A-Z and 0-9, beginning with a letter');
    if (pairs.has(key)) throw malformed(`the key ${key} comes twice`);
    pairs.set(key, pair.slice(equals + 1));
  }
  return pairs;
}

/**
 * Parses the body of a request or of a reply.
 *
 * @param body - the body, decoded from UTF-8
 * @param kind - which of the two it is: a reply has a second layer of escaping, and lists
 * @returns the packet, an object without a prototype
 * @throws QQTextError `ERR_QQ_TEXT_MALFORMED` for a body that is no packet, such as `NULL`, an empty one or HTML
 * @throws RangeError if `body` is no text or `kind` is neither of the two
 * @example
 * ```ts
 * import { parseTextPacket } from 'express-qq-connect/text-protocol';
 *
 * const body = 'VER=1.1&CMD=LIST&SEQ=43661&UIN=9990000300&RES=0&FN=1&SN=2&UN=9990000401,9990000402,';
 * console.log(parseTextPacket(body, 'reply').UN); // ['9990000401', '9990000402']
 * ```
 */
export function parseTextPacket(body: string, kind: TextPacketKind): TextPacket {
  if (typeof body !== 'string') throw new RangeError('text packet: body must be a string');
  requireKind(kind);
  const pairs = splitPairs(body);
  const command = pairs.get('CMD');
  if (command === undefined || !pairs.has('VER')) throw malformed('VER or CMD is missing');
  const lists = listsOf(readValue(command, kind), kind);
  const packet = Object.create(null) as TextPacket;
  for (const [key, value] of pairs) packet[key] = lists.includes(key) ? readList(value) : readValue(value, kind);
  return packet;
}

/**
 * Writes a packet as the body of a request or of a reply, with its keys in the order of the object.
 *
 * @returns the body, without a line end; `parseTextPacket` returns an equal packet for it
 * @throws RangeError for a packet without `VER` or `CMD`, a key of another form, a value that is neither text nor a
 * list of texts, a list where the packet has none, and a text where it has a list
 * @example
 * ```ts
 * import { formatTextPacket } from 'express-qq-connect/text-protocol';
 *
 * const packet = { VER: '1.1', CMD: 'CLTMSG', SEQ: '15803', UIN: '9990000300', UN: '9990000301', MG: 'R&B' };
 * console.log(formatTextPacket(packet, 'request')); // ends in MG=R%26B
 * ```
 */
export function formatTextPacket(packet: TextPacket, kind: TextPacketKind): string {
  requireKind(kind);
  const entries = new Map<string, unknown>(Object.entries((packet as TextPacket | null | undefined) ?? {}));
  const command = entries.get('CMD');
  if (typeof command !== 'string' || !entries.has('VER')) throw new RangeError('text packet: VER or CMD is missing');
  const lists = listsOf(command, kind);
  const pairs = [...entries].map(([key, value]) => {
    if (!KEY.test(key)) {
      throw new RangeError(
        `text packet: the key ${JSON.stringify(key.slice(0, 20))} is not one to eight of A-Z and 0-9`,
      );
    }
    return `${key}=${lists.includes(key) ? writeList(key, value) : writeText(key, value, kind)}`;
  });
  return pairs.join('&');
}

function writeText(key: string, value: unknown, kind: TextPacketKind): string {
  if (typeof value !== 'string') throw new RangeError(`text packet: ${key} must be a string in this ${kind}`);
  return writeValue(value, kind);
}

function writeList(key: string, value: unknown): string {
  // Array.from, because every() skips the holes of an array.
  const items: unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
  if (!Array.isArray(value) || !items.every((item) => typeof item === 'string')) {
    throw new RangeError(`text packet: ${key} must be an array of strings in this reply`);
  }
  return items.map((item) => `${writeValue(item, 'reply')},`).join('');
}

/**
 * Returns the number of a face's picture, `floor(face / 3) + 1`: face 270 is picture 91.
 *
 * @throws RangeError if `face` is not a whole number from 0
 */
export function facePicture(face: number): number {
  if (!Number.isSafeInteger(face) || face < 0) throw new RangeError('face must be a whole number from 0');
  return Math.floor(face / 3) + 1;
}
