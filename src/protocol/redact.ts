const MAX_LENGTH = 200;
// Codes, tokens, openids and keys of QQ are 32 characters; no word of an error message is that long.
const LOOKS_SECRET = /[A-Za-z0-9_~+/=-]{24,}/g;
// eslint-disable-next-line no-control-regex -- control and bidi characters are what this removes
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

// A server that repeats its request line has the secret as a query has it.
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1)];
}

/**
 * Makes a text that came from outside fit for a message or a log: without the given secrets, without anything that
 * looks like one, on one line, at most 200 characters.
 */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length <= 3) continue;
    for (const spelling of spellings(secret)) safe = safe.replaceAll(spelling, '[redacted]');
  }
  return safe.replace(LOOKS_SECRET, '[redacted]').replace(UNPRINTABLE, ' ').slice(0, MAX_LENGTH).trim();
}
