import type { Response } from 'express';
import { bytesOf, send, textHtml, type Answer } from './answer.js';
import type { SandboxEndpoint, SandboxFault } from './types.js';

/** A fault that is no number of QQ's. */
export type NamedFault = Extract<SandboxFault, string>;

/** A fault and the endpoint whose next request it will hit. */
export interface WaitingFault {
  readonly endpoint: SandboxEndpoint;
  readonly fault: SandboxFault;
}

export const endpoints: readonly SandboxEndpoint[] = ['authorize', 'token', 'me', 'user_info', 'avatar'];
const names: readonly NamedFault[] = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty', 'cancel'];

const gatewayPage = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;

/** The faults that wait for the next request to each endpoint. */
export class FaultQueue {
  #waiting: WaitingFault[] = [];

  /** In the order they were queued. */
  get waiting(): readonly WaitingFault[] {
    return this.#waiting;
  }

  add(endpoint: SandboxEndpoint, fault: SandboxFault): void {
    if (!endpoints.includes(endpoint)) {
      throw new TypeError(`Unknown endpoint ${JSON.stringify(endpoint)}; there are ${endpoints.join(', ')}`);
    }
    if (!isFault(fault)) {
      throw new TypeError(`Unknown fault ${JSON.stringify(fault)}; there are { error: number }, ${names.join(', ')}`);
    }
    if (typeof fault === 'string' && !namedFaultsOf(endpoint).includes(fault)) {
      throw new TypeError(`Only authorize can be cancelled, not ${endpoint}`);
    }
    this.#waiting.push({ endpoint, fault });
  }

  take(endpoint: SandboxEndpoint): SandboxFault | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.endpoint === endpoint);
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0]?.fault;
  }

  clear(): void {
    this.#waiting = [];
  }
}

/** The named faults that an endpoint can have: only `authorize` has a user who can cancel. */
export function namedFaultsOf(endpoint: SandboxEndpoint): readonly NamedFault[] {
  return endpoint === 'authorize' ? names : names.filter((name) => name !== 'cancel');
}

/** A fault in one or two words, for a person who reads the request log. */
export function faultName(fault: SandboxFault): string {
  return typeof fault === 'string' ? fault : `error ${fault.error}`;
}

/** Answers as a gateway that never passed the request on, if that is the fault. */
export function gatewayAnswer(fault: SandboxFault | undefined): Answer | undefined {
  if (fault === 'http_500') return { status: 500, type: textHtml, body: gatewayPage('500 Internal Server Error') };
  if (fault === 'html') return { type: textHtml, body: gatewayPage('502 Bad Gateway') };
  return undefined;
}

/** Sends an answer, or loses it on the way. */
export function sendOrLose(res: Response, answer: Answer, fault: SandboxFault | undefined): void {
  switch (fault) {
    case 'timeout':
      return;
    case 'reset':
      res.socket?.resetAndDestroy();
      return;
    case 'truncated': {
      const body = bytesOf(answer);
      send(res, { ...answer, body: body.subarray(0, Math.floor(body.length / 2)) });
      return;
    }
    case 'empty':
      send(res, { type: answer.type, body: '' });
      return;
    default:
      send(res, answer);
  }
}

function isFault(fault: unknown): boolean {
  if (typeof fault === 'string') return (names as readonly string[]).includes(fault);
  return typeof fault === 'object' && fault !== null && 'error' in fault && Number.isInteger(fault.error);
}
