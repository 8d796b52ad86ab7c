import type { SandboxEndpoint, SandboxFault } from './types.js';

/** A fault that is no error number. */
export type NamedFault = Extract<SandboxFault, string>;

/** A fault that the next `times` requests to an endpoint will have. */
export interface QueuedFault {
  readonly endpoint: SandboxEndpoint;
  readonly fault: SandboxFault;
  times: number;
}

export const endpoints: readonly SandboxEndpoint[] = ['authorize', 'token', 'me', 'user_info', 'avatar'];
const names: readonly NamedFault[] = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty', 'cancel'];
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
    if (!isFault(fault)) {
      throw new TypeError(`Unknown fault ${JSON.stringify(fault)}; there are { error: number }, ${names.join(', ')}`);
    }
    if (typeof fault === 'string' && !namedFaultsOf(endpoint).includes(fault)) {
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

/** The named faults that an endpoint can have: only at `authorize` can a user cancel. */
export function namedFaultsOf(endpoint: SandboxEndpoint): readonly NamedFault[] {
  return endpoint === 'authorize' ? names : names.filter((name) => name !== 'cancel');
}

/** A fault in one or two words. */
export function faultName(fault: SandboxFault): string {
  return typeof fault === 'string' ? fault : `error ${fault.error}`;
}

function isFault(fault: unknown): boolean {
  if (typeof fault === 'string') return (names as readonly string[]).includes(fault);
  return typeof fault === 'object' && fault !== null && 'error' in fault && Number.isInteger(fault.error);
}
