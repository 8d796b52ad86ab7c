import { createHash } from 'node:crypto';
import { Canvas, hsl, type Colour, type Shape } from './png.js';

const ink: Colour = [52, 46, 56];
const everywhere: Shape = { distance: () => -1, box: [-1, -1, 1, 1] };

/** A coat's hue, saturation and lightness: ginger, cream, cocoa, grey, rose, lilac, sage. */
const coats = [
  [26, 0.74, 0.66],
  [42, 0.7, 0.8],
  [22, 0.34, 0.52],
  [214, 0.16, 0.66],
  [346, 0.55, 0.78],
  [262, 0.36, 0.76],
  [150, 0.26, 0.7],
] as const;

type Coat = (typeof coats)[number];

/** Draws an animal's face that is always the same for the same seed. */
export function drawAvatar(seed: string, size: number): Buffer {
  const [kind = 0, ground = 0, fur = 0, expression = 0] = createHash('sha256').update(seed).digest();
  const animals = [bear, cat, rabbit, chick];
  const coat = coats[fur % coats.length] ?? coats[0];
  const hue = (ground / 256) * 360;
  const canvas = new Canvas(size)
    .fill(everywhere, hsl(hue, 0.55, 0.85), { bottom: hsl((hue + 24) % 360, 0.52, 0.72) })
    .fill(circle(0, 1.45, 0.85), hsl((hue + 200) % 360, 0.42, 0.56));
  animals[kind % animals.length]?.(canvas, coat);
  drawFace(canvas, expression);
  return canvas.toPng();
}

/** Draws the grey outline of nobody in particular. */
export function drawNobody(size: number): Buffer {
  const grey: Colour = [176, 182, 190];
  return new Canvas(size)
    .fill(everywhere, [226, 230, 235])
    .fill(circle(0, -0.2, 0.38), grey)
    .fill(ellipse(0, 0.95, 0.72, 0.6), grey)
    .toPng();
}

function bear(canvas: Canvas, coat: Coat): void {
  for (const side of [-1, 1]) {
    canvas.fill(circle(side * 0.5, -0.46, 0.25), shade(coat)).fill(circle(side * 0.5, -0.46, 0.13), shade(coat, 0.14));
  }
  head(canvas, coat);
  canvas.fill(ellipse(0, 0.25, 0.3, 0.23), shade(coat, 0.22));
}

function cat(canvas: Canvas, coat: Coat): void {
  for (const side of [-1, 1]) {
    canvas.fill(ear(side, 0.1, 0.68, 0, 0.56, -0.78), shade(coat));
    canvas.fill(ear(side, 0.24, 0.6, -0.12, 0.54, -0.62), shade(coat, 0.14));
  }
  head(canvas, coat);
  for (const stripe of [-0.15, 0, 0.15])
    canvas.fill(capsule(stripe, -0.4, stripe * 0.8, -0.24, 0.035), shade(coat, -0.16));
}

function rabbit(canvas: Canvas, coat: Coat): void {
  for (const side of [-1, 1]) {
    canvas.fill(capsule(side * 0.26, -0.3, side * 0.36, -0.72, 0.16), shade(coat));
    canvas.fill(capsule(side * 0.27, -0.3, side * 0.355, -0.7, 0.08), shade(coat, 0.14));
  }
  head(canvas, coat);
}

function chick(canvas: Canvas, coat: Coat): void {
  for (const lean of [-0.16, 0, 0.16]) canvas.fill(capsule(0, -0.42, lean, -0.68, 0.05), shade(coat, -0.12));
  head(canvas, coat);
  canvas.fill(ellipse(0, 0.27, 0.24, 0.16), [247, 178, 74]);
}

function head(canvas: Canvas, coat: Coat): void {
  canvas.fill(ellipse(0, 0.1, 0.68, 0.6), shade(coat, 0.05), { bottom: shade(coat, -0.05) });
}

function shade([hue, saturation, lightness]: Coat, change = 0): Colour {
  return hsl(hue, saturation, Math.min(0.95, lightness + change));
}

function drawFace(canvas: Canvas, expression: number): void {
  for (const side of [-1, 1]) {
    canvas.fill(ellipse(side * 0.42, 0.24, 0.13, 0.09), [244, 120, 132], { opacity: 0.45 });
    const winks = expression % 4 === 1 && side === 1;
    if (expression % 4 === 0 || winks) canvas.fill(arc(side * 0.27, 0.08, 0.1, 0.032, -1), ink);
    else {
      canvas.fill(ellipse(side * 0.27, 0.03, 0.075, 0.095), ink);
      canvas.fill(circle(side * 0.27 + 0.025, 0, 0.028), [255, 255, 255]);
    }
  }
  canvas.fill(ellipse(0, 0.17, 0.06, 0.042), ink);
  if (expression % 3 === 0) canvas.fill(arc(0, 0.22, 0.13, 0.028, 1), ink);
  else for (const side of [-1, 1]) canvas.fill(arc(side * 0.075, 0.22, 0.075, 0.026, 1), ink);
}

function circle(cx: number, cy: number, radius: number): Shape {
  return { distance: (x, y) => Math.hypot(x - cx, y - cy) - radius, box: around(cx, cy, radius) };
}

function ellipse(cx: number, cy: number, rx: number, ry: number): Shape {
  const distance = (x: number, y: number) => {
    const dx = (x - cx) / rx;
    const dy = (y - cy) / ry;
    const length = Math.hypot(dx, dy);
    // The slope turns the ellipse's own units into the picture's; at the centre there is none.
    const slope = Math.hypot(dx / rx, dy / ry);
    return slope === 0 ? -1 : (length * (length - 1)) / slope;
  };
  return { distance, box: around(cx, cy, rx, ry) };
}

/** A line from one point to another with round ends. */
function capsule(ax: number, ay: number, bx: number, by: number, radius: number): Shape {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const distance = (x: number, y: number) => {
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square));
    return Math.hypot(x - ax - dx * along, y - ay - dy * along) - radius;
  };
  return { distance, box: around((ax + bx) / 2, (ay + by) / 2, Math.abs(dx) / 2 + radius, Math.abs(dy) / 2 + radius) };
}

/** The lower (`direction` 1) or upper (-1) half of a ring. */
function arc(cx: number, cy: number, radius: number, width: number, direction: 1 | -1): Shape {
  const distance = (x: number, y: number) => {
    if ((y - cy) * direction >= 0) return Math.abs(Math.hypot(x - cx, y - cy) - radius) - width;
    return Math.hypot(Math.abs(x - cx) - radius, y - cy) - width;
  };
  return { distance, box: around(cx, cy, radius + width) };
}

/** An ear that stands with its base towards the head; `side` mirrors it. */
function ear(side: number, innerX: number, outerX: number, baseY: number, tipX: number, tipY: number): Shape {
  const corners = [
    [innerX, baseY - 0.22],
    [outerX, baseY],
    [tipX, tipY],
  ] as const;
  const edges = corners.map(([ax, ay], index) => {
    const [bx, by] = corners[(index + 1) % 3] ?? corners[0];
    const length = Math.hypot(bx - ax, by - ay);
    return { ax, ay, nx: (ay - by) / length, ny: (bx - ax) / length };
  });
  const distance = (x: number, y: number) =>
    Math.max(...edges.map(({ ax, ay, nx, ny }) => (x * side - ax) * nx + (y - ay) * ny));
  return { distance, box: around(0, tipY / 2, 1, 1) };
}

function around(cx: number, cy: number, rx: number, ry = rx): Shape['box'] {
  return [cx - rx, cy - ry, cx + rx, cy + ry];
}
