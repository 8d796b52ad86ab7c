import type { CommandWords } from './command-words.js';
import { describeError } from './errors.js';
import type { SandboxFault, SandboxRequest } from './types.js';

/** The parameters whose values are no secret and nobody's; the others show that they came, not what they hold. */
const plain = new Set(
  (
    'response_type client_id redirect_uri scope display grant_type fmt format need_openid unionid ' +
    'oauth_consumer_key usercancel'
  ).split(' '),
);

/** One line of the terminal's request log. */
export function requestLine(request: SandboxRequest, words: CommandWords): string {
  const { at, method, path, status, error, fault } = request;
  const parameters = Object.entries({ ...request.query, ...request.body }).map(
    ([name, value]) => `${name}=${plain.has(name) || value === '' ? value : '***'}`,
  );
  const parts = [
    new Date(at).toTimeString().slice(0, 8),
    method.padEnd(4),
    path,
    `→ ${status ?? words.unanswered}`,
    ...(error === undefined ? [] : [`${error} ${describeError(error).trim()}`]),
    ...(fault === undefined ? [] : [`[${words.fault}: ${faultName(fault)}]`]),
    ...parameters,
  ];
  return printable(parts.join('  '));
}

function faultName(fault: SandboxFault): string {
  return typeof fault === 'string' ? fault : `error ${fault.error}`;
}

/** A request must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}/gu, '?').slice(0, 2000);
}
