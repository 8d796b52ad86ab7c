// Draws the rows of a benchmark as bars, without a library. `node plot.mjs` draws results.json again.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const NAMES = ['express-qq-connect', 'passport-qq', 'grant', 'passport-oauth2'];
const WIDTH = 720;
const COLUMN = 340;
const BAR = 22;
const LABEL = 150;
const PANEL = 2 * BAR + NAMES.length * BAR + 24;

// A picture in a page follows the reader's system, as the page does.
const STYLE = `
text { fill: #1c2733; font: 14px system-ui, "Helvetica Neue", Arial, sans-serif }
.title { font-weight: 600 } .note { fill: #5a6775; font-size: 13px }
.ground { fill: #fff } .bar { fill: #b6c2cd } .ours { fill: #0b6bcb }
@media (prefers-color-scheme: dark) {
  text { fill: #e8edf2 } .note { fill: #a3b0bd } .ground { fill: #12171c } .bar { fill: #4a5763 } .ours { fill: #4d9fee }
}`;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function panel({ chart: { title, note }, ...row }, index) {
  const values = NAMES.map((name) => Number.parseFloat(row[name]));
  const scale = (COLUMN - LABEL - 52) / Math.max(...values);
  const bars = NAMES.map((name, i) => {
    const y = 2 * BAR + 8 + i * BAR;
    const width = Math.max(1, values[i] * scale);
    const kind = i === 0 ? 'ours' : 'bar';
    return (
      `<text x="0" y="${y + 14}">${name}</text>` +
      `<rect class="${kind}" x="${LABEL}" y="${y + 2}" width="${width.toFixed(1)}" height="${BAR - 6}" rx="2"/>` +
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 14}">${row[name]}</text>`
    );
  });
  const x = 10 + (index % 2) * (COLUMN + 20);
  const y = Math.floor(index / 2) * PANEL;
  return (
    `<g transform="translate(${x} ${y})"><text class="title" x="0" y="26">${escape(title)}</text>` +
    `<text class="note" x="0" y="${BAR + 22}">${escape(note)}</text>${bars.join('')}</g>`
  );
}

/** Draws each row that has a `chart`, two beside each other. */
export function plot(rows) {
  const drawn = rows.filter(({ chart }) => chart);
  const height = Math.ceil(drawn.length / 2) * PANEL;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(drawn.map(({ chart }) => chart.title).join('; '))}: shorter bars are better</title>
<style>${STYLE}
</style>
<rect class="ground" width="100%" height="100%"/>
${drawn.map(panel).join('\n')}
</svg>
`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { rows } = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));
  writeFileSync(new URL('../docs/benchmark.svg', import.meta.url), plot(rows));
}
