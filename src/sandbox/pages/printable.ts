/** Cuts a text, and replaces control and format characters, which would steer a terminal or reverse a line. Emoji stay whole. */
export function printable(text: string, maxLength = 300): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return short.replace(/(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}
