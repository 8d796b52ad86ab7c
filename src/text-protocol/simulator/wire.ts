// This file repeats the rules of ../packet.ts in other code, so that client and simulator cannot share a mistake.

/** The pairs of a reply, in order. An array is a list. */
export type ReplyPairs = Readonly<Record<string, string | number | readonly string[]>>;

const escapes: Readonly<Record<string, string>> = {
  '%': '%2525',
  ',': '%252c',
  '&': '%26',
  '\r': '%0d',
  '\n': '%0a',
};

/** Writes a text with the two layers of a reply. */
function escapeText(text: string): string {
  let written = '';
  for (const character of text) written += escapes[character] ?? character;
  return written;
}

/** Writes the body of a reply. Each item of a list has a comma behind it. */
export function writeReply(pairs: ReplyPairs): string {
  return Object.entries(pairs)
    .map(([key, value]) => {
      const list = typeof value === 'object';
      return `${key}=${list ? value.map((item) => `${escapeText(item)},`).join('') : escapeText(String(value))}`;
    })
    .join('&');
}

/** Reads a value byte by byte: a raw byte and an escaped one can form a character together. */
function readBytes(value: Buffer): string {
  const bytes = [];
  for (let index = 0; index < value.length; index += 1) {
    const byte = value[index] ?? 0;
    const digits = byte === 0x25 ? value.toString('latin1', index + 1, index + 3) : '';
    const escaped = /^[\da-fA-F]{2}$/.test(digits);
    bytes.push(escaped ? Number.parseInt(digits, 16) : byte);
    if (escaped) index += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Reads the body of a request; returns `undefined` if it is no packet. */
export function readRequest(body: Buffer): Map<string, string> | undefined {
  const text = body.toString('latin1');
  const end = body.findLastIndex((byte) => byte !== 0x0d && byte !== 0x0a) + 1;
  const request = new Map<string, string>();
  for (const pair of text.slice(0, end).split('&').filter(Boolean)) {
    const [, key, value] = /^([A-Z][A-Z\d]{0,7})=([^]*)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined || request.has(key)) return undefined;
    request.set(key, readBytes(Buffer.from(value, 'latin1')));
  }
  return request.has('VER') && request.has('CMD') ? request : undefined;
}
