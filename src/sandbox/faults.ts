import type { Response } from 'express';
import { send, textHtml, type Answer } from './answer.js';
import type { SandboxEndpoint, SandboxFault } from './types.js';

const endpoints: readonly string[] = ['authorize', 'token', 'me', 'user_info', 'avatar'] satisfies SandboxEndpoint[];
const faults: readonly string[] = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty', 'cancel'];

const gatewayPage = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;

/** The faults that wait for the next request to each endpoint. */
export class FaultQueue {
  readonly #waiting = new Map<string, SandboxFault[]>();

  add(endpoint: SandboxEndpoint, fault: SandboxFault): void {
    if (!endpoints.includes(endpoint)) {
      throw new TypeError(`Unknown endpoint ${JSON.stringify(endpoint)}; there are ${endpoints.join(', ')}`);
    }
    if (!isFault(fault)) {
      throw new TypeError(`Unknown fault ${JSON.stringify(fault)}; there are { error: number }, ${faults.join(', ')}`);
    }
    if (fault === 'cancel' && endpoint !== 'authorize') {
      throw new TypeError(`Only authorize can be cancelled, not ${endpoint}`);
    }
    this.#waiting.set(endpoint, [...(this.#waiting.get(endpoint) ?? []), fault]);
  }

  take(endpoint: SandboxEndpoint): SandboxFault | undefined {
    return this.#waiting.get(endpoint)?.shift();
  }
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
      const body = Buffer.from(answer.body as string);
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
  if (typeof fault === 'string') return faults.includes(fault);
  return typeof fault === 'object' && fault !== null && 'error' in fault && Number.isInteger(fault.error);
}
