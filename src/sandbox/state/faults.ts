import type { SandboxEndpoint, SandboxFault } from './types.js';

/** A fault that the next `times` requests to an endpoint will have. */
export interface QueuedFault {
  readonly endpoint: SandboxEndpoint;
  readonly fault: SandboxFault;
  times: number;
}

export const endpoints: readonly SandboxEndpoint[] = ['authorize', 'token', 'me', 'user_info', 'avatar'];
export const faultNames = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty', 'cancel'] as const;
const MAX_TIMES = 1_000_000;

/** The faults that wait for the next requests to each endpoint. */
export class FaultQueue {
  #queued: QueuedFault[] = [];

  /** In the order they were added. */
  get queued(): readonly Readonly<QueuedFault>[] {
    return this.#queued;
  }

  add(endpoint: SandboxEndpoint, fault: SandboxFault, times = 1): void {
    if (!endpoints.includes(endpoint)) {
      throw new TypeError(`Unknown endpoint ${JSON.stringify(endpoint)}; there are ${endpoints.join(', ')}`);
    }
    const error: unknown = (fault as { error?: unknown } | null | undefined)?.error; // JavaScript may pass anything
    const isKnown = typeof fault === 'string' ? faultNames.includes(fault) : Number.isInteger(error);
    if (!isKnown) {
      const known = faultNames.join(', ');
      throw new TypeError(`Unknown fault ${JSON.stringify(fault)}; there are { error: number }, ${known}`);
    }
    if (fault === 'cancel' && endpoint !== 'authorize') {
      throw new TypeError(`Only authorize can be cancelled, not ${endpoint}`);
    }
    if (!Number.isInteger(times) || times < 1 || times > MAX_TIMES) {
      throw new TypeError(`times must be a whole number from 1 to ${MAX_TIMES}`);
    }
    this.#queued.push({ endpoint, fault, times });
  }

  take(endpoint: SandboxEndpoint): SandboxFault | undefined {
    const next = this.#queued.find((queued) => queued.endpoint === endpoint);
    if (!next) return undefined;
    next.times--;
    if (next.times === 0) this.#queued.splice(this.#queued.indexOf(next), 1);
    return next.fault;
  }

  clear(): void {
    this.#queued = [];
  }
}

/** A fault in one or two words. */
export function faultName(fault: SandboxFault): string {
  return typeof fault === 'string' ? fault : `error ${fault.error}`;
}
