import { fit, type StyledText } from '../terminal.js';
import { messages } from './messages.js';
import type { Language } from '../language.js';
import type { Paint } from '../terminal.js';
import type { RequestSummary } from '../../sandbox/console/request-summary.js';

/** A request for the terminal: one line within `width` columns, and a line for each warning. */
export function requestLines(
  request: RequestSummary,
  language: Language,
  paint: Paint,
  width: number | undefined,
): string {
  const text = messages[language];
  const { time, endpoint, login, method, path, status, durationMs, error, fault, user, parameters } = request;
  const parts: readonly StyledText[] = [
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
