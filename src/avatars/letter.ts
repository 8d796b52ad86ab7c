const NO_LETTER = 'Q';
const COLOURS = ['#b3261e', '#8a4b00', '#5b6300', '#1d6b35', '#00696f', '#1a5fb4', '#5b4fc4', '#8e3a9d', '#a8326e'];
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// Half an emoji arrives as U+FFFD, or as a lone surrogate, which is no symbol. The fillers and U+2800 are blank.
const VISIBLE = /(?![\u115F\u1160\u2800\u3164\uFFA0\uFFFC\uFFFD])[\p{L}\p{N}\p{P}\p{S}]/u;
const MAX_LENGTH = 24;

/** Returns the first visible character of a nickname, as a reader counts characters, or `Q` if there is none. */
export function initialOf(nickname: string): string {
  // A longer nickname is hostile.
  const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' }).segment(nickname.slice(0, 256));
  for (const { segment } of graphemes) {
    const visible = VISIBLE.exec(segment)?.[0];
    if (visible !== undefined) return (segment.length > MAX_LENGTH ? visible : segment).toLocaleUpperCase('en');
  }
  return NO_LETTER;
}

/** Draws a nickname's initial as an SVG. Its colour is always the same for the same name. */
export function drawLetter(nickname: string, size: number): Buffer {
  const initial = initialOf(nickname).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
  let hash = 0;
  for (let at = 0; at < nickname.length; at++) hash = (hash * 31 + nickname.charCodeAt(at)) >>> 0;
  const colour = COLOURS[hash % COLOURS.length] ?? '#1a5fb4';
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">` +
      `<rect width="100" height="100" fill="${colour}"/>` +
      `<text x="50" y="50" dy=".36em" fill="#fff" font-size="48" text-anchor="middle" ` +
      `font-family="system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif">${initial}</text></svg>`,
  );
}
