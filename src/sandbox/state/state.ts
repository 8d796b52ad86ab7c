import type { FaultQueue } from './faults.js';
import type { QQ } from './qq.js';
import type { RequestLog } from './request-log.js';

/** What a running sandbox holds. */
export interface SandboxState {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}
