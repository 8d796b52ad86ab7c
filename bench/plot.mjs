// Two small line charts as SVG, without a library.
const COLORS = ['#0b6bcb', '#b2491d', '#2f7d4f', '#7a4fb0'];
const WIDTH = 420;
const HEIGHT = 260;
const PAD = { left: 52, right: 16, top: 34, bottom: 44 };

function chart({ title, xLabel, yLabel, xs, series }, offset) {
  const top = Math.max(...Object.values(series).flat()) * 1.1;
  const x = (i) => PAD.left + (i * (WIDTH - PAD.left - PAD.right)) / (xs.length - 1);
  const y = (value) => HEIGHT - PAD.bottom - (value / top) * (HEIGHT - PAD.top - PAD.bottom);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(top * part);
    return `<line x1="${PAD.left}" x2="${WIDTH - PAD.right}" y1="${at}" y2="${at}" stroke="#d5dbe1"/><text x="${PAD.left - 6}" y="${at + 4}" text-anchor="end">${(top * part).toFixed(1)}</text>`;
  });
  const ticks = xs.map(
    (value, i) => `<text x="${x(i)}" y="${HEIGHT - PAD.bottom + 16}" text-anchor="middle">${value}</text>`,
  );
  const lines = Object.entries(series).map(([name, values], i) => {
    const points = values.map((value, j) => `${x(j).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${COLORS[i]}" stroke-width="2"/><text x="${PAD.left + 8}" y="${PAD.top + 12 + i * 15}" fill="${COLORS[i]}">${name}</text>`;
  });
  return `<g transform="translate(${offset} 0)"><text x="${PAD.left}" y="18" font-weight="600">${title}</text>${grid.join('')}${ticks.join('')}${lines.join('')}<text x="${(WIDTH + PAD.left) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${xLabel}</text><text transform="translate(13 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text></g>`;
}

/** Draws the charts beside each other. */
export function plot(charts) {
  const body = charts.map((one, i) => chart(one, i * WIDTH)).join('\n');
  const width = WIDTH * charts.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11" fill="#1c2733"><rect width="100%" height="100%" fill="#fff"/>\n${body}\n</svg>\n`;
}
