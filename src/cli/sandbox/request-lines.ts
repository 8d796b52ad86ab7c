import { widthOf } from '../terminal.js';
import type { CommandMessages } from './messages.js';
import type { Language } from '../language.js';
import type { Paint } from '../terminal.js';
import type { RequestSummary } from '../../sandbox/console/request-summary.js';

type Style = Parameters<Paint>[0];

/** A request for the terminal: one line within `width` columns, and a line for each warning. */
export function requestLines(
  request: RequestSummary,
  options: {
    readonly text: CommandMessages;
    readonly language: Language;
    readonly paint: Paint;
    readonly width: number | undefined;
  },
): string {
  const { time, endpoint, login, method, path, status, durationMs, error, fault, user, parameters } = request;
  const { text, language, paint, width } = options;
  const parts: readonly (readonly [string | undefined, Style?])[] = [
    [time, 'dim'],
    [login === undefined ? undefined : text.login(login), 'dim'],
    [endpoint === 'other' ? undefined : endpoint, 'bold'],
    [`${method} ${path}`],
    [`→ ${status ?? text.noResponse}`, request.failed ? 'red' : 'green'],
    [durationMs === undefined ? undefined : `${Math.round(durationMs)} ms`, 'dim'],
    [error, 'red'],
    [fault === undefined ? undefined : `[${text.fault}: ${fault}]`, 'yellow'],
    [user],
    ...parameters.map(({ name, value }) => [`${name}=${value}`, 'dim'] as const),
  ];
  const lines = [fit(parts, width, paint)];
  for (const warning of request.warnings) lines.push(fit([['  !', 'yellow'], [warning[language]]], width, paint));
  return lines.join('\n');
}

/** Joins the parts, and cuts the line where the terminal would wrap it. */
function fit(parts: readonly (readonly [string | undefined, Style?])[], width = 2_000, paint: Paint): string {
  let left = width;
  let line = '';
  for (const [part, style] of parts) {
    if (part === undefined) continue;
    const gap = line === '' ? '' : '  ';
    const fits = widthOf(gap + part) <= left;
    const shown = fits ? part : cut(part, left - gap.length);
    if (shown !== '') line += gap + (style ? paint(style, shown) : shown);
    left -= widthOf(gap + shown);
    if (!fits) break;
  }
  return line;
}

function cut(text: string, width: number): string {
  let shown = '';
  for (const character of text) {
    if (widthOf(shown + character) > width - 1) break;
    shown += character;
  }
  return shown === '' ? '' : `${shown}…`;
}
