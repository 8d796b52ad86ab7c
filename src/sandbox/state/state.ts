import type { FaultQueue } from './faults.js';
import type { QQ } from './qq.js';
import type { RequestLog } from './request-log.js';

/** The state of a running sandbox. */
export interface SandboxState {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}
