import type { CommandWords } from './command-words.js';
import type { RequestSummary } from './request-summary.js';

/** One line of the terminal's request log: when, which endpoint, what came, what was answered, and to whom. */
export function requestLine(request: RequestSummary, words: CommandWords): string {
  const { time, endpoint, method, path, status, error, fault, user, parameters } = request;
  const parts = [
    time,
    endpoint.padEnd(9),
    `${method.padEnd(4)} ${path.padEnd(19)}`,
    `→ ${status ?? words.unanswered}`,
    ...(error === undefined ? [] : [error]),
    ...(fault === undefined ? [] : [`[${words.fault}: ${fault}]`]),
    ...(user === undefined ? [] : [`${words.user} ${user}`]),
    ...parameters.map(({ name, value }) => `${name}=${value}`),
  ];
  return parts.join('  ').slice(0, 2000);
}
